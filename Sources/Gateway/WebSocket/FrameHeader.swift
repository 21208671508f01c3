/// What a frame carries, RFC 6455 §5.2.
package enum Opcode: UInt8, Sendable {
    case continuation = 0x0
    case text = 0x1
    case binary = 0x2
    case close = 0x8
    case ping = 0x9
    case pong = 0xA

    /// Close, ping and pong: never fragmented, at most 125 bytes, may stand between fragments.
    package var isControl: Bool { self.rawValue & 0x8 != 0 }
}

/// The first bytes of a client's frame, already judged by ``FrameRules``.
package struct FrameHeader: Equatable, Sendable {
    /// The last frame of its message.
    package var isFinal: Bool
    /// What the frame carries.
    package var opcode: Opcode
    /// Length of the payload in bytes.
    package var length: Int
    /// The masking key as it lies in memory (first byte of the key in the lowest address).
    package var key: UInt32

    /// What the bytes at hand say about the next header.
    package enum Parsed: Equatable {
        case incomplete
        case header(FrameHeader, size: Int)
        case violation(Violation)
    }

    /// Reads one header at the start of `bytes`.
    ///
    /// - Guarantee: a broken rule is reported as soon as the bytes that break it are here: nobody
    ///   has to wait for, or buffer, the payload that such a header announces.
    package static func parse(_ bytes: UnsafeRawBufferPointer, rules: FrameRules) -> Parsed {
        guard bytes.count >= 2 else { return .incomplete }
        let first = bytes[0]
        let second = bytes[1]
        let opcode: Opcode
        switch rules.judge(first: first, second: second) {
        case .success(let judged): opcode = judged
        case .failure(let violation): return .violation(violation)
        }
        let short = second & 0x7F
        let lengthBytes = short == 127 ? 8 : short == 126 ? 2 : 0
        guard bytes.count >= 2 + lengthBytes else { return .incomplete }
        let length: UInt64 =
            switch short {
            case 126: UInt64(UInt16(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self)))
            case 127: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt64.self))
            default: UInt64(short)
            }
        guard length <= UInt64(rules.maxMessageBytes) || opcode.isControl else { return .violation(.messageTooBig) }
        let size = 2 + lengthBytes + 4
        guard bytes.count >= size else { return .incomplete }
        let header = FrameHeader(
            isFinal: first & 0x80 != 0,
            opcode: opcode,
            length: Int(length),
            key: bytes.loadUnaligned(fromByteOffset: 2 + lengthBytes, as: UInt32.self)
        )
        return .header(header, size: size)
    }
}
