import NIOCore

@testable import Gateway

/// Frames as a client sends them.
enum ClientFrames {
    /// One masked frame; `first` is the whole first byte, so that every wrong bit can be tried.
    static func frame(first: UInt8, payload: [UInt8], key: [UInt8] = [0x11, 0xA2, 0x33, 0xF4]) -> [UInt8] {
        var bytes = self.header(first: first, length: payload.count, masked: true) + key
        for (index, byte) in payload.enumerated() { bytes.append(byte ^ key[index % 4]) }
        return bytes
    }

    /// A header without key.
    static func header(first: UInt8, length: Int, masked: Bool) -> [UInt8] {
        let bit: UInt8 = masked ? 0x80 : 0
        switch length {
        case ...125: return [first, bit | UInt8(length)]
        case ...0xFFFF: return [first, bit | 126, UInt8(length >> 8), UInt8(length & 0xFF)]
        default: return [first, bit | 127] + (0..<8).map { UInt8(truncatingIfNeeded: length >> (56 - 8 * $0)) }
        }
    }

    static func text(_ text: String, isFinal: Bool = true) -> [UInt8] {
        self.frame(first: isFinal ? 0x81 : 0x01, payload: Array(text.utf8))
    }

    static func continuation(_ text: String, isFinal: Bool) -> [UInt8] {
        self.frame(first: isFinal ? 0x80 : 0x00, payload: Array(text.utf8))
    }

    static func close(_ code: UInt16, reason: [UInt8] = []) -> [UInt8] {
        self.frame(first: 0x88, payload: [UInt8(code >> 8), UInt8(code & 0xFF)] + reason)
    }

    static func ping(_ payload: String) -> [UInt8] { self.frame(first: 0x89, payload: Array(payload.utf8)) }
}

extension MessageReader {
    /// Feeds one read and collects what comes of it, up to a violation.
    mutating func outcomes(of bytes: [UInt8]) -> [MessageAssembler.Outcome] {
        self.feed(ByteBuffer(bytes: bytes))
        var outcomes: [MessageAssembler.Outcome] = []
        while true {
            let outcome = self.next()
            if case .incomplete = outcome { return outcomes }
            // That a message has many parts is for its rate, not for what it says.
            if case .fragments = outcome { continue }
            outcomes.append(outcome)
            if case .violation = outcome { return outcomes }
        }
    }
}

/// What `bytes` lead to when they come in reads of `size` bytes.
func outcomes(of bytes: [UInt8], readSize size: Int = .max, maxMessageBytes: Int = 65536) -> [MessageAssembler.Outcome]
{
    var reader = MessageReader(maxMessageBytes: maxMessageBytes)
    var all: [MessageAssembler.Outcome] = []
    var start = 0
    while start < bytes.count {
        let end = size < bytes.count - start ? start + size : bytes.count
        all += reader.outcomes(of: Array(bytes[start..<end]))
        if case .violation = all.last { return all }
        start = end
    }
    return all
}
