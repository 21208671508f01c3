import GRDB
import Migrations

extension JournalTable {
    /// Which of the oldest rows may go in one step.
    struct TrimPlan {
        var rows = 0
        var bytes = 0
        var lastRow: Int64 = 0
    }

    /// The variable part of a row's cost, as SQL.
    static let textBytes = "length(CAST(channel AS BLOB)) + length(header) + length(body)"

    /// Walks from the oldest row while rows are too old, or the table is too large.
    static func trimPlan(
        _ db: Database, before time: Int64, excessBytes: Int, throughRow: Int64
    ) throws -> TrimPlan {
        let statement = try RawStatement(
            db,
            """
            SELECT row, time, \(textBytes) FROM journal
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

/// The cost of the journal's rows, remembered in the file so that a start need not read them all.
public enum JournalSize {
    private static let bytesKey = "journal_bytes"
    private static let rowKey = "journal_bytes_row"

    /// The cost of all rows: what was remembered, and the rows written since.
    static func load(_ db: Database) throws -> Int {
        let remembered = try Int.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [bytesKey]) ?? 0
        let through = try Int64.fetchOne(db, sql: "SELECT value FROM meta WHERE key = ?", arguments: [rowKey]) ?? 0
        let statement = try RawStatement(
            db, "SELECT count(*), coalesce(sum(\(JournalTable.textBytes)), 0) FROM journal WHERE row > ?")
        try statement.bind(through, at: 0)
        guard try statement.step() else { return remembered }
        defer { statement.reset() }
        return remembered + Int(statement.int64(0)) * JournalLimits.rowOverheadBytes + Int(statement.int64(1))
    }

    /// Remembers the cost of all rows that are in the table now.
    public static func store(_ db: Database, _ bytes: Int) throws {
        let newest = try JournalTable.newest(db)?.number ?? 0
        for (key, value) in [(bytesKey, Int64(bytes)), (rowKey, newest)] {
            try db.execute(
                sql: "INSERT INTO meta(key, value) VALUES (?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
                arguments: [key, value])
        }
    }
}
