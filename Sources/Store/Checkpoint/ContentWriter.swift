import Migrations

/// Writes the binary form of a checkpoint: numbers of as many bytes as they need, in chunks with running checksums.
struct ContentWriter {
    private var chunks: [[UInt8]] = []
    private var current: [UInt8] = []
    private var checksum = RowChecksum()

    /// Bytes of the largest chunk, its checksum included.
    static let chunkBytes = 1 << 20
    /// The checksum at the end of each chunk, over it and all before it.
    static let checksumBytes = 8
    private static let varintBytesMax = 10

    private let expectedBytes: Int

    /// Begins with nothing.
    ///
    /// - Parameter expectedBytes: memory to begin a chunk with.
    init(expectedBytes: Int = ContentWriter.chunkBytes) {
        self.expectedBytes = min(max(0, expectedBytes), Self.chunkBytes)
        begin()
    }

    private mutating func begin() {
        current = []
        current.reserveCapacity(expectedBytes)
    }

    private var room: Int { Self.chunkBytes - Self.checksumBytes - current.count }

    private mutating func close() {
        checksum.combine(current)
        let sum = checksum.result
        for shift in stride(from: UInt64(0), to: 64, by: 8) { current.append(UInt8(truncatingIfNeeded: sum >> shift)) }
        chunks.append(current)
        begin()
    }

    /// Seven bits a byte, the lowest first.
    mutating func append(_ number: UInt64) {
        if room < Self.varintBytesMax { close() }
        var rest = number
        while rest >= 0x80 {
            current.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        current.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Small magnitudes in few bytes, whatever their sign.
    mutating func append(signed number: Int64) {
        append(UInt64(bitPattern: number << 1 ^ number >> 63))
    }

    /// The bytes after their number.
    mutating func append(_ bytes: [UInt8]) {
        append(UInt64(bytes.count))
        var rest = bytes[...]
        while !rest.isEmpty {
            if room == 0 { close() }
            let piece = rest.prefix(room)
            current.append(contentsOf: piece)
            rest = rest.dropFirst(piece.count)
        }
    }

    mutating func append(_ text: String) { append(Array(text.utf8)) }

    mutating func append(_ flag: Bool) { append(flag ? 1 : 0 as UInt64) }

    mutating func append<Number>(optional number: Number?, _ body: (inout ContentWriter, Number) -> Void) {
        append(number != nil)
        if let number { body(&self, number) }
    }

    /// Ends the last chunk and gives all.
    mutating func finish() -> [[UInt8]] {
        close()
        return chunks
    }
}
