import TestSupport
import Testing

extension ProcessTests {
    /// Row S2: what must stay secret is in no line of the log and in no answer for operators, however chatty the log is.
    @Suite struct SecretsInLogsTests {
        private static let secrets = [
            "JWT_SECRET": "tok5ecret-3f8a1c07d2e9b64c85aa-41d7b2e9",
            "API_KEY": "key5ecret-7b19e04f6d83a2c5e1bb-41d7b2e9",
            "API_KEY_PREVIOUS": "old5ecret-90c4f7a12be6d835c0cc-41d7b2e9",
            "PERSISTENT_SESSION_SECRET": "lnk5ecret-a1e57c9304bd28f6e7dd-41d7b2e9",
        ]

        @Test(arguments: ["text", "json"]) func secrets_whateverHappens_areNeverWritten(format: String) async throws {
            let key = try #require(Self.secrets["API_KEY"])
            var shown = Array(Self.secrets.values)
            let environment = Self.secrets.merging(["LOG_LEVEL": "trace", "LOG_FORMAT": format]) { $1 }
            let answers = try await ServerProcess.run(environment: environment) { server in
                let token = try await Self.token(server)
                let code = "c0de5ecret-55aa"
                shown += [token, code, "wr0ng5ecret"]
                let http = TestHTTP(port: server.port)
                let operators = TestHTTP(port: server.port, headers: [("X-API-Key", key)])
                for path in [
                    "/events/a?token=\(token)x", "/events/a?token=wr0ng5ecret", "/api/status?api_key=wr0ng5ecret",
                ] {
                    #expect(try await http.get(path).status == 401)
                }
                _ = try await http.post(
                    "/api/publish", ["channel": "a", "data": 1], headers: [("X-API-Key", "wr0ng5ecret")])
                _ = try await http.get("/api/sessions", headers: [("Authorization", "Bearer \(token)")])
                _ = try await operators.post("/api/publish", ["channel": "a", "data": 1])
                let link: JSONValue = ["activityName": "raffle", "teacherCode": .string(code)]
                let made = try await http.post("/api/persistent-session/create", link)
                if let cookie = made.header("Set-Cookie")?.split(separator: ";").first { shown.append(String(cookie)) }
                _ = try await http.post("/api/persistent-session/authenticate", link)
                let client = ProtocolClient(name: "secret")
                try await client.connect(port: server.port, token: token)
                await #expect(throws: (any Error).self) {
                    try await ProtocolClient(name: "wrong").connect(port: server.port, token: token + "wr0ng5ecret")
                }
                var answers: [String] = []
                for path in ["/health", "/health/ready", "/api/status"] {
                    answers.append(try await operators.get(path).body)
                }
                server.terminate()
                #expect(try await server.waitForExit(within: .seconds(20)) == .code(0))
                return answers + [server.output]
            }
            #expect(answers.last?.isEmpty == false)
            for text in answers {
                for secret in shown { #expect(!text.contains(secret), "\(secret)") }
            }
        }

        private static func token(_ server: ServerProcess) async throws -> String {
            let child = try ChildProcess(
                ServerProcess.binary, ["token", "--user", "7"],
                environment: secrets.merging(["DATA_DIR": server.dataDirectory]) { $1 })
            #expect(try await child.waitForExit() == .code(0))
            return try #require(child.standardOutput.split(separator: "\n").last.map(String.init))
        }
    }
}
