import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Row O9: counters equal what clients saw and what the log says, code by code.
    @Suite struct CountersTests {
        private static let secret = "tokens-6d1f8e2a4b7c9035e1d2"
        private static let key = "api-key-9a3c5e7f1b2d4860a7c4"

        private func withServer(_ body: (ServerProcess, TestHTTP) async throws -> Void) async throws {
            let environment = ["JWT_SECRET": Self.secret, "API_KEY": Self.key, "LOG_FORMAT": "json"]
            try await ServerProcess.run(environment: environment) { server in
                try await body(server, TestHTTP(port: server.port, headers: [("X-API-Key", Self.key)]))
            }
        }

        /// The samples of a family, by their labels.
        private func samples(_ family: String, _ operators: TestHTTP) async throws -> [String: Int] {
            let lines = try await operators.get("/metrics").body.split(separator: "\n")
            return lines.filter { $0.hasPrefix(family + "{") }.reduce(into: [:]) { counts, line in
                let parts = line.dropFirst(family.count + 1).split(separator: "} ")
                counts[String(parts[0])] = Int(parts[1])
            }
        }

        /// The lines of the log about refusals, as the counters name them.
        private func logged(_ server: ServerProcess) -> [String: Int] {
            server.standardError.split(separator: "\n").reduce(into: [:]) { counts, line in
                // Losing the error is safe: the banner is no JSON, and the last line may not be whole yet.
                guard let line = try? JSONValue(parsing: String(line)), line["message"] == "Refused" else { return }
                counts["code=\"\(line["code"]?.string ?? "")\"", default: 0] += 1
            }
        }

        @Test func refusals_overHTTP_areCountedAndLoggedAlike() async throws {
            try await withServer { server, operators in
                let strangers = TestHTTP(port: server.port)
                let foreign = [("Origin", "https://evil.example")]
                var statuses = [
                    try await strangers.get("/api/sessions").status,
                    try await strangers.get("/api/sessions", headers: [("X-API-Key", "wrong")]).status,
                    try await strangers.get("/api/sessions", headers: [("Authorization", "Bearer x.y.z")]).status,
                    try await operators.post("/api/publish", ["channel": "a", "data": 1], headers: foreign).status,
                    try await operators.get("/nowhere").status,
                    try await operators.get("/api/sessions/AAAAAAAAAAAAAAAAAAAAAAAA").status,
                    try await operators.send(.DELETE, "/metrics").status,
                ]
                let large = try await RawSocket.connect(port: server.port)
                await large.send(
                    Array("POST /api/publish HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n".utf8))
                try await eventually("the body is too large") { large.text.hasPrefix("HTTP/1.1 413 ") }
                statuses.append(413)
                await #expect(throws: UpgradeRefused.self) {
                    try await ProtocolClient(name: "foreign").open(port: server.port, headers: foreign)
                }
                statuses.append(403)
                var link: [String: JSONValue] = ["activityName": "raffle", "teacherCode": "teach-1234"]
                let made = try await strangers.post("/api/persistent-session/create", .object(link))
                link["hash"] = try #require(made.json?["hash"])
                link["teacherCode"] = "wrong-code"
                for _ in 0..<7 {
                    statuses.append(
                        try await strangers.post("/api/persistent-session/authenticate", .object(link)).status)
                }
                #expect(Set(statuses) == [401, 403, 404, 405, 413, 429])
                let counted = try await samples("anteroom_refusals_total", operators)
                try await eventually("the log says \(counted), not \(logged(server))") { logged(server) == counted }
                #expect(counted.values.reduce(0, +) == statuses.count, "\(counted)")
            }
        }

        @Test func errorsClosesAndRecoveries_areCountedAsClientsSeeThem() async throws {
            try await withServer { server, operators in
                let token = try await ServerProcess.token(user: "7", secret: Self.secret)
                var (closes, errors): ([String: Int], [String: Int]) = ([:], [:])
                for text in ["nonsense", "{}", String(repeating: "x", count: 70_000), nil] {
                    let client = ProtocolClient(name: "7")
                    try await client.connect(port: server.port, token: token)
                    for (method, members) in [
                        ("subscribe", ["channel": "é"]), ("rpc", ["method": "none", "data": 1]), ("ping", [:]),
                    ] as [(String, JSONValue)] {
                        let error = await #expect(throws: ErrorReply.self) { try await client.call(method, members) }
                        errors["surface=\"client\",code=\"\(error?.code ?? 0)\"", default: 0] += 1
                    }
                    if let text {
                        client.sendRaw(text)
                    } else {
                        _ = try await operators.post("/api/disconnect", ["user": "7"])
                    }
                    let end = try await client.socket?.waitForEnd()
                    closes["surface=\"client\",code=\"\(end?.code ?? 0)\"", default: 0] += 1
                }
                let wrong = ProtocolClient(name: "wrong")
                await #expect(throws: ConnectionEnded.self) { try await wrong.connect(port: server.port, token: "x") }
                let end = try await wrong.socket?.waitForEnd()
                closes["surface=\"client\",code=\"\(end?.code ?? 0)\"", default: 0] += 1
                let last = ProtocolClient(name: "7")
                try await last.connect(port: server.port, token: token)
                let lost = try await last.subscribe("a", recover: StreamPosition(epoch: "_", offset: 3))
                #expect(lost.notRecoveredReason == "epoch")
                last.disconnect()
                #expect(closes.count == 4 && errors.count == 3)
                #expect(try await samples("anteroom_closes_total", operators) == closes)
                #expect(try await samples("anteroom_errors_total", operators) == errors)
                #expect(try await samples("anteroom_recoveries_total", operators)["verdict=\"epoch\""] == 1)
            }
        }
    }
}
