import NIOCore
import Testing

@testable import Gateway

/// Rows P3, P5 and P9: a broken frame is refused at its header.
@Suite struct FrameRulesTests {
    /// A first byte and a payload that break a rule, and the rule.
    static let broken: [(UInt8, Int, Violation)] =
        [0xC1, 0xA1, 0x91, 0xF1, 0xC9].map { ($0, 3, .reservedBits) }
        + [0x83, 0x84, 0x85, 0x86, 0x87, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F].map { ($0, 3, .reservedOpcode) }
        + [0x08, 0x09, 0x0A].map { ($0, 3, .fragmentedControl) }
        + [0x88, 0x89, 0x8A].map { ($0, 126, .oversizedControl) }

    @Test(arguments: broken)
    func read_whenARuleIsBroken_fails(first: UInt8, length: Int, violation: Violation) {
        let bytes = ClientFrames.frame(first: first, payload: [UInt8](repeating: 0x20, count: length))
        #expect(outcomes(of: bytes) == [.violation(violation)])
        #expect(outcomes(of: Array(bytes.prefix(2))) == [.violation(violation)], "known from two bytes on")
        #expect(violation.closeCode == 1002)
    }

    @Test(arguments: [0x81, 0x82, 0x88, 0x89] as [UInt8])
    func read_whenUnmasked_fails(first: UInt8) {
        let bytes = ClientFrames.header(first: first, length: 2, masked: false) + [0x61, 0x62]
        #expect(outcomes(of: bytes) == [.violation(.unmasked)])
    }

    @Test(arguments: [0, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65535] as [UInt16])
    func close_whenTheCodeMustNotTravel_fails(code: UInt16) {
        #expect(outcomes(of: ClientFrames.close(code)) == [.violation(.closeCode)])
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 3000, 3999, 4000, 4999] as [UInt16])
    func close_whenTheCodeMayTravel_isHandedOver(code: UInt16) {
        #expect(outcomes(of: ClientFrames.close(code, reason: Array("bye".utf8))) == [.close(code: code)])
    }

    @Test func close_whenEmpty_hasNoCode() {
        #expect(outcomes(of: ClientFrames.frame(first: 0x88, payload: [])) == [.close(code: nil)])
    }

    @Test func close_whenOneByteLong_fails() {
        #expect(outcomes(of: ClientFrames.frame(first: 0x88, payload: [3])) == [.violation(.closeTooShort)])
    }

    @Test func close_whenTheReasonIsNotUTF8_failsWith1007() {
        for reason: [UInt8] in [[0xFF], [0xED, 0xA0, 0x80], [0x61, 0xF0, 0x9F]] {
            #expect(outcomes(of: ClientFrames.close(1000, reason: reason)) == [.violation(.closeReason)])
        }
        #expect(Violation.closeReason.closeCode == 1007)
    }

    @Test(arguments: [65537, 1 << 20, Int.max])
    func read_whenTheHeaderAnnouncesTooMuch_failsBeforeThePayload(length: Int) {
        let header = ClientFrames.header(first: 0x82, length: length, masked: true)
        #expect(outcomes(of: header) == [.violation(.messageTooBig)])
        #expect(Violation.messageTooBig.closeCode == 1009)
    }

    @Test func read_whenTheLengthIsTwoToThe63_failsWithoutATrap() {
        #expect(outcomes(of: [0x82, 0xFF, 0x80, 0, 0, 0, 0, 0, 0, 0]) == [.violation(.messageTooBig)])
        #expect(outcomes(of: [0x82, 0xFF] + [UInt8](repeating: 0xFF, count: 8)) == [.violation(.messageTooBig)])
    }
}
