/// Frames as a server sends them: whole, unmasked.
struct ServerFrames {
    struct Frame: Equatable {
        let opcode: UInt8
        let payload: [UInt8]

        var text: String { String(decoding: payload, as: UTF8.self) }
        /// The commands, replies and pushes of a text frame.
        var lines: [String] {
            opcode == 1 ? text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) : []
        }
        /// The code of a close frame.
        var closeCode: UInt16? {
            opcode == 8 && payload.count >= 2 ? UInt16(payload[0]) << 8 | UInt16(payload[1]) : nil
        }
    }

    private var bytes: [UInt8] = []
    private var start = 0

    mutating func feed(_ more: some Sequence<UInt8>) {
        if start > 0 {
            bytes.removeSubrange(..<start)
            start = 0
        }
        bytes.append(contentsOf: more)
    }

    /// The next whole frame; nil when more bytes are needed.
    mutating func next() -> Frame? {
        let rest = bytes[start...]
        guard rest.count >= 2 else { return nil }
        let (first, second) = (rest[start], rest[start + 1])
        var (header, length) = (2, Int(second))
        if second == 126 || second == 127 {
            let size = second == 126 ? 2 : 8
            header += size
            guard rest.count >= header else { return nil }
            length = rest[(start + 2)..<(start + header)].reduce(0) { $0 << 8 | Int($1) }
        }
        guard first & 0x80 != 0, second & 0x80 == 0, rest.count - header >= length else { return nil }
        let payload = Array(rest[(start + header)..<(start + header + length)])
        start += header + length
        return Frame(opcode: first & 0x0F, payload: payload)
    }

    /// All whole frames in some bytes.
    static func all(in bytes: some Sequence<UInt8>) -> [Frame] {
        var frames = ServerFrames()
        frames.feed(bytes)
        var all: [Frame] = []
        while let frame = frames.next() { all.append(frame) }
        return all
    }
}
