import JSONBytes
import Testing

@Suite struct JSONErrorTests {
    @Test(arguments: [
        ("[}", "unexpected byte 0x7d at offset 1"),
        ("[", "unexpected end of text at offset 1"),
        ("\"\u{1}\"", "control byte 0x01 in a string at offset 1"),
        ("\"\\x\"", "invalid escape in a string at offset 2"),
        ("-a", "invalid number at offset 1"),
        ("{} {", "bytes after the value at offset 3"),
    ])
    func description_ofARefusal_isASentenceWithTheOffset(text: String, sentence: String) {
        let error = #expect(throws: JSONError.self) { try JSONText(validating: text.utf8) }
        #expect(error?.description == sentence)
    }

    @Test func error_ofTheSameRefusal_isEqual() {
        #expect(JSONError(.tooDeep, offset: 3) == JSONError(.tooDeep, offset: 3))
        #expect(JSONError(.tooDeep, offset: 3) != JSONError(.tooDeep, offset: 4))
        #expect(JSONError(.wrongType, offset: 3) != JSONError(.tooDeep, offset: 3))
    }
}
