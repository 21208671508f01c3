import Journal
import Migrations

/// Reads what `ContentWriter` wrote; anything else is an error, never a trap.
struct ContentReader {
    private let bytes: [UInt8]
    private var position = 0

    /// Joins chunks after their checksums were compared.
    init(_ chunks: [[UInt8]]) throws(JournalError) {
        var (joined, checksum): ([UInt8], RowChecksum) = ([], RowChecksum())
        joined.reserveCapacity(chunks.reduce(0) { $0 + $1.count })
        for (index, chunk) in chunks.enumerated() {
            guard chunk.count >= ContentWriter.checksumBytes, chunk.count <= ContentWriter.chunkBytes else {
                throw Self.damaged("chunk \(index) has \(chunk.count) bytes")
            }
            checksum.combine(chunk.dropLast(ContentWriter.checksumBytes))
            var sum: UInt64 = 0
            for byte in chunk.suffix(ContentWriter.checksumBytes).reversed() { sum = sum << 8 | UInt64(byte) }
            guard sum == checksum.result else { throw Self.damaged("the checksum of chunk \(index) doesn't match") }
            joined.append(contentsOf: chunk.dropLast(ContentWriter.checksumBytes))
        }
        bytes = joined
    }

    static func damaged(_ reason: String) -> JournalError {
        JournalError(.corrupt, "the checkpoint can't be read: \(reason)")
    }

    /// True when everything was read.
    var isAtEnd: Bool { position == bytes.count }

    private mutating func byte() throws(JournalError) -> UInt8 {
        guard position < bytes.count else { throw Self.damaged("it ends too early") }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func number() throws(JournalError) -> UInt64 {
        var (number, shift): (UInt64, UInt64) = (0, 0)
        while true {
            let byte = try byte()
            let part = UInt64(byte & 0x7f)
            guard shift < 63 || (shift == 63 && part <= 1) else { throw Self.damaged("a number is too large") }
            number |= part << shift
            guard byte >= 0x80 else { return number }
            shift += 7
        }
    }

    /// A number that SQLite can hold.
    mutating func unsigned() throws(JournalError) -> UInt64 {
        let number = try number()
        guard number <= UInt64(Int64.max) else { throw Self.damaged("a number is too large") }
        return number
    }

    mutating func signed() throws(JournalError) -> Int64 {
        let number = try number()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    mutating func data() throws(JournalError) -> [UInt8] {
        let count = try number()
        guard count <= UInt64(bytes.count - position) else { throw Self.damaged("it ends too early") }
        defer { position += Int(count) }
        return Array(bytes[position..<(position + Int(count))])
    }

    mutating func text() throws(JournalError) -> String { String(decoding: try data(), as: UTF8.self) }

    mutating func flag() throws(JournalError) -> Bool {
        switch try byte() {
        case 0: return false
        case 1: return true
        default: throw Self.damaged("a flag is neither 0 nor 1")
        }
    }

    mutating func optional<Value>(
        _ body: (inout ContentReader) throws(JournalError) -> Value
    ) throws(JournalError) -> Value? {
        try flag() ? try body(&self) : nil
    }

    mutating func cursor() throws(JournalError) -> Cursor {
        Cursor(lineage: try unsigned(), sequence: try unsigned())
    }
}
