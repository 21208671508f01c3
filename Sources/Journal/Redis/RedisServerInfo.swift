import NIOCore

/// What a Redis or Valkey says about itself.
public struct RedisServerInfo: Sendable, Equatable {
    /// What a server is to others.
    public enum Role: String, Sendable { case primary = "master", replica = "slave" }

    /// What survives a restart of the server.
    public enum Persistence: Sendable, Equatable { case appendOnly, snapshots, none, unknown }

    /// The version as Redis counts it; Valkey 8 says 7.2.4.
    public let version: String
    /// The version of Valkey; nil for Redis.
    public let valkeyVersion: String?
    /// Nil when INFO doesn't say.
    public let role: Role?
    /// Whether it is a node of a cluster.
    public let isCluster: Bool
    /// Identity of its data set: it changes when a replica is promoted.
    public let replicationID: String
    /// Identity of the process: it changes with every start.
    public let runID: String
    /// What happens when memory is full; `noeviction` is what the journal needs. Nil when INFO doesn't say.
    public let evictionPolicy: String?
    /// Whether it writes an append-only file; nil when INFO doesn't say.
    public let isAppendOnly: Bool?
    /// What survives a restart: by INFO, refined by `CONFIG GET save` where that is allowed.
    public private(set) var persistence: Persistence

    /// The oldest major version: sharded pub/sub and `<lineage>-*` ids are of 7.0.
    public static let majorVersionMin = 7

    /// Reads the reply of INFO.
    ///
    /// Errors: `protocolViolation` when it names no version, no run or no replication id.
    public init(parsing info: [UInt8]) throws(RedisError) {
        var fields: [Substring: Substring] = [:]
        let text = String(decoding: info, as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline) where line.first != "#" {
            guard let colon = line.firstIndex(of: ":") else { continue }
            fields[line[..<colon]] = line[colon...].dropFirst()
        }
        guard let version = fields["redis_version"] ?? fields["valkey_version"], let run = fields["run_id"] else {
            throw .protocolViolation("INFO names no version and run: this is no Redis")
        }
        guard let replication = fields["master_replid"], !replication.isEmpty else {
            throw .protocolViolation("INFO names no master_replid: this Redis can't carry the journal")
        }
        self.version = String(version)
        valkeyVersion = fields["valkey_version"].map(String.init)
        runID = String(run)
        replicationID = String(replication)
        role = fields["role"].flatMap { Role(rawValue: String($0)) }
        isCluster = fields["cluster_enabled"] == "1"
        evictionPolicy = fields["maxmemory_policy"].map(String.init)
        isAppendOnly = fields["aof_enabled"].map { $0 == "1" }
        persistence = isAppendOnly == true ? .appendOnly : .unknown
    }

    /// Takes in the reply of `CONFIG GET save`; an error reply changes nothing, because managed servers forbid CONFIG.
    public mutating func refine(save reply: RESPValue) {
        guard persistence == .unknown, let pair = reply.elements, pair.count == 2, let save = pair[1].text else {
            return
        }
        persistence = save.isEmpty ? .none : .snapshots
    }

    /// Refuses a server that can't carry the journal.
    ///
    /// - Parameter usesNodes: whether it was found through `REDIS_NODES`.
    /// - Errors: `unsupportedVersion`, `clusterWithoutFlag`, `notAPrimary`.
    public func verify(usesNodes: Bool) throws(RedisError) {
        guard let major = version.split(separator: ".").first.flatMap({ Int($0) }), major >= Self.majorVersionMin else {
            throw .unsupportedVersion("Redis \(version) is too old: 7.0 or newer, or Valkey, is needed")
        }
        guard usesNodes || !isCluster else {
            throw .clusterWithoutFlag("this Redis is a node of a cluster: name its nodes in REDIS_NODES=host:port,…")
        }
        guard role != .replica else {
            throw .notAPrimary("this Redis is a replica: the journal needs the address of the primary")
        }
    }

    /// Asks a server about itself.
    ///
    /// - Errors: every failure is a `RedisError`.
    public static func read(
        on connection: RedisConnection, deadline: TimeAmount
    ) -> EventLoopFuture<RedisServerInfo> {
        let commands = [RedisCommand("INFO"), RedisCommand("CONFIG", "GET", "save")]
        return connection.send(commands, deadline: deadline).flatMapThrowing { replies in
            var info = try RedisServerInfo(parsing: try replies[0].checked().bytes ?? [])
            info.refine(save: replies[1].value)
            return info
        }
    }
}
