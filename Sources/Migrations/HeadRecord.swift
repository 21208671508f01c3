/// What the newest durable row of the journal was, and how it was made durable.
///
/// SQLite heals a damaged write-ahead log without a word, so the log alone can't say that its tail is gone. This record,
/// kept in a file of its own, can.
///
/// - Source: DESIGN section 2, "Embedded".
public struct HeadRecord: Sendable, Equatable {
    /// The durability that the writing process ran with.
    public enum Durability: UInt8, Sendable { case disk = 1, os = 2 }

    /// The lineage of the newest durable row.
    public var lineage: UInt64
    /// Its place in the lineage.
    public var sequence: UInt64
    /// The row's own checksum.
    public var checksum: UInt64
    /// What the writing process promised.
    public var durability: Durability
    /// The kernel's boot id: the same id means that only the process died and the page cache survived.
    public var bootID: String
    /// Set as the last act of a clean stop.
    public var isClean: Bool

    /// Makes a record of its parts.
    public init(
        lineage: UInt64, sequence: UInt64, checksum: UInt64, durability: Durability, bootID: String, isClean: Bool
    ) {
        self.lineage = lineage
        self.sequence = sequence
        self.checksum = checksum
        self.durability = durability
        self.bootID = bootID
        self.isClean = isClean
    }

    /// Bytes of one slot. Small enough that a sector write either happens or doesn't; the checksum covers the rest.
    package static let slotBytes = 128
    private static let magic: UInt64 = 0x414e_5445_4845_4144  // "ANTEHEAD"
    private static let bootIDBytesMax = 64

    /// The record as one slot; `generation` tells the newer of two slots.
    package func encoded(generation: UInt64) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.slotBytes)
        for word in [Self.magic, generation, lineage, sequence, checksum] { bytes.appendWord(word) }
        bytes.append(durability.rawValue)
        bytes.append(isClean ? 1 : 0)
        let boot = Array(bootID.utf8.prefix(Self.bootIDBytesMax))
        bytes.append(UInt8(boot.count))
        bytes.append(contentsOf: boot)
        bytes.append(contentsOf: repeatElement(0, count: Self.slotBytes - 8 - bytes.count))
        bytes.appendWord(RowChecksum.of(bytes))
        return bytes
    }

    /// Reads a slot; nil when it is short, foreign or damaged.
    package static func decode(_ slot: ArraySlice<UInt8>) -> (record: HeadRecord, generation: UInt64)? {
        let bytes = Array(slot)
        guard bytes.count == slotBytes, bytes.word(at: 0) == magic,
            bytes.word(at: slotBytes - 8) == RowChecksum.of(bytes[..<(slotBytes - 8)]),
            let durability = Durability(rawValue: bytes[40])
        else { return nil }
        let bootBytes = Int(min(bytes[42], UInt8(bootIDBytesMax)))
        let record = HeadRecord(
            lineage: bytes.word(at: 16), sequence: bytes.word(at: 24), checksum: bytes.word(at: 32),
            durability: durability, bootID: String(decoding: bytes[43..<(43 + bootBytes)], as: UTF8.self),
            isClean: bytes[41] == 1)
        return (record, bytes.word(at: 8))
    }
}

extension [UInt8] {
    /// Appends a word, least significant byte first.
    package mutating func appendWord(_ word: UInt64) {
        for shift in stride(from: UInt64(0), to: 64, by: 8) { append(UInt8(truncatingIfNeeded: word >> shift)) }
    }

    /// The word at a byte index, least significant byte first; zero past the end.
    package func word(at index: Int) -> UInt64 {
        var word: UInt64 = 0
        for step in 0..<8 where index + step < count { word |= UInt64(self[index + step]) << UInt64(8 * step) }
        return word
    }
}
