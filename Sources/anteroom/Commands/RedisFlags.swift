import ArgumentParser
import FoundationEssentials
import Journal

/// Names the shared journal that a command reads.
struct RedisFlags: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Read the journal that nodes share in this Redis: redis://[user:password@]host:port[/database]; prefer --shared "
                + "when there is a password: others can see flags.", valueName: "url"))
    var redis: String?
    @Option(help: ArgumentHelp("The same in a Redis Cluster, by some of its nodes.", valueName: "host:port,host:port"))
    var redisNodes: String?
    @Flag(help: "The same, wherever REDIS_URL (VALKEY_URL) or REDIS_NODES says.") var shared = false
    @Option(
        help: ArgumentHelp("What the keys in Redis begin with (JOURNAL_PREFIX, default anteroom).", valueName: "text"))
    var prefix: String?

    /// True when a shared journal is asked for.
    var areGiven: Bool { redis != nil || redisNodes != nil || shared }

    /// Where the shared journal is; nil when none is asked for.
    ///
    /// - Errors: ``Exit`` with one sentence without secrets.
    func origin(_ environment: [String: String] = ProcessInfo.processInfo.environment) throws -> FleetOrigin? {
        guard areGiven else {
            guard prefix == nil else {
                throw Exit(.usage, "--prefix goes with --redis, --redis-nodes or --shared only.")
            }
            return nil
        }
        guard [redis != nil, redisNodes != nil, shared].count(where: { $0 }) == 1 else {
            throw Exit(
                .usage, "--redis, --redis-nodes and --shared contradict each other; accepted is one of them.")
        }
        func set(_ names: String...) -> String? {
            guard shared else { return nil }
            return names.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        let prefix = prefix ?? environment["JOURNAL_PREFIX"].flatMap { $0.isEmpty ? nil : $0 } ?? "anteroom"
        guard StreamKeys.accepts(prefix: prefix) else {
            throw Exit(.usage, "--prefix is \"\(prefix)\"; accepted is a text without braces and spaces.")
        }
        let (url, nodes) = (redis ?? set("REDIS_URL", "VALKEY_URL"), redisNodes ?? set("REDIS_NODES"))
        guard url == nil || nodes == nil else {
            throw Exit(.usage, "REDIS_URL and REDIS_NODES contradict each other; accepted is one of them.")
        }
        do throws(RedisError) {
            if let url { return FleetOrigin(target: .single(try RedisAddress(parsing: url)), prefix: prefix) }
            if let nodes {
                return FleetOrigin(target: .cluster(seeds: try RedisAddress.parseNodes(nodes)), prefix: prefix)
            }
        } catch { throw Exit(error) }
        throw Exit(.usage, "--shared needs REDIS_URL, VALKEY_URL or REDIS_NODES; none of them is set.")
    }
}

/// Where a fleet's journal is.
struct FleetOrigin: Equatable {
    let target: RedisTarget
    let prefix: String

    /// For people, without a password.
    var place: String { target.place + (prefix == "anteroom" ? "" : ", prefix \(prefix)") }
}

extension Exit {
    /// What a Redis that can't be used means for the caller of a command.
    init(_ error: RedisError) {
        let code: Code =
            switch error {
            case .badAddress: .usage
            case .authentication: .refused
            default: .unavailable
            }
        self.init(code, ActiveBitsSource.sentence(error))
    }
}
