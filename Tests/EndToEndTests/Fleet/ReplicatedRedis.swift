import TestSupport

/// A primary whose replica listens behind a proxy, and takes over on the primary's port.
struct ReplicatedRedis: Sendable {
    let primary: RedisServer
    let replica: RedisServer
    private let link: FaultProxy

    /// Starts both, and waits until the replica follows.
    init() async throws {
        let primary = try await RedisServer()
        link = try await FaultProxy(to: primary.port)
        var options = RedisServer.Options()
        options.replicaOf = link.port
        let replica = try await RedisServer(options)
        (self.primary, self.replica) = (primary, replica)
        try await eventually("the replica follows") {
            try replica.command("INFO", "replication").contains("master_link_status:up")
        }
    }

    /// Where nodes find the one that is in charge.
    var url: String { "redis://127.0.0.1:\(primary.port)" }

    /// The id that each of them gave out last in the journal.
    private static func top(of server: RedisServer) throws -> Substring? {
        let lines = try server.command("XINFO", "STREAM", "anteroom:{0}:journal").split(separator: "\n")
        return lines.firstIndex(of: "last-generated-id").map { lines[$0 + 1] }
    }

    /// Waits until the replica has what the primary has; nobody may write meanwhile.
    func waitUntilEqual() async throws {
        try await eventually("the replica has everything") {
            try Self.top(of: replica) == Self.top(of: primary)
        }
    }

    /// What is written from now on never reaches the replica.
    func partition() async throws { try await link.set(.blackHole) }

    /// The primary dies, and the replica takes over its port.
    func failOver() async throws {
        try await primary.kill9()
        try replica.promote()
        try takeOverPort()
    }

    /// From here on, the replica is where the nodes look.
    func takeOverPort() throws { try replica.command("CONFIG", "SET", "port", "\(primary.port)") }
}
