import NIOCore

/// Puts messages together from the pieces of frames.
///
/// - Guarantee: a text message is handed out only if it is valid UTF-8, and fails at the first byte that
///   isn't; the size of a message is judged at the header of each fragment, before its payload is kept.
/// - Bounds: keeps at most one message and one control payload of ≤ 125 bytes.
package struct MessageAssembler: Sendable {
    /// What a piece led to.
    package enum Outcome: Equatable {
        case incomplete
        case text(ByteBuffer)
        case binary(ByteBuffer)
        case ping(ByteBuffer)
        case pong
        /// A message goes on, and has that many more fragments by now that they count as a message.
        case fragments
        case close(code: UInt16?)
        case violation(Violation)
    }

    private let rules: FrameRules
    /// Text or binary while a message is in progress.
    private var kind: Opcode?
    private var collected = ByteBuffer()
    private var announced = 0
    private var emptyFragments = 0
    private var fragments = 0
    private var utf8 = UTF8Validator()
    private var control = ByteBuffer()

    /// Creates an assembler that waits for the first frame of a message.
    package init(rules: FrameRules) {
        self.rules = rules
    }

    /// No message and no control frame is in progress.
    package var isIdle: Bool { self.kind == nil && self.control.readableBytes == 0 }

    /// Takes the next piece.
    package mutating func accept(_ piece: consuming FramePiece) -> Outcome {
        if piece.header.opcode.isControl { return self.acceptControl(piece) }
        if piece.isFirst, let violation = self.begin(piece.header) { return .violation(violation) }
        if self.kind == .text, !self.utf8.accepts(piece.payload) { return .violation(.invalidText) }
        guard piece.isLast, piece.header.isFinal else {
            self.collected.writeImmutableBuffer(piece.payload)
            return piece.isLast ? self.fragmentCame() : .incomplete
        }
        if self.kind == .text, !self.utf8.isComplete { return .violation(.invalidText) }
        let message: ByteBuffer
        if self.collected.readableBytes == 0 {
            message = piece.payload
        } else {
            self.collected.writeImmutableBuffer(piece.payload)
            message = self.collected
        }
        let kind = self.kind
        self.reset()
        return kind == .text ? .text(message) : .binary(message)
    }

    private mutating func fragmentCame() -> Outcome {
        self.fragments += 1
        guard self.fragments == FrameRules.fragmentsPerMessage else { return .incomplete }
        self.fragments = 0
        return .fragments
    }

    /// Judges the header of a data frame against the message in progress.
    private mutating func begin(_ header: FrameHeader) -> Violation? {
        if header.opcode == .continuation {
            guard self.kind != nil else { return .strayContinuation }
        } else {
            guard self.kind == nil else { return .interleavedMessage }
            self.kind = header.opcode
        }
        // Both are at most maxMessageBytes, so the sum can't overflow.
        self.announced += header.length
        guard self.announced <= self.rules.maxMessageBytes else { return .messageTooBig }
        if header.length == 0, !header.isFinal {
            self.emptyFragments += 1
            guard self.emptyFragments <= FrameRules.maxEmptyFragments else { return .emptyFragments }
        }
        return nil
    }

    private mutating func acceptControl(_ piece: FramePiece) -> Outcome {
        guard piece.isLast else {
            self.control.writeImmutableBuffer(piece.payload)
            return .incomplete
        }
        var payload = piece.payload
        if self.control.readableBytes > 0 {
            self.control.writeImmutableBuffer(payload)
            payload = self.control
            self.control = ByteBuffer()
        }
        switch piece.header.opcode {
        case .ping: return .ping(payload)
        case .pong: return .pong
        default:
            switch FrameRules.judge(close: payload) {
            case .success(let code): return .close(code: code)
            case .failure(let violation): return .violation(violation)
            }
        }
    }

    private mutating func reset() {
        self.kind = nil
        self.collected = ByteBuffer()
        self.announced = 0
        self.emptyFragments = 0
        self.fragments = 0
        self.utf8 = UTF8Validator()
    }
}
