import JSONBytes
import Testing

@Suite struct JSONTextTests {
    @Test(arguments: [
        ("{}", "{}"), (" {} ", "{}"), ("\n[1]\r\n", "[1]"), ("[1,\n2]", "[1,2]"), ("[\r\n1\r\n,\r\n2\r\n]", "[1,2]"),
        ("{\n  \"a\": 1\n}", "{  \"a\": 1}"), ("[ 1 ,\t2 ]", "[ 1 ,\t2 ]"), (#"["a\nb"]"#, #"["a\nb"]"#),
        ("\n\n1\n\n", "1"),
        ("{\"b\":1,\"a\":1,\"b\":2}", "{\"b\":1,\"a\":1,\"b\":2}"), ("[1.0,1e2,\"\\u0041\"]", "[1.0,1e2,\"\\u0041\"]"),
    ])
    func text_ofValidBytes_losesOuterWhitespaceAndLineBreaksOnly(came: String, kept: String) throws {
        let text = try JSONText(validating: came.utf8)
        #expect(text.string == kept)
        #expect(text.bytes == Array(kept.utf8))
        #expect(try JSONText(validating: text.bytes) == text)
    }

    @Test func text_throughEachInitializer_isTheSame() throws {
        let bytes = Array(" {\"a\":\n[1]}\n".utf8)
        let expected = JSONText(unchecked: Array("{\"a\":[1]}".utf8))
        #expect(try JSONText(validating: bytes) == expected)
        #expect(try bytes.withUnsafeBytes { try JSONText(validating: $0) } == expected)
        #expect(try JSONText(validating: bytes[...]) == expected)
        #expect(try JSONText(validating: bytes.lazy.map { $0 }) == expected)
        #expect(try JSONText(validating: ContiguousArray(bytes)) == expected)
    }

    @Test func text_throughEachInitializer_refusesTheSame() {
        let bytes = Array("[1,]".utf8)
        let expected = JSONError(.unexpectedByte, offset: 3, byte: UInt8(ascii: "]"))
        #expect(throws: expected) { try JSONText(validating: bytes) }
        #expect(throws: expected) { try bytes.withUnsafeBytes { try JSONText(validating: $0) } }
        #expect(throws: expected) { try JSONText(validating: bytes[...]) }
        #expect(throws: expected) { try JSONText(validating: bytes.lazy.map { $0 }) }
        #expect(throws: JSONError(.unexpectedEnd, offset: 0)) {
            try JSONText(validating: UnsafeRawBufferPointer(start: nil, count: 0))
        }
    }

    @Test func text_ofASlice_countsOffsetsFromTheSlicesStart() {
        let bytes = Array("xxxx[1,]".utf8)
        #expect(throws: JSONError(.unexpectedByte, offset: 3, byte: UInt8(ascii: "]"))) {
            try JSONText(validating: bytes[4...])
        }
    }

    @Test func isObject_ofEachKind_isTrueForObjectsOnly() throws {
        #expect(JSONText.emptyObject.isObject)
        #expect(try JSONText(validating: " {\"a\":1}".utf8).isObject)
        for other in ["[]", "1", "null", "\"{\""] {
            #expect(try !JSONText(validating: other.utf8).isObject)
        }
        #expect(!JSONText(unchecked: []).isObject)
        #expect(JSONText.null.string == "null" && JSONText.emptyObject.string == "{}")
    }

    @Test(
        arguments: [
            (#"{"a":1,"b":[2]}"#, "b", "[2]"), (#"{"a":1,"a":2}"#, "a", "2"), (#"{"\u0061":1}"#, "a", "1"),
            (#"{"a":1}"#, "b", nil),
            (#"{"":null}"#, "", "null"), ("[1]", "a", nil), ("\"a\"", "a", nil), (#"{"a":{"b":1}}"#, "b", nil),
            (#"{"a" : {"b":1} }"#, "a", #"{"b":1}"#), ("{}", "a", nil), (#"{"é":1}"#, "é", "1"),
        ] as [(String, String, String?)])
    func member_ofAnObject_isTheLastOfThatName(text: String, key: String, value: String?) throws {
        #expect(try JSONText(validating: text.utf8).member(key)?.string == value)
    }

    @Test func member_ofUncheckedNonsense_isNil() {
        #expect(JSONText(unchecked: Array(#"{"a":1"#.utf8)).member("a") == nil)
        #expect(JSONText(unchecked: []).member("a") == nil)
    }
}
