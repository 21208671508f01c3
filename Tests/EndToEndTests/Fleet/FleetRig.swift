import Foundation
import TestSupport

/// Nodes that share a real Redis.
///
/// **Guarantee**: `FleetRig.run` ends every process whatever happens in between, and prints what the nodes wrote when the
/// body threw.
struct FleetRig: Sendable {
    /// Short, so that a test does not wait long for a node to be gone.
    static let leaseMilliseconds = 1_000

    let redis: RedisServer
    let nodes: [FleetNode]

    var a: FleetNode { nodes[0] }
    var b: FleetNode { nodes[1] }
    var ports: [Int] { nodes.map(\.port) }

    /// Runs a body beside a started fleet, and ends it afterwards.
    /// - Parameters:
    ///   - redis: how Redis is; append-only in tests whose Redis comes back with its data.
    ///   - environment: added to what each node gets.
    ///   - own: added to what one node gets, by its number.
    static func run<Result>(
        nodeCount: Int = 2,
        redis options: RedisServer.Options = RedisServer.Options(),
        environment: [String: String] = [:],
        own: [Int: [String: String]] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (FleetRig) async throws -> Result
    ) async throws -> Result {
        let redis = try await RedisServer(options)
        let urls = (0..<nodeCount).map { _ in "redis://127.0.0.1:\(redis.port)" }
        return try await run(redis, urls: urls, environment: environment, own: own, body)
    }

    /// Runs a body beside a fleet whose nodes find a given Redis at the addresses given.
    static func run<Result>(
        _ redis: RedisServer,
        urls: [String],
        environment: [String: String] = [:],
        own: [Int: [String: String]] = [:],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (FleetRig) async throws -> Result
    ) async throws -> Result {
        let nodes = try urls.enumerated().map { number, url in
            try FleetNode(redisURL: url, environment: environment.merging(own[number] ?? [:]) { $1 })
        }
        let rig = FleetRig(redis: redis, nodes: nodes)
        do {
            for node in nodes { try await node.start() }
            try await rig.settle()
            let result = try await body(rig)
            await rig.end()
            return result
        } catch {
            for node in nodes {
                let text = "node on \(node.port) wrote:\n\(node.server.output.suffix(4_000))\n"
                FileHandle.standardError.write(Data(text.utf8))
            }
            await rig.end()
            throw error
        }
    }

    /// Kills whatever still runs.
    private func end() async {
        redis.resume()
        for node in nodes {
            // Losing the error is safe: dropping the child kills it as well.
            try? await node.kill()
        }
    }

    /// Waits until every node is ready without a reservation, sees all the others, and has what any other has.
    /// - Parameter members: with nodes of a test's own beside those of the rig.
    func settle(members: Int? = nil, within limit: Duration = .seconds(30)) async throws {
        let live = nodes.filter { $0.server.exitStatus == nil }
        for node in live {
            var last = ""
            do {
                try await eventually(within: limit, "the node on \(node.port) is well") {
                    let ready = try await node.readiness()
                    guard ready?.status == 200, ready?.json?["status"] == "ready" else {
                        last = ready?.body ?? "no answer"
                        return false
                    }
                    let fleet = try await node.journal()["fleet"]
                    last = "\(fleet ?? .null)"
                    return fleet?["members"]?.int == members ?? live.count
                }
            } catch let error as DeadlinePassed {
                throw DeadlinePassed(what: error.what + "; it says \(last)", limit: error.limit)
            }
        }
        try await waitUntilEqual(live, within: limit)
    }

    private func waitUntilEqual(_ live: [FleetNode], within limit: Duration) async throws {
        for one in live {
            let head = try await one.head()
            for other in live {
                try await eventually(within: limit, "the node on \(other.port) has what that on \(one.port) has") {
                    try await other.head() >= head
                }
            }
        }
    }

    /// Redis's keys of the fleet.
    static func key(_ name: String) -> String { "anteroom:{0}:\(name)" }

    /// How many entries the stream holds.
    func streamLength() throws -> Int {
        Int(try redis.command("XLEN", Self.key("journal")).dropFirst()) ?? -1
    }
}
