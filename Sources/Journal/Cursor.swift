/// The place of an entry in the journal.
///
/// - Units: sequences are contiguous inside a lineage; 0 is the entry that opened it.
/// - Bounds: both fit in an `Int64`, because SQLite has no larger integer.
public struct Cursor: Hashable, Comparable, Sendable, LosslessStringConvertible {
    /// One unbroken run of the journal; a growing number from 1.
    public let lineage: UInt64
    /// The place inside the lineage.
    public let sequence: UInt64

    /// Before every entry.
    public static let start = Cursor(lineage: 0, sequence: 0)

    /// Names a place; nothing needs to be there.
    public init(lineage: UInt64, sequence: UInt64) {
        self.lineage = lineage
        self.sequence = sequence
    }

    /// Reads `lineage.sequence`.
    public init?(_ description: String) {
        let parts = description.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let lineage = Int64(parts[0]), let sequence = Int64(parts[1]), lineage >= 0,
            sequence >= 0
        else { return nil }
        self.init(lineage: UInt64(lineage), sequence: UInt64(sequence))
        // One spelling for each place: signs and leading zeros are refused.
        guard self.description == description else { return nil }
    }

    public var description: String { "\(lineage).\(sequence)" }

    /// The place after this one in the same lineage.
    public var next: Cursor { Cursor(lineage: lineage, sequence: sequence &+ 1) }

    public static func < (left: Cursor, right: Cursor) -> Bool {
        (left.lineage, left.sequence) < (right.lineage, right.sequence)
    }
}
