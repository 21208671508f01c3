import Testing

@testable import Gateway

@Suite struct OriginPolicyTests {
    private func policy(_ patterns: String...) throws -> OriginPolicy {
        OriginPolicy(patterns: try patterns.map { try #require(OriginPattern($0)) })
    }

    @Test(
        arguments: [
            ([], true),
            (["https://good.example"], true), (["https://good.example:443"], true), (["HTTPS://GOOD.Example"], true),
            (["null"], false), ([""], false), (["https://good.example.evil.org"], false),
            (["https://good.example:444"], false),
            (["http://good.example"], false), (["https://good.example", "https://good.example"], false),
            (["https://good.example", "null"], false), (["https://good.example/"], false),
            (["https://good.example/path"], false),
            (["https://user@good.example"], false), (["https://evil.org#https://good.example"], false),
            (["https://good.example https://evil.org"], false), (["https://good.example,https://evil.org"], false),
            (["good.example"], false), (["//good.example"], false), (["https://"], false),
            (["https://good.example."], false),
            (["https://xgood.example"], false), (["https://gооd.example"], false),  // Cyrillic о
            (["https://" + String(repeating: "a", count: 600) + ".good.example"], false), (["file://"], false),
        ] as [([String], Bool)])
    func list_allowsExactlyItsOrigin(origins: [String], isAllowed: Bool) throws {
        #expect(try policy("https://good.example").allows(origins: origins, host: "good.example") == isAllowed)
    }

    @Test(
        arguments: [
            ("https://app.example.com", "app.example.com", true), ("https://app.example.com", "APP.example.com", true),
            ("https://app.example.com", "app.example.com:443", true),
            ("http://app.example.com", "app.example.com:80", true),
            ("http://localhost:3000", "localhost:3000", true), ("http://[::1]:3000", "[::1]:3000", true),
            ("http://localhost:5173", "localhost:3000", false),
            ("https://app.example.com", "app.example.com:444", false),
            ("https://app.example.com", "example.com", false), ("https://evil.org", "app.example.com", false),
            ("https://app.example.com", nil, false), ("https://app.example.com", "", false), ("null", "null", false),
            ("https://\u{212A}.example", "k.example", false), ("https://app.example.com", "app.example.com/x", false),
            ("https://a", "b@a", false),
        ] as [(String, String?, Bool)])
    func noList_allowsTheSameHost(origin: String, host: String?, isAllowed: Bool) {
        #expect(OriginPolicy().allows(origins: [origin], host: host) == isAllowed)
    }

    @Test(
        arguments: [
            ("https://*.example.com", "https://a.example.com", true),
            ("https://*.example.com", "https://a.b.example.com", true),
            ("https://*.EXAMPLE.com", "https://A.example.com", true),
            ("https://*.example.com", "https://example.com", false),
            ("https://*.example.com", "https://evilexample.com", false),
            ("https://*.example.com", "http://a.example.com", false),
            ("https://*.example.com", "https://a.example.com.evil.org", false),
            ("https://*.example.com", "https://a.example.com:444", false),
            ("http://localhost:*", "http://localhost:5173", true),
            ("http://localhost:*", "http://localhost", false),
            ("http://localhost:*", "http://localhost.evil.org:1", false),
            ("https://a*b*c.example", "https://aXbYbZc.example", true),
            ("https://a*b*c.example", "https://aXcYb.example", false),
            ("*", "https://anything.example", true), ("*", "capacitor://localhost", true), ("*", "null", false),
            ("*", "garbage", false), ("null", "null", true), ("null", "https://a.example", false),
            ("capacitor://localhost", "capacitor://localhost", true), ("https://a.example/", "https://a.example", true),
            ("https://a.example:443", "https://a.example", true),
        ] as [(String, String, Bool)])
    func pattern_matchesAsWritten(pattern: String, origin: String, isAllowed: Bool) throws {
        #expect(try policy(pattern).allows(origins: [origin], host: "other.example") == isAllowed)
    }

    @Test func list_replacesTheSameHostRule() throws {
        #expect(try !policy("https://good.example").allows(origins: ["https://own.example"], host: "own.example"))
        #expect(!OriginPolicy(patterns: []).allows(origins: ["https://own.example"], host: "own.example"))
    }

    @Test(arguments: [
        "", "example.com", "https://", "https://a.example/path", "ht*ps://a.example", "*.example.com", "https://a b",
        "**://x",
    ])
    func pattern_whenNotAnOrigin_isRefused(text: String) {
        #expect(OriginPattern(text) == nil)
    }

    @Test func glob_withManyStars_staysBounded() throws {
        let pattern = "https://" + String(repeating: "a*", count: 100) + "b"
        let origin = "https://" + String(repeating: "a", count: 500)
        #expect(try !policy(pattern).allows(origins: [origin], host: nil))
    }
}

@Suite struct APIKeyPolicyTests {
    private let policy = APIKeyPolicy(key: "current-key", previousKey: "previous-key", isOpen: false)

    @Test(
        arguments: [
            ("current-key", nil, nil, true), ("previous-key", nil, nil, true), (nil, "apikey current-key", nil, true),
            (nil, "APIKey   current-key", nil, true), (nil, nil, "current-key", true),
            (nil, "Bearer x", "current-key", true),
            (nil, nil, nil, false), ("", nil, nil, false), ("current-ke", nil, nil, false),
            ("current-key ", nil, nil, false),
            ("Current-key", nil, nil, false), (nil, "current-key", nil, false), (nil, "Bearer current-key", nil, false),
            (nil, "apikey", nil, false), (nil, "apikey ", nil, false), ("wrong", nil, "current-key", false),
            ("current-key,previous-key", nil, nil, false), (String(repeating: "k", count: 5000), nil, nil, false),
        ] as [(String?, String?, String?, Bool)])
    func key_isReadFromThreePlaces(header: String?, authorization: String?, query: String?, isAllowed: Bool) {
        #expect(policy.allows(header: header, authorization: authorization, query: query) == isAllowed)
    }

    @Test func policy_withoutKey_isOpenOnlyWhenToldSo() {
        #expect(APIKeyPolicy(key: nil, isOpen: true).allows(header: nil, authorization: nil, query: nil))
        #expect(!APIKeyPolicy(key: nil, isOpen: false).allows(header: "", authorization: nil, query: nil))
        #expect(!APIKeyPolicy(key: "", isOpen: false).allows(header: "", authorization: nil, query: nil))
        // A key that is set is asked for, whatever else was said.
        #expect(!APIKeyPolicy(key: "k", isOpen: true).allows(header: nil, authorization: nil, query: nil))
    }
}
