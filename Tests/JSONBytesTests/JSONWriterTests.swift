import JSONBytes
import Testing

@Suite struct JSONWriterTests {
    private func written(_ body: (inout [UInt8]) -> Void) -> String {
        var bytes: [UInt8] = []
        body(&bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("", #""""#), ("plain", #""plain""#), ("a\"b", #""a\"b""#), ("\\", #""\\""#), ("/", #""/""#),
        ("\u{8}\u{9}\u{A}\u{C}\u{D}", #""\b\t\n\f\r""#), ("\0\u{1}\u{B}\u{1F}", #""\u0000\u0001\u000b\u001f""#),
        ("\u{7F}é€😀\u{2028}", "\"\u{7F}é€😀\u{2028}\""), ("1234567\n", #""1234567\n""#),
        ("12345678\"", #""12345678\"""#),
        ("\"\"\"\"\"\"\"\"", #""\"\"\"\"\"\"\"\"""#),
    ])
    func appendJSONString_ofAnyText_escapesWhatTheRFCDemands(text: String, expected: String) {
        #expect(written { $0.appendJSONString(text) } == expected)
    }

    @Test(arguments: [11, 12, 13] as [UInt64])
    func appendJSONString_ofRandomText_isReadBackTheSame(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<1_000 {
            var scalars = String.UnicodeScalarView()
            for _ in 0..<random.index(below: 40) {
                let limit: UInt32 = random.pick([0x20, 0x80, 0x80, 0x800, 0x10000, 0x110000])
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<limit, using: &random)) { scalars.append(scalar) }
            }
            let text = String(scalars)
            var bytes: [UInt8] = []
            bytes.appendJSONString(text)
            let readBack = try bytes.withUnsafeBytes { buffer in
                var cursor = JSONCursor(buffer)
                let string = try cursor.readString()
                try cursor.expectEnd()
                return string
            }
            #expect(Array(readBack.utf8) == Array(text.utf8), "seed=\(seed)")
        }
    }

    @Test func appendDecimal_ofEdgesAndPowersOfTen_isWhatTheStandardLibraryPrints() {
        var values: [UInt64] = [0, .max, UInt64(Int64.max), UInt64(Int64.max) + 1]
        var power: UInt64 = 1
        for _ in 0..<19 {
            values += [power - 1, power, power + 1]
            power *= 10
        }
        for value in values {
            #expect(written { $0.appendDecimal(value) } == String(value))
        }
        for value in [0, 1, -1, 9, -9, 10, -10, .max, .min, .min + 1] as [Int64] {
            #expect(written { $0.appendDecimal(value) } == String(value))
            #expect(written { $0.appendDecimal(Int(value)) } == String(value))
        }
    }

    @Test func append_ofSeveralPieces_keepsWhatWasThere() {
        let text = written { bytes in
            bytes.appendASCII("{\"offset\":")
            bytes.appendDecimal(42 as UInt64)
            bytes.appendASCII(",\"channel\":")
            bytes.appendJSONString("room")
            bytes.appendASCII("}")
        }
        #expect(text == #"{"offset":42,"channel":"room"}"#)
    }
}
