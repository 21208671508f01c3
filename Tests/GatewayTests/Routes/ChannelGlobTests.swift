import Testing

@testable import Gateway

@Suite struct ChannelGlobTests {
    @Test(arguments: [
        ("*", ["", "a", "a:b/c"], [String]()), ("", [""], ["a"]), ("a", ["a"], ["", "aa", "A"]),
        ("chat:*", ["chat:", "chat:1"], ["chat", "xchat:1"]), ("*:1", ["a:1", ":1", "a:1:1"], ["a:12"]),
        ("a*b*c", ["abc", "axxbxxc", "abcbc"], ["ab", "acb"]), ("?", ["a", ":"], ["", "ab"]),
        ("[abc]1", ["a1", "c1"], ["d1", "1"]), ("[a-c]", ["b"], ["d", "-"]), ("[!a-c]", ["d"], ["b", ""]),
        ("[a-]", ["a", "-"], ["b"]), ("{ab,cd}*", ["ab", "cd1"], ["ac", "x"]),
        ("x{a,b{1,2},}y", ["xay", "xb1y", "xb2y", "xy"], ["xby"]),
        (#"\*\\"#, [#"*\"#], ["a", "*"]), ("a,b}", ["a,b}"], ["a"]), ("**", ["", "ab"], []),
    ])
    func pattern_matchesWholeNames(pattern: String, fits: [String], others: [String]) throws {
        let glob = try #require(ChannelGlob(pattern))
        for name in fits { #expect(glob.matches(name), "\(pattern) should match \(name)") }
        for name in others { #expect(!glob.matches(name), "\(pattern) should not match \(name)") }
    }

    @Test(arguments: [
        "[", "[]", "[a", "[b-a]", "{", "{a", "{a,b", "\\", "{{{{{a}}}}}", String(repeating: "a", count: 256),
    ])
    func pattern_whenMalformed_isRefused(pattern: String) {
        #expect(ChannelGlob(pattern) == nil)
    }

    /// A backtracking matcher would take longer than the universe is old.
    @Test func hostilePattern_isMatchedInTime() throws {
        let glob = try #require(ChannelGlob(String(repeating: "{a,a}*", count: 40) + "b"))
        #expect(!glob.matches(String(repeating: "a", count: 255)))
    }
}
