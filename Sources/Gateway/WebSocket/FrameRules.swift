import NIOCore

/// A rule of RFC 6455, or of this service, that a client broke.
package enum Violation: Error, Equatable, Sendable {
    case unmasked
    case reservedBits
    case reservedOpcode
    case fragmentedControl
    case oversizedControl
    case strayContinuation
    case interleavedMessage
    case closeTooShort
    case closeCode
    case closeReason
    case invalidText
    case messageTooBig
    case emptyFragments

    /// The code of the close frame that answers it.
    package var closeCode: UInt16 {
        switch self {
        case .invalidText, .closeReason: CloseCode.invalidPayload
        case .messageTooBig: CloseCode.messageTooBig
        case .emptyFragments: CloseCode.policyViolation
        default: CloseCode.protocolError
        }
    }

    /// The reason of that close frame: fixed text, nothing of what the client sent.
    package var reason: String {
        switch self {
        case .unmasked: "frame not masked"
        case .reservedBits: "reserved bits set"
        case .reservedOpcode: "reserved opcode"
        case .fragmentedControl: "control frame fragmented"
        case .oversizedControl: "control frame too long"
        case .strayContinuation: "continuation without a message"
        case .interleavedMessage: "new message before the end of the last"
        case .closeTooShort: "close payload of one byte"
        case .closeCode: "close code not allowed"
        case .closeReason: "close reason not UTF-8"
        case .invalidText: "text not UTF-8"
        case .messageTooBig: "message too big"
        case .emptyFragments: "too many empty fragments"
        }
    }
}

/// The verdicts on single frames.
///
/// - Source: RFC 6455 §5.1 (masking), §5.2 (bits, opcodes), §5.5 (control frames), §7.4 (close codes).
package struct FrameRules: Sendable {
    /// Bytes in one message, all its fragments together.
    package let maxMessageBytes: Int

    /// Payload of a control frame in bytes, RFC 6455 §5.5.
    package static let maxControlBytes = 125
    /// Fragments without a byte that one message may have: they cost work and never reach the size limit.
    package static let maxEmptyFragments = 1024

    /// Fragments that count as one message: a message of single bytes costs as much work as so many of them.
    package static let fragmentsPerMessage = 256

    /// Creates the rules for messages of up to `maxMessageBytes`.
    package init(maxMessageBytes: Int) {
        self.maxMessageBytes = maxMessageBytes
    }

    /// Judges the first two bytes of a frame.
    package func judge(first: UInt8, second: UInt8) -> Result<Opcode, Violation> {
        guard first & 0x70 == 0 else { return .failure(.reservedBits) }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { return .failure(.reservedOpcode) }
        if opcode.isControl {
            guard first & 0x80 != 0 else { return .failure(.fragmentedControl) }
            guard second & 0x7F <= Self.maxControlBytes else { return .failure(.oversizedControl) }
        }
        guard second & 0x80 != 0 else { return .failure(.unmasked) }
        return .success(opcode)
    }

    /// Judges the payload of a close frame; an empty one is a close without a code.
    package static func judge(close payload: ByteBuffer) -> Result<UInt16?, Violation> {
        guard payload.readableBytes > 0 else { return .success(nil) }
        var payload = payload
        guard let code = payload.readInteger(as: UInt16.self) else { return .failure(.closeTooShort) }
        guard CloseCode.mayTravel(code) else { return .failure(.closeCode) }
        var text = UTF8Validator()
        guard text.accepts(payload), text.isComplete else { return .failure(.closeReason) }
        return .success(code)
    }
}
