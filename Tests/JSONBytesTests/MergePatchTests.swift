import JSONBytes
import Testing

@Suite struct MergePatchTests {
    private func merge(_ target: String, _ patch: String, depthMax: Int = JSONLimits.depthMax) throws -> String {
        let patch = try JSONText(validating: patch.utf8, depthMax: 64)
        let target = try JSONText(validating: target.utf8, depthMax: 64)
        let merged = try MergePatch.apply(patch, to: target, depthMax: depthMax)
        #expect(try JSONText(validating: merged.bytes, depthMax: 64) == merged)
        return merged.string
    }

    /// RFC 7396, appendix A.
    @Test(arguments: [
        (#"{"a":"b"}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"b"}"#, #"{"b":"c"}"#, #"{"a":"b","b":"c"}"#),
        (#"{"a":"b"}"#, #"{"a":null}"#, "{}"),
        (#"{"a":"b","b":"c"}"#, #"{"a":null}"#, #"{"b":"c"}"#),
        (#"{"a":["b"]}"#, #"{"a":"c"}"#, #"{"a":"c"}"#),
        (#"{"a":"c"}"#, #"{"a":["b"]}"#, #"{"a":["b"]}"#),
        (#"{"a":{"b":"c"}}"#, #"{"a":{"b":"d","c":null}}"#, #"{"a":{"b":"d"}}"#),
        (#"{"a":[{"b":"c"}]}"#, #"{"a":[1]}"#, #"{"a":[1]}"#),
        (#"["a","b"]"#, #"["c","d"]"#, #"["c","d"]"#),
        (#"{"a":"b"}"#, #"["c"]"#, #"["c"]"#),
        (#"{"a":"foo"}"#, "null", "null"),
        (#"{"a":"foo"}"#, #""bar""#, #""bar""#),
        (#"{"e":null}"#, #"{"a":1}"#, #"{"e":null,"a":1}"#),
        ("[1,2]", #"{"a":"b","c":null}"#, #"{"a":"b"}"#),
        ("{}", #"{"a":{"bb":{"ccc":null}}}"#, #"{"a":{"bb":{}}}"#),
    ])
    func apply_ofTheRFCsExamples_givesTheirResults(target: String, patch: String, result: String) throws {
        #expect(try merge(target, patch) == result)
    }

    @Test(arguments: [
        // Spelling of numbers, strings and keys, inner spaces and order stay.
        (#"{"z":1.0, "\u0061" : 1e2 ,"b": [ 1 , 2 ]}"#, #"{"n":0}"#, #"{"z":1.0,"\u0061" : 1e2,"b": [ 1 , 2 ],"n":0}"#),
        // A changed member keeps its place and its key's spelling.
        (#"{"x":1,"\u0061" : 1,"y":2}"#, #"{"a":5}"#, #"{"x":1,"\u0061":5,"y":2}"#),
        (#"{"a":1}"#, #"{"\u0061":null}"#, "{}"),
        // Duplicates that are not named stay.
        (#"{"a":1,"a":2}"#, #"{"b":1}"#, #"{"a":1,"a":2,"b":1}"#),
        // Duplicates that are named: the target's last counts, the patch's last counts.
        (#"{"a":{"x":1},"b":0,"a":{"y":1}}"#, #"{"a":{"z":1}}"#, #"{"b":0,"a":{"y":1,"z":1}}"#),
        (#"{"a":1,"b":0,"a":2}"#, #"{"a":null}"#, #"{"b":0}"#),
        ("{}", #"{"a":1,"b":2,"a":3}"#, #"{"b":2,"a":3}"#),
        (#"{"a":0}"#, #"{"a":1,"a":null}"#, "{}"),
        (#"{"a":0}"#, #"{"a":null,"a":1}"#, #"{"a":1}"#),
        // Only objects are reached into; nulls inside arrays are values.
        ("{}", #"{"a":[null,{"b":null}]}"#, #"{"a":[null,{"b":null}]}"#),
        (#"{"a":[1]}"#, #"{"a":{"b":1}}"#, #"{"a":{"b":1}}"#),
        (
            #"{"a":{"b":{"c":1,"d":2}}}"#, #"{"a":{"b":{"c":null,"e":{"f":null,"g":1}}}}"#,
            #"{"a":{"b":{"d":2,"e":{"g":1}}}}"#
        ),
        // Nothing to do, and targets that are no objects.
        ("{}", "{}", "{}"), (#"{"a":1}"#, "{}", #"{"a":1}"#), ("null", "{}", "{}"), ("1", #"{"a":null}"#, "{}"),
        // Names are compared by code unit: neither normalised nor folded; lone surrogates are only themselves.
        ("{\"é\":1}", "{\"e\u{301}\":2}", "{\"é\":1,\"e\u{301}\":2}"), (#"{"a":1}"#, #"{"A":2}"#, #"{"a":1,"A":2}"#),
        (#"{"\ud800":1}"#, #"{"\ud801":2,"\ufffd":3}"#, #"{"\ud800":1,"\ud801":2,"\ufffd":3}"#),
        (#"{"\ud800":1}"#, #"{"\uD800":2}"#, #"{"\ud800":2}"#), ("{\"😀\":1}", #"{"\ud83d\ude00":2}"#, "{\"😀\":2}"),
        // Names of lengths that share a bit of the filter.
        (
            #"{"":1}"#, "{\"\(String(repeating: "k", count: 64))\":2}",
            "{\"\":1,\"\(String(repeating: "k", count: 64))\":2}"
        ),
    ])
    func apply_toOneObject_keepsWhatThePatchDoesNotName(target: String, patch: String, result: String) throws {
        #expect(try merge(target, patch) == result)
    }

    @Test func apply_whenTheResultIsTooDeep_throws() throws {
        let deep = String(repeating: #"{"a":"#, count: 31) + "[]" + String(repeating: "}", count: 31)
        #expect(try merge("{}", deep) == deep)
        #expect(try merge(deep, deep) == deep)
        let error = JSONError.Reason.tooDeep
        #expect(#expect(throws: JSONError.self) { try merge("{}", #"{"b":\#(deep)}"#) }?.reason == error)
        #expect(#expect(throws: JSONError.self) { try merge(#"{"b":\#(deep)}"#, #"{"a":1}"#) }?.reason == error)
        #expect(#expect(throws: JSONError.self) { try merge("{}", "[[]]", depthMax: 1) }?.reason == error)
        // What is replaced may have been deeper.
        #expect(try merge(#"{"b":\#(deep)}"#, "1") == "1")
    }

    @Test func apply_ofManyMembersToMany_staysLinear() throws {
        let count = 20_000
        let target = "{" + (0..<count).map { "\"k\($0)\":\($0)" }.joined(separator: ",") + "}"
        let patch = "{" + (0..<count).map { "\"k\(count - 1 - $0)\":null" }.joined(separator: ",") + "}"
        #expect(try merge(target, patch) == "{}")
    }

    @Test(arguments: [#"{"a":"#, "{", "[1", "{\"a\":nul}", "", "{\"a\":1}}"])
    func apply_ofUncheckedNonsense_throwsOrKeepsButNeverTraps(nonsense: String) {
        let text = JSONText(unchecked: Array(nonsense.utf8))
        let valid = JSONText(unchecked: Array(#"{"a":{"b":1}}"#.utf8))
        for (patch, target) in [(text, valid), (valid, text), (text, text)] {
            do {
                _ = try MergePatch.apply(patch, to: target)
            } catch {
                #expect([.unexpectedEnd, .unexpectedByte].contains(error.reason))
            }
        }
    }

    @Test(arguments: [21, 22, 23, 24] as [UInt64])
    func apply_ofRandomTexts_agreesWithTheRFCsPseudocode(seed: UInt64) throws {
        var texts = RandomTexts(seed: seed)
        for _ in 0..<500 {
            let target = try JSONText(validating: texts.object(depth: 4))
            let patch = try JSONText(validating: texts.object(depth: 4))
            let merged = try MergePatch.apply(patch, to: target)
            let expected = Tree.mergePatch(try Tree(target), try Tree(patch))
            #expect(try Tree(merged) == expected, "seed=\(seed) \(patch.string) to \(target.string)")
            #expect(try MergePatch.apply(patch, to: merged) == merged, "a second time changes nothing; seed=\(seed)")
        }
    }
}
