import NIOCore
import Testing

@testable import Gateway

@Suite struct MessageReaderTests {
    private func buffer(_ text: String) -> ByteBuffer { ByteBuffer(string: text) }

    @Test func read_whenFramesAreCutAtEveryByte_givesTheSameMessages() {
        let long = String(repeating: "ä漢🎈", count: 40)
        let bytes =
            ClientFrames.text("hello") + ClientFrames.text("Grüße ", isFinal: false) + ClientFrames.ping("mid")
            + ClientFrames.continuation("", isFinal: false) + ClientFrames.continuation("漢🎈", isFinal: true)
            + ClientFrames.frame(first: 0x82, payload: [0, 255, 1]) + ClientFrames.frame(first: 0x8A, payload: [1])
            + ClientFrames.text("") + ClientFrames.text(long) + ClientFrames.close(1000)
        let expected: [MessageAssembler.Outcome] = [
            .text(self.buffer("hello")), .ping(self.buffer("mid")), .text(self.buffer("Grüße 漢🎈")),
            .binary(ByteBuffer(bytes: [0, 255, 1])), .pong, .text(self.buffer("")), .text(self.buffer(long)),
            .close(code: 1000),
        ]
        #expect(outcomes(of: bytes) == expected)
        for size in 1...40 { #expect(outcomes(of: bytes, readSize: size) == expected, "reads of \(size)") }
        for cut in 1..<bytes.count {
            var reader = MessageReader(maxMessageBytes: 65536)
            let parts = reader.outcomes(of: Array(bytes[..<cut])) + reader.outcomes(of: Array(bytes[cut...]))
            #expect(parts == expected, "cut at \(cut)")
        }
    }

    @Test func read_whenAScalarIsSplitBetweenFragments_isOneText() {
        let bytes = Array("🎈".utf8)
        for cut in 1..<bytes.count {
            let frames =
                ClientFrames.frame(first: 0x01, payload: Array(bytes[..<cut]))
                + ClientFrames.frame(first: 0x80, payload: Array(bytes[cut...]))
            #expect(outcomes(of: frames) == [.text(self.buffer("🎈"))])
        }
    }

    @Test(arguments: UTF8ValidatorTests.invalid)
    func text_whenInvalid_failsAtTheFirstBadByte(bytes: [UInt8], bad: Int) {
        #expect(outcomes(of: ClientFrames.frame(first: 0x81, payload: bytes)) == [.violation(.invalidText)])
        // The rest of the frame never comes: the verdict needs no more than the bad byte.
        let padded = bytes + [UInt8](repeating: 0x20, count: 50)
        let frame = ClientFrames.frame(first: 0x81, payload: padded)
        let header = frame.count - padded.count
        #expect(outcomes(of: Array(frame[..<(header + bad)])) == [])
        #expect(outcomes(of: Array(frame[..<(header + bad + 1)])) == [.violation(.invalidText)])
        // And the same in a message of one-byte fragments.
        var fragments: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            fragments += ClientFrames.frame(first: index == 0 ? 0x01 : 0x00, payload: [byte])
        }
        #expect(outcomes(of: fragments, readSize: 3) == [.violation(.invalidText)])
    }

    @Test func text_whenItEndsInsideAScalar_fails() {
        #expect(outcomes(of: ClientFrames.frame(first: 0x81, payload: [0xF0, 0x9F])) == [.violation(.invalidText)])
    }

    @Test func binary_whenNotUTF8_isFine() {
        let bytes = ClientFrames.frame(first: 0x82, payload: [0xFF, 0xC0])
        #expect(outcomes(of: bytes) == [.binary(ByteBuffer(bytes: [0xFF, 0xC0]))])
    }

    @Test func continuation_whenNoMessageIsInProgress_fails() {
        #expect(outcomes(of: ClientFrames.continuation("x", isFinal: true)) == [.violation(.strayContinuation)])
        let after = ClientFrames.text("a") + ClientFrames.continuation("x", isFinal: false)
        #expect(outcomes(of: after) == [.text(self.buffer("a")), .violation(.strayContinuation)])
    }

    @Test func text_whenAMessageIsInProgress_fails() {
        let bytes = ClientFrames.text("a", isFinal: false) + ClientFrames.text("b")
        #expect(outcomes(of: bytes) == [.violation(.interleavedMessage)])
    }

    @Test func message_whenExactlyAtTheLimit_isAccepted() {
        let payload = [UInt8](repeating: 0x61, count: 65536)
        let expected: [MessageAssembler.Outcome] = [.text(ByteBuffer(bytes: payload))]
        #expect(outcomes(of: ClientFrames.frame(first: 0x81, payload: payload)) == expected)
        #expect(outcomes(of: ClientFrames.frame(first: 0x81, payload: payload), readSize: 1000) == expected)
        var fragments = ClientFrames.frame(first: 0x01, payload: [0x61])
        for _ in 1..<65535 { fragments += ClientFrames.frame(first: 0x00, payload: [0x61]) }
        #expect(outcomes(of: fragments + ClientFrames.continuation("a", isFinal: true), readSize: 5000) == expected)
        #expect(
            outcomes(of: fragments + ClientFrames.continuation("aa", isFinal: true), readSize: 5000)
                == [.violation(.messageTooBig)]
        )
    }

    @Test func fragments_whenTogetherOverTheLimit_failAtTheHeader() {
        let first = ClientFrames.frame(first: 0x02, payload: [UInt8](repeating: 0, count: 60))
        let header = ClientFrames.header(first: 0x80, length: 41, masked: true) + [1, 2, 3, 4]
        #expect(outcomes(of: first + header, maxMessageBytes: 100) == [.violation(.messageTooBig)])
    }

    @Test func fragments_whenEndlesslyEmpty_fail() {
        var bytes = ClientFrames.text("", isFinal: false)
        for _ in 0..<FrameRules.maxEmptyFragments { bytes += ClientFrames.continuation("", isFinal: false) }
        #expect(outcomes(of: bytes) == [.violation(.emptyFragments)])
    }

    @Test func isIdle_whenNothingIsIncomplete_isTrue() {
        var reader = MessageReader(maxMessageBytes: 100)
        _ = reader.outcomes(of: ClientFrames.text("abc"))
        #expect(reader.isIdle)
        let frame = ClientFrames.text("abc")
        for cut in 1..<frame.count {
            var reader = MessageReader(maxMessageBytes: 100)
            _ = reader.outcomes(of: Array(frame[..<cut]))
            #expect(!reader.isIdle, "cut at \(cut)")
            _ = reader.outcomes(of: Array(frame[cut...]))
            #expect(reader.isIdle)
        }
    }

    @Test func unmask_whenOfAnyLengthAndCutAnywhere_equalsByteByByte() {
        let key: [UInt8] = [1, 2, 3, 250]
        let word = key.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }
        let plain = (0..<37).map { UInt8($0 * 7 & 0xFF) }
        let masked = plain.enumerated().map { $1 ^ key[$0 % 4] }
        for cut in 0...plain.count {
            var bytes = masked
            bytes.withUnsafeMutableBytes { all in
                let next = FrameReader.unmask(UnsafeMutableRawBufferPointer(rebasing: all[..<cut]), key: word)
                _ = FrameReader.unmask(UnsafeMutableRawBufferPointer(rebasing: all[cut...]), key: next)
            }
            #expect(bytes == plain, "cut at \(cut)")
        }
    }
}
