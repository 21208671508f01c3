import JSONBytes
import Testing

@Suite struct UTF8RulesTests {
    private func isValid(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { UTF8Rules.isValid($0) }
    }

    private func reference(_ bytes: [UInt8]) -> Bool {
        String(validating: bytes, as: UTF8.self) != nil
    }

    @Test func isValid_ofNothing_isTrue() {
        #expect(UTF8Rules.isValid(UnsafeRawBufferPointer(start: nil, count: 0)))
        #expect(isValid([]))
    }

    @Test(
        arguments: [
            ([0xC0, 0x80], "overlong NUL"), ([0xC1, 0xBF], "overlong DEL"), ([0xE0, 0x9F, 0xBF], "overlong U+07FF"),
            ([0xF0, 0x8F, 0xBF, 0xBF], "overlong U+FFFF"), ([0xED, 0xA0, 0x80], "U+D800"),
            ([0xED, 0xBF, 0xBF], "U+DFFF"),
            ([0xF4, 0x90, 0x80, 0x80], "U+110000"), ([0xF5, 0x80, 0x80, 0x80], "F5"), ([0xFF], "FF"),
            ([0x80], "lone continuation"),
            ([0xC2], "cut"), ([0xE2, 0x82], "cut"), ([0xF0, 0x9F, 0x98], "cut"), ([0xC2, 0x41], "no continuation"),
        ] as [([UInt8], String)])
    func isValid_ofAForbiddenForm_isFalseAtEveryAlignment(sequence: [UInt8], name: String) throws {
        for lead in 0..<17 {
            for tail in [0, 1, 7, 8, 9] {
                let bytes = [UInt8](repeating: 0x61, count: lead) + sequence + [UInt8](repeating: 0x61, count: tail)
                #expect(!isValid(bytes), "\(name) after \(lead), before \(tail)")
                let text = [0x5B, 0x22] + bytes + [0x22, 0x5D]
                let error = #expect(throws: JSONError.self) { try JSONText(validating: text) }
                #expect(error?.reason == .badUTF8 && error?.offset == lead + 2)
            }
        }
    }

    @Test func isValid_ofEveryOneAndTwoByteSequence_agreesWithTheStandardLibrary() {
        var mismatches: [[UInt8]] = []
        for first in UInt8.min...UInt8.max {
            if isValid([first]) != reference([first]) { mismatches.append([first]) }
            for second in UInt8.min...UInt8.max where isValid([first, second]) != reference([first, second]) {
                mismatches.append([first, second])
            }
        }
        #expect(mismatches.isEmpty)
    }

    @Test func isValid_ofLongerSequencesAroundEveryBoundary_agreesWithTheStandardLibrary() {
        let edges: [UInt8] = [0x00, 0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xE0, 0xFF]
        var mismatches: [[UInt8]] = []
        for first in 0xC0...UInt8.max {
            for second in edges {
                for third in edges {
                    for fourth in edges {
                        for bytes in [[first, second, third], [first, second, third, fourth]]
                        where isValid(bytes) != reference(bytes) {
                            mismatches.append(bytes)
                        }
                    }
                }
            }
        }
        #expect(mismatches.isEmpty)
    }

    @Test func isValid_ofEveryScalar_isTrue() {
        var refused: [UInt32] = []
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            if !isValid(Array(UTF8.encode(scalar) ?? .init())) { refused.append(value) }
        }
        #expect(refused.isEmpty)
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func isValid_ofRandomMixtures_agreesWithTheStandardLibrary(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let pieces: [[UInt8]] = [
            [0x61], [0x20], Array("abcdefgh".utf8), Array("é".utf8), Array("€".utf8), Array("😀".utf8), [0x80], [0xC3],
        ]
        for _ in 0..<3_000 {
            let bytes = (0..<Int.random(in: 0...12, using: &random)).flatMap { _ in
                pieces[random.index(below: Int.random(in: 0..<20, using: &random) == 0 ? 8 : 6)]
            }
            #expect(isValid(bytes) == reference(bytes), "seed=\(seed) \(bytes)")
        }
    }
}
