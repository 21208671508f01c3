import NIOCore

/// Turns the bytes of a client into messages: ``FrameReader`` and ``MessageAssembler`` in a row.
package struct MessageReader: Sendable {
    private var frames: FrameReader
    private var assembler: MessageAssembler

    /// Creates a reader for messages of up to `maxMessageBytes`.
    package init(maxMessageBytes: Int) {
        let rules = FrameRules(maxMessageBytes: maxMessageBytes)
        self.frames = FrameReader(rules: rules)
        self.assembler = MessageAssembler(rules: rules)
    }

    /// Nothing is kept: a new reader would do as well.
    package var isIdle: Bool { self.frames.isIdle && self.assembler.isIdle }

    /// Takes the bytes of one read; call it when ``next()`` said ``MessageAssembler/Outcome/incomplete``.
    package mutating func feed(_ bytes: consuming ByteBuffer) {
        self.frames.feed(bytes)
    }

    /// Hands out what comes next; ``MessageAssembler/Outcome/incomplete`` when more bytes are needed.
    ///
    /// - Guarantee: don't call it again after a violation; nothing that follows one is a message.
    package mutating func next() -> MessageAssembler.Outcome {
        while true {
            switch self.frames.next() {
            case .needMore: return .incomplete
            case .violation(let violation): return .violation(violation)
            case .piece(let piece):
                let outcome = self.assembler.accept(piece)
                if case .incomplete = outcome { continue }
                return outcome
            }
        }
    }
}
