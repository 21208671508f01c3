import GRDB
import Migrations

/// Publications from before an adopted checkpoint that recovery may use: entries whose neighbours aren't in the file.
///
/// - Guarantee: contiguous per channel up to where the rows of the journal go on.
enum WindowTable {
    /// True when there are none, as in every file that adopted no checkpoint.
    static func isEmpty(_ db: Database) throws -> Bool {
        let statement = try RawStatement(db, "SELECT 1 FROM window LIMIT 1")
        defer { statement.reset() }
        return try !statement.step()
    }

    /// The cost of all.
    static func sizeBytes(_ db: Database) throws -> Int {
        let statement = try RawStatement(
            db, "SELECT count(*), coalesce(sum(\(JournalTable.textBytes)), 0) FROM window")
        guard try statement.step() else { return 0 }
        defer { statement.reset() }
        return Int(statement.int64(0)) * JournalLimits.rowOverheadBytes + Int(statement.int64(1))
    }

    /// Adds a publication, in the place of one that can't be read.
    static func insert(_ db: Database, _ row: StoredRow) throws {
        let statement = try RawStatement(
            db, "INSERT OR REPLACE INTO window(id, \(StoredRow.columns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        try statement.bind(nil as Int64?, at: 0)
        try row.bind(to: statement, checksum: row.checksum)
        try statement.run()
    }

    /// Deletes a chunk of the oldest while they are too old, or too large.
    static func trim(_ db: Database, before time: Int64, excessBytes: Int) throws -> (rows: Int, bytes: Int) {
        let statement = try RawStatement(
            db,
            """
            SELECT id, time, \(JournalTable.textBytes) FROM window ORDER BY lineage, sequence LIMIT ?
            """)
        try statement.bind(Int64(JournalLimits.trimChunkRows), at: 0)
        var (ids, bytes): ([Int64], Int) = ([], 0)
        while try statement.step() {
            guard statement.int64(1) < time || bytes < excessBytes else { break }
            ids.append(statement.int64(0))
            bytes += Int(statement.int64(2)) + JournalLimits.rowOverheadBytes
        }
        statement.reset()
        let delete = try RawStatement(db, "DELETE FROM window WHERE id = ?")
        for id in ids {
            try delete.bind(id, at: 0)
            try delete.run()
        }
        return (ids.count, bytes)
    }
}

extension JournalTable {
    /// The retained publications of one numbering of a channel, in order, each verified.
    public static func publications(
        _ db: Database, channel: String, epoch: Cursor, offsets: ClosedRange<UInt64>, limit: Int
    ) throws -> [JournalRow] {
        // Everything in the window is older than the rows after the checkpoint, so that one comes after the other.
        var rows: [JournalRow] = []
        for source in [Source.window, .journal] where rows.count < limit {
            let statement = try RawStatement(db, source.sql)
            try statement.bind(channel, at: 0)
            try statement.bind(epoch.description, at: 1)
            try statement.bind(Int64(clamping: offsets.lowerBound), at: 2)
            try statement.bind(Int64(clamping: offsets.upperBound), at: 3)
            try statement.bind(Int64(limit - rows.count), at: 4)
            defer { statement.reset() }
            while try statement.step() { rows.append(try StoredRow(verifying: statement).journalRow()) }
        }
        return rows
    }

    private enum Source {
        case window, journal

        var sql: String {
            switch self {
            case .window:
                """
                SELECT id, \(StoredRow.columns) FROM window
                WHERE channel = ? AND epoch = ? AND offset >= ? AND offset <= ? ORDER BY offset LIMIT ?
                """
            case .journal:
                """
                SELECT row, \(StoredRow.columns) FROM journal
                WHERE channel = ? AND epoch = ? AND offset >= ? AND offset <= ? AND offset IS NOT NULL
                  AND row >= \(Base.rowSQL) ORDER BY offset LIMIT ?
                """
            }
        }
    }
}
