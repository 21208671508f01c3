import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a full disk refuses writes with the reason, goes on reading, and heals without a restart.
    @Suite(.enabled("needs the right to mount a tmpfs (root)") { await SmallDisk.isPossible() })
    struct DiskFullTests {
        @Test func diskFull_thenFreed_refusesWritesWithTheReasonAndLosesNothing() async throws {
            let disk = try await SmallDisk(megabytes: 8)
            try disk.placeBallast(megabytes: 3)
            try await ServerProcess.run(dataDirectory: disk.path + "/data") { server in
                let http = TestHTTP(port: server.port)
                let log = EventLog()
                let client = ProtocolClient(name: "reader", log: log)
                try await client.connect(port: server.port)
                try await client.subscribe("disk:1")
                let id = try await createSession(http)

                let refusal = try await fill(http, log)
                #expect(refusal.status == 503 || refusal.json?["error"]?["code"] == 100, "\(refusal)")
                try await expectRefusals(server, http, client, id)
                try await expectReads(http, id)

                try disk.removeBallast()
                try await eventually(within: .seconds(20), "writes are accepted again") {
                    guard try await http.get("/health/ready").status == 200 else { return false }
                    return try await publish(http, log, "after", size: 10) == nil
                }
                let patch = try await http.send(.PATCH, "/api/sessions/\(id)", body: #"{"healed":true}"#)
                #expect(patch.status == 200)
                #expect(patch.json?["version"] == 2)

                try await server.kill()
                try await server.start()
                try await client.connect(port: server.port)
                try await client.resubscribe("disk:1")
                let tops = try await FinalReading(http: http, log: log).read(["disk:1"])
                try await client.waitForOffset(tops["disk:1"] ?? 0, of: "disk:1")
                expectNoViolation(log)
            }
        }

        private func createSession(_ http: TestHTTP) async throws -> String {
            let answer = try await http.post("/api/sessions", ["document": ["n": 1]])
            return try #require(answer.json?["id"]?.string)
        }

        /// Publishes until a write is refused.
        private func fill(_ http: TestHTTP, _ log: EventLog) async throws -> HTTPAnswer {
            for number in 0..<2_000 {
                if let refusal = try await publish(http, log, "fill-\(number)", size: 8_000) { return refusal }
            }
            throw DeadlinePassed(what: "16 MB of publications fill the disk", limit: .zero)
        }

        /// Publishes and returns the answer if it is a refusal.
        private func publish(_ http: TestHTTP, _ log: EventLog, _ key: String, size: Int) async throws -> HTTPAnswer? {
            let data: JSONValue = ["key": .string(key), "filling": .string(String(repeating: "x", count: size))]
            log.record(LogEvent(.send, who: "filler", channel: "disk:1", key: key))
            let answer = try await http.post(
                "/api/publish",
                ["channel": "disk:1", "data": data, "idempotency_key": .string(key)]
            )
            guard let result = answer.json?["result"] else { return answer }
            log.record(
                LogEvent(
                    .ack,
                    who: "filler",
                    channel: "disk:1",
                    epoch: result["epoch"]?.string,
                    offset: result["offset"]?.int,
                    key: key,
                    digest: EventLog.digest(data)
                )
            )
            return nil
        }

        private func expectRefusals(
            _ server: ServerProcess,
            _ http: TestHTTP,
            _ client: ProtocolClient,
            _ id: String
        ) async throws {
            // Large enough to need a page that is not there.
            let large = String(repeating: "y", count: 16_000)
            let patch = try await http.send(.PATCH, "/api/sessions/\(id)", body: #"{"filling":"\#(large)"}"#)
            #expect(patch.status == 503)
            #expect(patch.header("Content-Type")?.hasPrefix("application/problem+json") == true)
            #expect(saysThatTheDiskIsFull(patch.body), "\(patch.body)")

            let error = await #expect(throws: ErrorReply.self) {
                try await client.publish("disk:1", ["key": "refused", "filling": .string(large)])
            }
            #expect(error?.code == 100)
            #expect(error?.isTemporary == true)

            let ready = try await http.get("/health/ready")
            #expect(ready.status == 503)
            #expect(saysThatTheDiskIsFull(ready.body), "\(ready.body)")
            // Fault A25: the check of a load balancer said "ok" whatever the store did.
            let check = try await http.get("/health-check")
            #expect(check.status == 503 && check.json?["status"] == "failing", "\(check.body)")
            #expect(server.exitStatus == nil)
        }

        private func expectReads(_ http: TestHTTP, _ id: String) async throws {
            let session = try await http.get("/api/sessions/\(id)")
            #expect(session.status == 200)
            #expect(session.json?["document"] == ["n": 1])
            let history = try await http.post("/api/history", ["channel": "disk:1", "limit": 5])
            #expect(history.json?["result"]?["publications"]?.array?.count == 5)
            #expect(try await http.get("/health/live").status == 200)
        }

        private func saysThatTheDiskIsFull(_ text: String) -> Bool {
            ["disk", "full", "space"].contains { text.lowercased().contains($0) }
        }
    }
}
