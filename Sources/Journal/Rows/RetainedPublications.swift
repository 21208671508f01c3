import GRDB
import Migrations

/// Reads which publications of a file recovery may use, without their bodies.
public struct RetainedPublications {
    private let statements: [RawStatement]
    private let first: Cursor

    /// How far back the shared journal keeps entries.
    public struct Retention: Sendable, Equatable {
        /// Milliseconds before the journal's time.
        public var milliseconds: Int64
        /// Cost of all entries.
        public var bytesMax: Int

        /// Makes a retention of its parts.
        public init(milliseconds: Int64, bytesMax: Int) {
            self.milliseconds = milliseconds
            self.bytesMax = bytesMax
        }
    }

    /// Looks at one snapshot.
    ///
    /// - Parameter time: entries with a time before it don't count.
    public init(_ db: Database, before time: Int64, bytesMax: Int) throws {
        first = try Self.first(db, before: time, excess: try JournalSize.load(db) - bytesMax)
        var statements: [RawStatement] = []
        if try !WindowTable.isEmpty(db) {
            statements.append(
                try RawStatement(
                    db,
                    """
                    SELECT lineage, sequence, offset, version FROM window
                    WHERE channel = ? AND epoch = ? AND offset > ? ORDER BY offset
                    """))
        }
        statements.append(
            try RawStatement(
                db,
                """
                SELECT lineage, sequence, offset, version FROM journal
                WHERE channel = ? AND epoch = ? AND offset > ? AND offset IS NOT NULL
                  AND row >= \(JournalTable.Base.rowSQL) ORDER BY offset
                """))
        self.statements = statements
    }

    /// The publications of a numbering above an offset, ascending and contiguous up to its top; fewer where rows are missing.
    public func publications(
        of channel: String, epoch: Cursor, above: UInt64, top: UInt64
    ) throws -> [JournalAdoption.Retained] {
        guard above < top else { return [] }
        var found: [JournalAdoption.Retained] = []
        for statement in statements {
            try statement.bind(channel, at: 0)
            try statement.bind(epoch.description, at: 1)
            try statement.bind(Int64(clamping: above), at: 2)
            while try statement.step() {
                let cursor = Cursor(lineage: statement.unsigned(0), sequence: statement.unsigned(1))
                let offset = statement.unsigned(2)
                if cursor < first || (found.last.map { offset != $0.offset &+ 1 } ?? false) { found = [] }
                guard cursor >= first else { continue }
                found.append(
                    JournalAdoption.Retained(
                        cursor: cursor, offset: offset, version: statement.isNull(3) ? nil : statement.unsigned(3)))
            }
        }
        return found.last?.offset == top ? found : []
    }

    /// The first entry that the retention keeps: walks over what it doesn't, the oldest first.
    private static func first(_ db: Database, before time: Int64, excess: Int) throws -> Cursor {
        var (last, freed): (Cursor?, Int) = (nil, 0)
        for source in [
            "journal WHERE row < \(JournalTable.Base.rowSQL) ORDER BY row", "window ORDER BY lineage, sequence",
            "journal WHERE row >= \(JournalTable.Base.rowSQL) ORDER BY row",
        ] {
            let statement = try RawStatement(
                db, "SELECT lineage, sequence, time, \(JournalTable.textBytes) FROM \(source)")
            defer { statement.reset() }
            while try statement.step() {
                guard statement.int64(2) < time || freed < excess else { return last?.next ?? .start }
                freed += Int(statement.int64(3)) + JournalLimits.rowOverheadBytes
                let cursor = Cursor(lineage: statement.unsigned(0), sequence: statement.unsigned(1))
                last = max(last ?? cursor, cursor)
            }
        }
        return last?.next ?? .start
    }
}
