import NIOCore

/// A part of one frame's payload, unmasked.
package struct FramePiece: Equatable, Sendable {
    /// The frame that it belongs to.
    package var header: FrameHeader
    /// The bytes: a slice of what was fed.
    package var payload: ByteBuffer
    /// The first piece of its frame; comes with the header, even when no payload byte is here yet.
    package var isFirst: Bool
    /// The piece that completes its frame.
    package var isLast: Bool
}

/// Takes bytes of a client apart into frames, without keeping payloads back until they are complete.
///
/// Every read is unmasked in one sweep before the first slice of it is handed out: a slice that is
/// still held while the next frame is unmasked would copy the whole buffer, once per frame.
///
/// - Guarantee: limits are checked at the header; between reads only an incomplete header (≤ 13 bytes) is kept.
package struct FrameReader: Sendable {
    /// What comes next.
    package enum Step: Equatable {
        case piece(FramePiece)
        case violation(Violation)
        case needMore
    }

    /// A piece as a place in the buffer.
    private struct Span {
        var header: FrameHeader
        var offset: Int
        var length: Int
        var isFirst: Bool
        var isLast: Bool
    }

    /// The frame whose payload isn't complete, with the key turned to its next byte.
    private struct Progress {
        var header: FrameHeader
        var remaining: Int
        var isFirst: Bool
    }

    private let rules: FrameRules
    private var buffer = ByteBuffer()
    private var spans: [Span] = []
    private var nextSpan = 0
    private var progress: Progress?
    private var violation: Violation?

    /// Creates a reader that stands before the first frame.
    package init(rules: FrameRules) {
        self.rules = rules
    }

    /// Nothing is kept: the next byte starts a frame.
    package var isIdle: Bool {
        self.progress == nil && self.violation == nil && self.buffer.readableBytes == 0
            && self.nextSpan == self.spans.count
    }

    /// Takes the bytes of one read; call it when ``next()`` said ``Step/needMore``.
    package mutating func feed(_ bytes: consuming ByteBuffer) {
        guard self.violation == nil else { return }
        if self.buffer.readableBytes == 0 {
            self.buffer = bytes
        } else {
            self.buffer.writeImmutableBuffer(bytes)
        }
        var progress = self.progress
        var spans: [Span] = []
        var violation: Violation?
        let rules = self.rules
        let consumed = self.buffer.withUnsafeMutableReadableBytes { bytes in
            Self.sweep(bytes, rules: rules, progress: &progress, spans: &spans, violation: &violation)
        }
        self.progress = progress
        self.spans = spans
        self.nextSpan = 0
        self.violation = violation
        self.consumed = consumed
    }

    /// Bytes of ``buffer`` that the spans cover; what follows is an incomplete header.
    private var consumed = 0

    /// Hands out the next piece.
    package mutating func next() -> Step {
        if self.nextSpan < self.spans.count {
            let span = self.spans[self.nextSpan]
            self.nextSpan += 1
            let start = self.buffer.readerIndex + span.offset
            let payload = self.buffer.getSlice(at: start, length: span.length) ?? ByteBuffer()
            return .piece(
                FramePiece(header: span.header, payload: payload, isFirst: span.isFirst, isLast: span.isLast)
            )
        }
        if let violation = self.violation { return .violation(violation) }
        self.keepOnlyIncompleteHeader()
        return .needMore
    }

    /// Copies the few bytes of an incomplete header, so that the receive buffer is let go.
    private mutating func keepOnlyIncompleteHeader() {
        guard !self.spans.isEmpty || self.consumed > 0 || self.buffer.readableBytes > 0 else { return }
        self.buffer.moveReaderIndex(forwardBy: self.consumed)
        self.buffer = self.buffer.readableBytes == 0 ? ByteBuffer() : ByteBuffer(bytes: self.buffer.readableBytesView)
        self.consumed = 0
        self.spans = []
        self.nextSpan = 0
    }

    private static func sweep(
        _ bytes: UnsafeMutableRawBufferPointer,
        rules: FrameRules,
        progress: inout Progress?,
        spans: inout [Span],
        violation: inout Violation?
    ) -> Int {
        var offset = 0
        while true {
            if progress == nil {
                switch FrameHeader.parse(UnsafeRawBufferPointer(rebasing: bytes[offset...]), rules: rules) {
                case .incomplete: return offset
                case .violation(let found):
                    violation = found
                    return offset
                case .header(let header, let size):
                    offset += size
                    progress = Progress(header: header, remaining: header.length, isFirst: true)
                }
            }
            guard var frame = progress else { return offset }
            let length = min(frame.remaining, bytes.count - offset)
            guard length > 0 || frame.isFirst else { return offset }
            let payload = UnsafeMutableRawBufferPointer(rebasing: bytes[offset..<(offset + length)])
            frame.header.key = Self.unmask(payload, key: frame.header.key)
            frame.remaining -= length
            spans.append(
                Span(
                    header: frame.header, offset: offset, length: length,
                    isFirst: frame.isFirst, isLast: frame.remaining == 0
                )
            )
            offset += length
            frame.isFirst = false
            progress = frame.remaining == 0 ? nil : frame
        }
    }

    /// Undoes the mask in place, eight bytes a step, and returns the key turned to the byte that follows.
    package static func unmask(_ bytes: UnsafeMutableRawBufferPointer, key: UInt32) -> UInt32 {
        guard key != 0 else { return 0 }
        let wide = UInt64(key) | UInt64(key) << 32
        var index = 0
        let count = bytes.count
        while index &+ 8 <= count {
            let word = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: word ^ wide, toByteOffset: index, as: UInt64.self)
            index &+= 8
        }
        // The key lies in memory order; the targets of this service are little-endian.
        var rest = key.littleEndian
        while index < count {
            bytes[index] ^= UInt8(truncatingIfNeeded: rest)
            rest = rest >> 8 | rest << 24
            index &+= 1
        }
        return UInt32(littleEndian: rest)
    }
}
