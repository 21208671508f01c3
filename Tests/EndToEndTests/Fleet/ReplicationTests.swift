import TestSupport
import Testing

extension ProcessTests {
    /// Promise: with `REDIS_WAIT_REPLICAS` nothing is acknowledged that only the primary has, and a write whose outcome is
    /// unknown takes effect once when it is repeated with its key.
    @Suite struct ReplicationTests {
        @Test func replicaThatStands_stopsAcknowledgements_andARepeatedKeyTakesEffectOnce() async throws {
            let redis = try await ReplicatedRedis()
            try await FleetRig.run(
                redis.primary, urls: [redis.url], environment: ["REDIS_WAIT_REPLICAS": "1"]
            ) { rig in
                let http = rig.a.http
                let first = try await http.publish("wait:1", ["n": 0], key: "k0")
                redis.replica.pause()
                let unknown = try await post(http, number: 1)
                #expect(unknown.status == 503 || unknown.json?["error"] != nil, "\(unknown.body)")
                #expect(unknown.body.contains("unknown"), "\(unknown.body)")
                try await eventually("the node says that it waits for replicas") {
                    try await rig.a.journal()["fleet"]?["notReplicated"] == true
                }
                let refused = try await post(http, number: 2)
                #expect(refused.json?["error"] != nil && refused.body.contains("not made"), "\(refused.body)")
                let session = try await http.post("/api/sessions", ["type": "test", "document": [:]])
                #expect(session.status == 503, "\(session.body)")
                #expect(session.header("Retry-After") != nil)
                redis.replica.resume()
                for number in 1...2 {
                    let position = try await eventuallySome("write \(number) is acknowledged") {
                        let answer = try await post(http, number: number)
                        return answer.json?["result"]
                    }
                    #expect(position["offset"] == .int(first.offset + number), "\(position)")
                }
                let history = try await http.history("wait:1")
                #expect(history.publications.map { $0["data"]?["n"] } == [0, 1, 2])
                #expect(history.top.epoch == first.epoch)
            }
        }

        private func post(_ http: TestHTTP, number: Int) async throws -> HTTPAnswer {
            try await http.post(
                "/api/publish",
                ["channel": "wait:1", "data": ["n": .int(number)], "idempotency_key": .string("k\(number)")])
        }
    }
}
