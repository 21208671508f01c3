import JSONBytes
import Testing

@Suite struct JSONStringSliceTests {
    private func read<T>(_ text: String, _ body: (JSONStringSlice, UnsafeRawBufferPointer) -> T) throws -> T {
        try Array(text.utf8).withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            let slice = try cursor.readStringSlice()
            try cursor.expectEnd()
            return body(slice, bytes)
        }
    }

    @Test(arguments: [
        (#""""#, ""), (#""plain""#, "plain"), (#""\"\\\/\b\f\n\r\t""#, "\"\\/\u{8}\u{C}\n\r\t"),
        (#""\u0041\u00e9""#, "Aé"),
        (#""\u20AC""#, "€"), (#""\uD83D\uDE00""#, "😀"), (#""x\uDBFF\uDFFFy""#, "x\u{10FFFF}y"), (#""\u0000""#, "\0"),
        (#""\uD800""#, "\u{FFFD}"), (#""\uDC00""#, "\u{FFFD}"), (#""\uD800\uD83D\uDE00""#, "\u{FFFD}😀"),
        (#""\uD800\u0041""#, "\u{FFFD}A"), (#""\uDE00\uD83D""#, "\u{FFFD}\u{FFFD}"), (#""\uD83D\n""#, "\u{FFFD}\n"),
        (#""\uD83Dx""#, "\u{FFFD}x"), (#""é\n€""#, "é\n€"), (#""\\u0041""#, "\\u0041"),
    ])
    func string_ofEscapes_resolvesThem(text: String, expected: String) throws {
        let (string, isEqual) = try read(text) { slice, bytes in
            var copy = expected
            return (
                slice.string(in: bytes), copy.withUTF8 { slice.equals(utf8: UnsafeRawBufferPointer($0), in: bytes) }
            )
        }
        #expect(Array(string.utf8) == Array(expected.utf8))
        #expect(isEqual)
    }

    @Test(arguments: [
        (#""channel""#, true), (#""channe\u006C""#, true), (#""\u0063\u0068\u0061\u006e\u006e\u0065\u006c""#, true),
        (#""channe""#, false), (#""channels""#, false), (#""Channel""#, false), (#""channex""#, false), (#""""#, false),
        (#""channe\u006D""#, false), (#""channel\u0000""#, false), (#""\n""#, false), (#""channel\\""#, false),
    ])
    func equals_ofAKey_comparesTheResolvedString(text: String, isEqual: Bool) throws {
        #expect(try read(text) { $0.equals("channel", in: $1) } == isEqual)
    }

    @Test func equals_ofLongKeys_comparesEveryByte() throws {
        #expect(try read(#""a_key_of_twenty_bytes""#) { $0.equals("a_key_of_twenty_bytes", in: $1) })
        #expect(try !read(#""a_key_of_twenty_bytez""#) { $0.equals("a_key_of_twenty_bytes", in: $1) })
        #expect(try !read(#""A_key_of_twenty_bytes""#) { $0.equals("a_key_of_twenty_bytes", in: $1) })
        #expect(try read(#""""#) { $0.equals("", in: $1) })
    }

    @Test func equals_ofCanonicallyEquivalentStrings_isFalse() throws {
        #expect(try !read("\"e\u{301}\"") { $0.equals("\u{E9}", in: $1) })
    }

    @Test func slice_withAShorterBuffer_isEmptyAndEqualsNothing() throws {
        let slice = try read(#""abc""#) { slice, _ in slice }
        let none = UnsafeRawBufferPointer(start: nil, count: 0)
        #expect(slice.string(in: none).isEmpty)
        #expect(!slice.equals("abc", in: none))
        #expect(slice.range == 1..<4 && !slice.hasEscapes)
    }

    @Test func slice_withAnotherBuffer_resolvesWhateverIsThere() throws {
        let slice = try read(#""\u00411234""#) { slice, _ in slice }
        for other in [#""\\\\\\\\\\""#, #""\u00zz\u00\u""#, #""\x\y\z\u\u\""#] {
            let bytes = Array(other.utf8.prefix(12))
            #expect(!bytes.withUnsafeBytes { slice.string(in: $0) }.isEmpty)
        }
    }
}
