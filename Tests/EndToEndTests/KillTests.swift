import TestSupport
import Testing

extension ProcessTests {
    /// Promise: what was acknowledged survives kill -9, and every client that comes back gets exactly what it missed.
    @Suite struct KillTests {
        @Test func killUnderLoad_threeTimes_losesNothingAcknowledged() async throws {
            try await ServerProcess.run { server in
                let load = try await MixedLoad(port: server.port)
                try await load.run {
                    for _ in 0..<3 {
                        try await load.waitForAcknowledgements(.random(in: 1_000..<2_500))
                        try await server.kill()
                        try await server.start()
                    }
                    try await load.waitForAcknowledgements(100)
                }
                #expect(load.control.reconnectCount >= 20, "the subscribers were hardly hit")
                try await load.expectNothingLost()
            }
        }

        @Test func idempotencyKey_repeatedAfterAKill_returnsTheFirstPosition() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let write: JSONValue = ["channel": "once:1", "data": ["n": 1], "idempotency_key": "k1"]
                let first = try await http.post("/api/publish", write)
                _ = try await http.post("/api/publish", ["channel": "once:1", "data": ["n": 2]])
                try await server.kill()
                try await server.start()
                let again = try await http.post("/api/publish", write)
                #expect(again.json?["result"] == first.json?["result"])
                #expect(first.json?["result"]?["offset"] == 1)
                let history = try await http.post("/api/history", ["channel": "once:1", "limit": -1])
                #expect(history.json?["result"]?["publications"]?.array?.count == 2)
            }
        }
    }
}
