import Testing

@testable import anteroom

/// Claim: `--into` is a node's address or a directory, and anything else is refused with one sentence without secrets.
@Suite struct ImportDestinationTests {
    @Test(arguments: [
        ("http://127.0.0.1:3000", false, "127.0.0.1", 3_000, ""), ("http://localhost", false, "localhost", 80, ""),
        ("https://live.example/", true, "live.example", 443, ""),
        ("HTTPS://live.example:8443/anteroom/", true, "live.example", 8_443, "/anteroom"),
        ("http://[::1]:3000", false, "::1", 3_000, ""),
    ])
    func address_ofANode_isRead(text: String, isSecure: Bool, host: String, port: Int, prefix: String) throws {
        let address = try #require(NodeAddress(text))
        #expect(
            address.isSecure == isSecure && address.host == host && address.port == port && address.prefix == prefix)
    }

    @Test(arguments: [
        "", "data", "./http", "redis://localhost", "http://", "http://:3000", "http://user:pw@host", "http://host?a=b",
        "http://host#a", "http://host:0", "http://host:70000", "localhost:3000",
    ])
    func text_thatIsNoNode_isNone(text: String) {
        #expect(NodeAddress(text) == nil)
    }

    @Test func key_comesFromTheFlagBeforeTheEnvironment() throws {
        func key(_ flag: String?, _ environment: [String: String]) throws -> String? {
            guard case .node(_, let key) = try ImportDestination("http://h:1", apiKey: flag, environment: environment)
            else { return "no node" }
            return key
        }
        #expect(try key("flag", ["API_KEY": "variable"]) == "flag")
        #expect(try key(nil, ["API_KEY": "variable"]) == "variable")
        #expect(try key(nil, ["API_KEY": ""]) == nil && key(nil, [:]) == nil)
        #expect(throws: Exit.self) { try key("two\r\nlines", [:]) }
    }

    @Test func directory_isOpenedWithTheSettingsOfTheEnvironment() throws {
        let destination = try ImportDestination(
            "some/data", apiKey: nil, environment: ["SESSION_TTL_MS": "7000", "DATA_DIR": "x"])
        guard case .directory(let settings) = destination else {
            Issue.record("no directory")
            return
        }
        #expect(settings.dataDirectory == "some/data" && settings.sessionTTLMilliseconds == 7_000)
        #expect(throws: ConfigurationError.self) {
            try ImportDestination("d", apiKey: nil, environment: ["SESSION_TTL_MS": "soon"])
        }
    }

    @Test(arguments: [
        ("ftp://host", "--into is \"ftp://host\"; accepted is a node, like http://host:port, or a data directory."),
        (
            "http://user:geheim@host",
            "--into is \"http://…@host\"; accepted is a node, like http://host:port, or a data directory."
        ),
        ("", "--into is \"\"; accepted is a node, like http://host:port, or a data directory."),
    ])
    func wrongTarget_isOneSentence(into: String, sentence: String) {
        #expect(throws: Exit(.usage, sentence)) { try ImportDestination(into, apiKey: nil, environment: [:]) }
    }

    @Test func keyForADirectory_isRefused() {
        #expect(throws: Exit(.usage, "--api-key goes with a node, not with a data directory.")) {
            try ImportDestination("data", apiKey: "k", environment: [:])
        }
    }
}
