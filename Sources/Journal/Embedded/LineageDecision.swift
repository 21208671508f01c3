import Migrations

/// Decides at start whether the file still holds everything that was ever acknowledged.
///
/// - Guarantee: `.keep` only if the log holds the recorded row with the recorded checksum, reaches at least as far, and no
///   power cut can have taken rows that were acknowledged but not forced to the disk. Anything else opens a new lineage,
///   so that every old position is told apart.
/// - Source: DESIGN section 2, "Embedded".
public enum LineageDecision: Equatable, Sendable {
    case keep
    case open(OpeningReason)

    /// Why a lineage is opened; journaled, logged and shown by `anteroom check`.
    public enum OpeningReason: String, Sendable {
        case newFile = "new-file"
        /// The log has rows, but nothing says up to where they were acknowledged.
        case recordMissing = "record-missing"
        /// The recorded row isn't in the log, or has another content.
        case tailLost = "tail-lost"
        /// Durability `os`, and the machine was restarted without a clean stop.
        case powerCut = "power-cut"
        /// The newest rows are copies of a journal that lives in Redis, and may have gone on without this node.
        case leftFleet = "left-fleet"
    }

    /// - Parameters:
    ///   - home: where the journal of the newest rows lives; nil when the file doesn't say.
    ///   - record: the head record beside the file; nil when missing or unreadable.
    ///   - head: the newest row of the log; nil when the log is empty.
    ///   - checksumAtRecord: the checksum of the row that the record names; nil when there is no such row.
    ///   - bootID: the kernel's identity of this boot, empty when unknown.
    public static func decide(
        home: JournalHome? = nil, record: HeadRecord?, head: Cursor?, checksumAtRecord: UInt64?, bootID: String
    ) -> LineageDecision {
        guard home != .shared else { return .open(.leftFleet) }
        guard let head else { return .open(record == nil ? .newFile : .tailLost) }
        guard let record else { return .open(.recordMissing) }
        let recorded = Cursor(lineage: record.lineage, sequence: record.sequence)
        guard recorded <= head, checksumAtRecord == record.checksum else { return .open(.tailLost) }
        let sameBoot = !bootID.isEmpty && record.bootID == bootID
        guard record.isClean || record.durability == .disk || sameBoot else { return .open(.powerCut) }
        return .keep
    }
}
