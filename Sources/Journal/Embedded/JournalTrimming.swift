import GRDB
import Migrations

extension JournalTable {
    /// Which of the oldest rows may go in one step.
    struct TrimPlan {
        var rows = 0
        var bytes = 0
        var lastRow: Int64 = 0
    }

    /// Walks from the oldest row while rows are too old, or the table is too large.
    static func trimPlan(
        _ db: Database, before time: Int64, excessBytes: Int, throughRow: Int64
    ) throws -> TrimPlan {
        let statement = try RawStatement(
            db,
            """
            SELECT row, time, length(CAST(channel AS BLOB)) + length(header) + length(body) FROM journal
            WHERE row <= ? ORDER BY row LIMIT ?
            """)
        try statement.bind(throughRow, at: 0)
        try statement.bind(Int64(JournalLimits.trimChunkRows), at: 1)
        defer { statement.reset() }
        var plan = TrimPlan()
        while try statement.step() {
            guard statement.int64(1) < time || plan.bytes < excessBytes else { break }
            plan.rows += 1
            plan.bytes += Int(statement.int64(2)) + JournalLimits.rowOverheadBytes
            plan.lastRow = statement.int64(0)
        }
        return plan
    }

    /// Deletes all rows up to a row number.
    static func delete(_ db: Database, through number: Int64) throws {
        let statement = try RawStatement(db, "DELETE FROM journal WHERE row <= ?")
        try statement.bind(number, at: 0)
        try statement.run()
    }
}

/// The cost of the journal's rows, remembered with the checkpoint so that a start need not read them all.
public enum JournalSize {
    private static let key = "journal_bytes"

    /// The remembered cost; 0 when none was stored. Rows written after the last checkpoint are missing from it, at most
    /// one flush interval's worth, until the next full count of `anteroom check`.
    static func load(_ db: Database) throws -> Int {
        try Int.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [key]) ?? 0
    }

    /// Remembers the cost; part of the checkpoint's transaction.
    public static func store(_ db: Database, _ bytes: Int) throws {
        try db.execute(
            sql: "INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            arguments: [key, bytes])
    }
}
