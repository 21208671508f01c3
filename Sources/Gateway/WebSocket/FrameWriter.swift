import NIOCore

/// Appends a server's frames (unmasked) to a buffer.
public enum FrameWriter {
    /// Longest reason of a close frame, in bytes of UTF-8.
    ///
    /// - Source: RFC 6455 §5.5: a control payload has at most 125 bytes, two of them are the code.
    public static let maxReasonBytes = 123
    /// Longest header of a server's frame in bytes.
    public static let maxHeaderBytes = 10

    /// Appends a text frame; `payload` must be valid UTF-8.
    public static func append(text payload: ByteBuffer, to buffer: inout ByteBuffer) {
        self.appendHeader(.text, length: payload.readableBytes, to: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    /// Appends a text frame.
    public static func append(text payload: String, to buffer: inout ByteBuffer) {
        self.appendHeader(.text, length: payload.utf8.count, to: &buffer)
        buffer.writeString(payload)
    }

    /// Appends a binary frame.
    public static func append(binary payload: ByteBuffer, to buffer: inout ByteBuffer) {
        self.appendHeader(.binary, length: payload.readableBytes, to: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    /// Appends a text frame around what `body` writes, so that a payload needn't be built first and copied.
    public static func appendText(to buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        self.frameInPlace(.text, in: &buffer, body)
    }

    /// Appends a binary frame around what `body` writes.
    public static func appendBinary(to buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void) {
        self.frameInPlace(.binary, in: &buffer, body)
    }

    /// Appends a ping without payload.
    public static func appendPing(to buffer: inout ByteBuffer) {
        self.appendHeader(.ping, length: 0, to: &buffer)
    }

    /// Appends a pong that answers a ping of `payload`.
    package static func append(pong payload: ByteBuffer, to buffer: inout ByteBuffer) {
        self.appendHeader(.pong, length: payload.readableBytes, to: &buffer)
        buffer.writeImmutableBuffer(payload)
    }

    /// Appends a close frame; a reason that is too long is cut before the scalar that doesn't fit.
    ///
    /// - Parameter code: nil for a close frame without payload.
    package static func append(close code: UInt16?, reason: String, to buffer: inout ByteBuffer) {
        guard let code else { return self.appendHeader(.close, length: 0, to: &buffer) }
        var end = reason.unicodeScalars.startIndex
        var bytes = 0
        while end < reason.unicodeScalars.endIndex {
            let width = UTF8.width(reason.unicodeScalars[end])
            guard bytes + width <= self.maxReasonBytes else { break }
            bytes += width
            end = reason.unicodeScalars.index(after: end)
        }
        self.appendHeader(.close, length: 2 + bytes, to: &buffer)
        buffer.writeInteger(code)
        buffer.writeSubstring(reason[..<end])
    }

    /// Appends the header of an unfragmented frame.
    package static func appendHeader(_ opcode: Opcode, length: Int, to buffer: inout ByteBuffer) {
        buffer.writeInteger(0x80 | opcode.rawValue)
        switch length {
        case ...125:
            buffer.writeInteger(UInt8(truncatingIfNeeded: length))
        case ...0xFFFF:
            buffer.writeMultipleIntegers(UInt8(126), UInt16(truncatingIfNeeded: length))
        default:
            buffer.writeMultipleIntegers(UInt8(127), UInt64(length))
        }
    }

    /// Writes the payload behind room for the header of a mid-sized frame, and moves it where another header is needed.
    private static func frameInPlace(_ opcode: Opcode, in buffer: inout ByteBuffer, _ body: (inout ByteBuffer) -> Void)
    {
        let guess = 4
        let start = buffer.writerIndex
        buffer.writeRepeatingByte(0, count: guess)
        body(&buffer)
        let length = buffer.writerIndex - start - guess
        let size = length <= 125 ? 2 : length <= 0xFFFF ? 4 : 10
        if size != guess {
            if size > guess { buffer.writeRepeatingByte(0, count: size - guess) }
            // Fails only for ranges outside of what was written; both are inside.
            _ = try? buffer.copyBytes(at: start + guess, to: start + size, length: length)
        }
        buffer.moveWriterIndex(to: start)
        self.appendHeader(opcode, length: length, to: &buffer)
        buffer.moveWriterIndex(to: start + size + length)
    }
}
