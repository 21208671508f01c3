import NIOCore
import Testing

@testable import Gateway

@Suite struct FrameWriterTests {
    static let lengths = [0, 1, 125, 126, 127, 65535, 65536, 70000]

    @Test(arguments: lengths)
    func append_whenOfAnyLength_usesTheShortestHeader(length: Int) {
        let payload = ByteBuffer(repeating: 0x61, count: length)
        var buffer = ByteBuffer(string: "before")
        FrameWriter.append(text: payload, to: &buffer)
        let expected = Array("before".utf8) + ClientFrames.header(first: 0x81, length: length, masked: false)
        #expect(Array(buffer.readableBytesView) == expected + Array(payload.readableBytesView))
    }

    @Test(arguments: lengths)
    func appendText_whenWrittenInPlace_equalsTheCopy(length: Int) {
        let payload = ByteBuffer(bytes: (0..<length).map { UInt8(truncatingIfNeeded: $0) })
        var copied = ByteBuffer(string: "before")
        FrameWriter.append(text: payload, to: &copied)
        FrameWriter.append(binary: payload, to: &copied)
        var inPlace = ByteBuffer(string: "before")
        FrameWriter.appendText(to: &inPlace) { $0.writeImmutableBuffer(payload) }
        FrameWriter.appendBinary(to: &inPlace) { $0.writeImmutableBuffer(payload) }
        #expect(inPlace == copied)
    }

    @Test func close_whenTheReasonIsTooLong_isCutBetweenScalars() {
        var buffer = ByteBuffer()
        FrameWriter.append(close: 3001, reason: String(repeating: "🎈", count: 40), to: &buffer)
        let expected = [0x88, 122, 0x0B, 0xB9] + Array(String(repeating: "🎈", count: 30).utf8)
        #expect(Array(buffer.readableBytesView) == expected)
    }

    @Test func close_whenWithoutCode_isEmpty() {
        var buffer = ByteBuffer()
        FrameWriter.append(close: nil, reason: "dropped", to: &buffer)
        #expect(Array(buffer.readableBytesView) == [0x88, 0])
    }
}
