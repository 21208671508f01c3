import NIOCore
import Testing

@testable import Gateway

/// Row P4: text that is no UTF-8 fails at its first bad byte, however it is cut.
@Suite struct UTF8ValidatorTests {
    static let valid: [[UInt8]] = [
        [], Array("plain text, longer than eight bytes".utf8), Array("κόσμε 漢字 🎈 \u{10FFFF} \u{FFFF}".utf8),
        [0xED, 0x9F, 0xBF], [0xEE, 0x80, 0x80], [0xF0, 0x90, 0x80, 0x80], [0xC2, 0x80], [0x00],
    ]

    /// Bytes, and the index of the first that is wrong.
    static let invalid: [([UInt8], Int)] = [
        ([0x80], 0), ([0xBF], 0), ([0xFE], 0), ([0xFF], 0), ([0x61, 0xC3, 0x28], 2),
        ([0xC0, 0xAF], 0), ([0xC1, 0xBF], 0),  // overlong, two bytes
        ([0xE0, 0x80, 0xAF], 1), ([0xE0, 0x9F, 0xBF], 1),  // overlong, three bytes
        ([0xF0, 0x80, 0x80, 0xAF], 1), ([0xF0, 0x8F, 0xBF, 0xBF], 1),  // overlong, four bytes
        ([0xED, 0xA0, 0x80], 1), ([0xED, 0xBF, 0xBF], 1),  // surrogates
        ([0xF4, 0x90, 0x80, 0x80], 1), ([0xF5, 0x80, 0x80, 0x80], 0),  // over U+10FFFF
        ([0xE2, 0x82, 0x41], 2), ([0xF0, 0x9F, 0x8E, 0xC2], 3), (Array("12345678901234567".utf8) + [0xFF], 17),
    ]

    /// What the validator says to each of the pieces, up to the first no.
    private func verdicts(_ pieces: [[UInt8]]) -> (accepted: [Bool], isComplete: Bool) {
        var validator = UTF8Validator()
        var accepted: [Bool] = []
        for piece in pieces where accepted.last != false {
            accepted.append(validator.accepts(ByteBuffer(bytes: piece)))
        }
        return (accepted, validator.isComplete)
    }

    @Test(arguments: valid)
    func accepts_whenValidAndCutAnywhere_saysYes(bytes: [UInt8]) {
        for cut in 0...bytes.count {
            let (accepted, isComplete) = self.verdicts([Array(bytes[..<cut]), Array(bytes[cut...])])
            #expect(accepted == [true, true], "cut at \(cut)")
            #expect(isComplete)
        }
    }

    @Test(arguments: invalid)
    func accepts_whenInvalid_failsAtTheFirstBadByte(bytes: [UInt8], bad: Int) {
        let oneByOne = self.verdicts(bytes.map { [$0] }).accepted
        #expect(oneByOne == Array(repeating: true, count: bad) + [false])
        #expect(self.verdicts([bytes]).accepted == [false])
    }

    @Test func isComplete_whenCutInsideAScalar_isFalse() {
        let (accepted, isComplete) = self.verdicts([[0x61, 0xF0, 0x9F]])
        #expect(accepted == [true])
        #expect(!isComplete)
    }
}
