import TestSupport
import Testing

extension ProcessTests {
    /// Promise: clients that all return at once are let in at a pace, and each of them recovers.
    @Suite struct HerdTests {
        private static let count = 600
        private static let perSecond = 300

        @Test func herd_afterAKill_opensAtThePaceAndMissesNothing() async throws {
            let environment = ["WS_OPENINGS_PER_SECOND": "\(Self.perSecond)"]
            try await ServerProcess.run(environment: environment) { server in
                let clients = (0..<Self.count).map { ProtocolClient(name: "herd \($0)", deadline: .seconds(30)) }
                try await Self.all(clients) { client in
                    try await client.connect(port: server.port)
                    _ = try await client.subscribe("herd:1")
                }
                let http = TestHTTP(port: server.port)
                for number in 1...3 {
                    _ = try await http.post("/api/publish", ["channel": "herd:1", "data": .int(number)])
                }
                try await server.kill()
                try await server.start()
                let missed = try await http.post("/api/publish", ["channel": "herd:1", "data": 4])
                #expect(missed.json?["result"]?["offset"] == 4)
                let start = ContinuousClock.now
                try await Self.all(clients) { client in
                    try await client.connect(port: server.port)
                    _ = try await client.resubscribe("herd:1")
                }
                // All but what a tenth of a second allows came in their turn.
                #expect(ContinuousClock.now - start > .milliseconds(1_800))
                for client in clients {
                    #expect(client.publications("herd:1").compactMap(\.offset) == [1, 2, 3, 4], "\(client.name)")
                }
            }
        }

        private static func all(
            _ clients: [ProtocolClient], _ body: @escaping @Sendable (ProtocolClient) async throws -> Void
        ) async throws {
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                for client in clients { tasks.addTask { try await body(client) } }
                try await tasks.waitForAll()
            }
        }
    }
}
