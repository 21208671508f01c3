import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: of nodes that begin a fleet at the same moment one opens the journal, and none overwrites another's state.
    @Suite struct SeedRaceTests {
        @Test func twoFiles_racingToSeed_oneWinsAndTheOtherIsRefused() async throws {
            let redis = try await RedisServer()
            let disks = [try TemporaryDirectory(), try TemporaryDirectory()]
            for (number, disk) in disks.enumerated() {
                try await ServerProcess.run(dataDirectory: disk.path, environment: ["DRAIN_SECONDS": "0"]) { server in
                    for _ in 0..<5 { try await TestHTTP(port: server.port).publish("race:1", .int(number)) }
                    server.terminate()
                    #expect(try await server.waitForExit() == .code(0))
                }
            }
            let nodes = try disks.map { try node(redis, $0.path) }
            try await during(nodes) {
                for node in nodes { try node.launch() }
                try await eventually(within: .seconds(15), "one of them is refused") {
                    nodes.contains { $0.exitStatus != nil }
                }
                let loser = nodes[0].exitStatus != nil ? 0 : 1
                let winner = 1 - loser
                #expect(nodes[loser].exitStatus == .code(69))
                #expect(nodes[loser].standardError.contains("--discard-file"), "\(nodes[loser].standardError)")
                try await ready(nodes[winner])
                let history = try await TestHTTP(port: nodes[winner].port).history("race:1")
                #expect(history.publications.map { $0["data"] } == Array(repeating: .int(winner), count: 5))
            }
        }

        @Test func twoEmptyNodes_racing_shareOneLineage() async throws {
            let redis = try await RedisServer()
            let disks = [try TemporaryDirectory(), try TemporaryDirectory()]
            let nodes = try disks.map { try node(redis, $0.path) }
            try await during(nodes) {
                for node in nodes { try node.launch() }
                for node in nodes { try await ready(node) }
                let written = try await TestHTTP(port: nodes[0].port).publish("race:1", "once")
                let https = nodes.map { TestHTTP(port: $0.port) }
                try await eventually("both have it") { try await https[1].history("race:1").top == written }
                let next = try await https[1].publish("race:1", "twice")
                #expect(next == StreamPosition(epoch: written.epoch, offset: 2))
                let first = try redis.command("XRANGE", "anteroom:{0}:journal", "-", "+")
                #expect(first.components(separatedBy: "\"server\"").count == 2, "more than one opening: \(first)")
            }
        }

        private func node(_ redis: RedisServer, _ path: String) throws -> ServerProcess {
            try ServerProcess(
                dataDirectory: path,
                environment: ["REDIS_URL": "redis://127.0.0.1:\(redis.port)", "NODE_LEASE_MS": "1000"])
        }

        private func ready(_ server: ServerProcess) async throws {
            let http = TestHTTP(port: server.port)
            try await eventually(within: .seconds(15), "the node on \(server.port) is ready") {
                // Losing the error is safe: not answering is the normal state of a server that is starting.
                (try? await http.get("/health/ready"))?.status == 200
            }
        }
    }
}
