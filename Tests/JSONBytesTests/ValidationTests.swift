import JSONBytes
import Testing

/// What RFC 8259 allows and what it refuses, in the manner of JSONTestSuite: one line for each rule.
@Suite struct ValidationTests {
    static let accepted: [String] = [
        // Numbers
        "0", "-0", "1", "-1", "10", "1.5", "0.5", "-0.0", "1e5", "1E5", "1e+5", "1E-5", "0e0", "0E+1", "1.25e-10",
        "123456789012345678901234567890", "1e400", "-1e-400", "0.00000000000000000000000000000001",
        // Words
        "true", "false", "null",
        // Strings
        #""""#, #""a""#, #""\"""#, #""\\""#, #""\/""#, #""\b\f\n\r\t""#, #""\u0041""#, #""\u00e9\u00C9""#,
        #""\uD83D\uDE00""#, #""\ud83d\ude00""#, #""\u0000""#, #""\uFFFF""#, #""/""#, "\"\u{7F}\"", "\"é€😀\"",
        "\"\u{2028}\u{2029}\"", "\"\u{FEFF}\"", #""12345678""#, #""1234567\n""#, #""1234567é""#, "\"{}[],:\"",
        // Lone surrogates in escapes: RFC 8259 §8.2 allows them.
        #""\uD800""#, #""\uDC00""#, #""\uD800\uD800""#, #""\uDC00\uD800""#, #""\uD800x""#, #""\uD800\n""#,
        // Containers
        "[]", "{}", "[[]]", "[{}]", #"{"a":{}}"#, "[1,2]", #"{"a":1,"b":2}"#, #"{"a":1,"a":2}"#, #"{"":0}"#,
        #"{"\u0061":1,"a":2}"#, "[null,true,false,0,\"\",[],{}]",
        // Whitespace
        " 1", "1 ", "\t[ 1 , 2 ]\n", "\r\n{ \"a\" : 1 }\r\n", "[ ]", "{ }", "[\n]", "  \"a\"  ",
    ]

    static let refused: [(String, JSONError.Reason)] = [
        ("", .unexpectedEnd), (" ", .unexpectedEnd), ("\n\t", .unexpectedEnd),
        // Numbers
        ("01", .badNumber), ("-01", .badNumber), ("00", .badNumber), ("1.", .unexpectedEnd), ("[1.]", .badNumber),
        (".5", .unexpectedByte), ("-", .unexpectedEnd), ("[-]", .badNumber), ("-.5", .badNumber),
        ("+1", .unexpectedByte), ("1e", .unexpectedEnd), ("1E+", .unexpectedEnd), ("[1E+]", .badNumber),
        ("[1e]", .badNumber), ("1e+-2", .badNumber), ("1.e5", .badNumber), ("0x1", .trailingBytes),
        ("1_000", .trailingBytes), ("1.2.3", .trailingBytes), ("[1.2.3]", .unexpectedByte), ("1e5.2", .trailingBytes),
        ("NaN", .unexpectedByte), ("nan", .unexpectedByte), ("Infinity", .unexpectedByte),
        ("-Infinity", .badNumber), ("١", .unexpectedByte), ("[1 2]", .unexpectedByte), ("- 1", .badNumber),
        // Words
        ("tru", .unexpectedEnd), ("trux", .unexpectedByte), ("True", .unexpectedByte), ("nul", .unexpectedEnd),
        ("nulll", .trailingBytes), ("fals", .unexpectedEnd), ("truefalse", .trailingBytes),
        ("undefined", .unexpectedByte),
        // Strings
        ("\"", .unexpectedEnd), ("\"abc", .unexpectedEnd), ("\"abcdefgh", .unexpectedEnd), ("'a'", .unexpectedByte),
        (#""\""#, .unexpectedEnd), (#""\x""#, .badEscape), (#""\a""#, .badEscape), (#""\U0041""#, .badEscape),
        (#""\u""#, .badEscape), (#""\u00""#, .badEscape), (#""\u004"#, .unexpectedEnd), (#""\u00G0""#, .badEscape),
        (#""\u 041""#, .badEscape), (#""\'""#, .badEscape), (#""\é""#, .badEscape), ("\"\\\n\"", .badEscape),
        ("\"\\", .unexpectedEnd), (#""\uD800\u""#, .badEscape), (#""\u+041""#, .badEscape),
        ("\"\n\"", .badString), ("\"\t\"", .badString), ("\"\u{0}\"", .badString), ("\"12345678\u{1F}\"", .badString),
        // Containers
        ("[", .unexpectedEnd), ("]", .unexpectedByte), ("{", .unexpectedEnd), ("}", .unexpectedByte),
        ("[1,]", .unexpectedByte), ("[,1]", .unexpectedByte), ("[,]", .unexpectedByte), ("[1,,2]", .unexpectedByte),
        ("[1", .unexpectedEnd), ("[1,", .unexpectedEnd), ("[1}", .unexpectedByte), ("{]", .unexpectedByte),
        (#"{"a":1]"#, .unexpectedByte), (#"{"a":1,}"#, .unexpectedByte), (#"{,"a":1}"#, .unexpectedByte),
        (#"{"a"}"#, .unexpectedByte), (#"{"a":}"#, .unexpectedByte), (#"{"a" 1}"#, .unexpectedByte),
        (#"{"a"::1}"#, .unexpectedByte), (#"{"a":1:2}"#, .unexpectedByte), (#"{"a":1 "b":2}"#, .unexpectedByte),
        ("{a:1}", .unexpectedByte), ("{'a':1}", .unexpectedByte), ("{1:1}", .unexpectedByte),
        ("{null:1}", .unexpectedByte),
        (#"{"a""#, .unexpectedEnd), (#"{"a":"#, .unexpectedEnd), (#"{"a":1"#, .unexpectedEnd),
        (#"{"a":1,"#, .unexpectedEnd),
        ("[[]", .unexpectedEnd), ("[]]", .trailingBytes), ("{}}", .trailingBytes), ("[][]", .trailingBytes),
        ("1 2", .trailingBytes), ("{} x", .trailingBytes), ("\"a\"b", .trailingBytes), ("[\"a\":1]", .unexpectedByte),
        // Comments, other whitespace, byte order mark
        ("/**/1", .unexpectedByte), ("1//", .trailingBytes), ("#", .unexpectedByte), ("[1]#", .trailingBytes),
        ("\u{B}1", .unexpectedByte), ("\u{C}1", .unexpectedByte), ("\u{A0}1", .unexpectedByte),
        ("1\u{0}", .trailingBytes),
        ("\u{FEFF}1", .unexpectedByte), ("\u{FEFF}{}", .unexpectedByte), ("\u{2028}1", .unexpectedByte),
    ]

    @Test(arguments: accepted)
    func validation_ofWhatTheGrammarAllows_accepts(text: String) throws {
        #expect(throws: Never.self) { try JSONText(validating: text.utf8) }
        // The same value deeper inside, where other branches read what follows it.
        let nested = try JSONText(validating: "[\(text),{\"k\":\(text)}]".utf8)
        #expect(nested.bytes == Array("[\(text),{\"k\":\(text)}]".utf8).filter { $0 != 0x0A && $0 != 0x0D })
    }

    @Test(arguments: refused)
    func validation_ofWhatTheGrammarRefuses_throwsTheReason(text: String, reason: JSONError.Reason) {
        let error = #expect(throws: JSONError.self) { try JSONText(validating: text.utf8) }
        #expect(error?.reason == reason)
        #expect((0...text.utf8.count).contains(error?.offset ?? -1))
    }

    @Test(arguments: refused.map(\.0))
    func validation_ofARefusedTextInsideAnArray_refuses(text: String) {
        #expect(throws: JSONError.self) { try JSONText(validating: "[0,\(text),{\"k\":\(text)}]".utf8) }
    }

    @Test(arguments: accepted)
    func validation_ofEveryProperPrefix_refusesOrIsAShorterNumber(text: String) {
        let bytes = Array(text.utf8)
        let isNumber = text.contains { $0.isNumber } && !text.contains { "\"[{".contains($0) }
        for length in 0..<bytes.count where !isNumber {
            let prefix = Array(bytes[..<length])
            let trimmed = bytes[length...].allSatisfy { [0x20, 0x09, 0x0A, 0x0D].contains($0) }
            guard !trimmed else { continue }
            #expect(throws: JSONError.self, "\(prefix)") { try JSONText(validating: prefix) }
        }
    }
}
