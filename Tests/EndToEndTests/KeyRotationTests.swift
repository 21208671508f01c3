import TestSupport
import Testing

extension ProcessTests {
    /// Row S4: while a key is replaced both hold; one that is no longer configured opens nothing.
    @Suite struct KeyRotationTests {
        private static let old = [
            "JWT_SECRET": "old-tokens-5b1e7c90d2a84f36", "API_KEY": "old-api-key-8d3f6a1b7e2c4950",
        ]
        private static let new = [
            "JWT_SECRET": "new-tokens-c07a9e43f1b62d58", "API_KEY": "new-api-key-2e9b5d7c0f8a3146",
        ]

        @Test(arguments: [true, false]) func oldKey_isGoodOnlyWhileItIsConfigured(isConfigured: Bool) async throws {
            var environment = Self.new
            if isConfigured { for (name, key) in Self.old { environment[name + "_PREVIOUS"] = key } }
            try await ServerProcess.run(environment: environment) { server in
                let http = TestHTTP(port: server.port)
                for (keys, isGood) in [(Self.new, true), (Self.old, isConfigured)] {
                    let (secret, key) = (keys["JWT_SECRET"] ?? "", keys["API_KEY"] ?? "")
                    let listed = try await http.get("/api/sessions", headers: [("X-API-Key", key)])
                    #expect(listed.status == (isGood ? 200 : 401))
                    let token = try await ServerProcess.token(user: "7", secret: secret)
                    let made = try await http.post(
                        "/api/sessions", [:], headers: [("Authorization", "Bearer \(token)")])
                    #expect(made.status == (isGood ? 201 : 401))
                    let client = ProtocolClient(name: "7")
                    if isGood {
                        try await client.connect(port: server.port, token: token)
                    } else {
                        await #expect(throws: ConnectionEnded.self) {
                            try await client.connect(port: server.port, token: token)
                        }
                        #expect(try await client.socket?.waitForEnd().code == 3500)
                    }
                }
            }
        }
    }
}
