import GRDB
import Migrations

/// The journal's rows in the file: reading, and mapping of cursors to row numbers.
public struct JournalTable: Sendable {
    /// Runs of rows without a gap, in order of their rows.
    public private(set) var spans: [Span]
    /// The newest checkpoint that came from elsewhere; nil when the file's own journal made its state.
    public private(set) var base: Base?

    /// Rows of one lineage, each at `firstRow + sequence - firstSequence`.
    public struct Span: Sendable, Equatable {
        /// The lineage.
        public let lineage: UInt64
        /// The sequence of the first row; 0 where the span begins with the lineage's opening.
        public let firstSequence: UInt64
        /// The row of that sequence.
        public let firstRow: Int64
        /// Why the lineage was opened; `adopted` or `continued` for a span that follows a checkpoint from elsewhere.
        public let reason: String
        /// When the span began, in milliseconds since 1970.
        public let openedAt: Int64

        /// The place of the first row.
        public var first: Cursor { Cursor(lineage: lineage, sequence: firstSequence) }
        /// False when entries may be missing between the row before and the first one.
        public var followsOn: Bool {
            switch reason {
            case Self.adopted: false
            case Self.continued: true
            default: firstSequence == 0
            }
        }

        /// Follows a checkpoint from elsewhere; what is between the row before and that is missing.
        static let adopted = "adopted"
        /// Follows a checkpoint from elsewhere that includes just what the row before does.
        static let continued = "continued"
    }

    /// A checkpoint that came from elsewhere: what was before it isn't in the rows.
    public struct Base: Sendable, Equatable {
        /// The number of the first row after it, there or yet to come. Row numbers are never used again.
        public let row: Int64
        /// What the checkpoint includes.
        public let after: Cursor
    }

    /// Reads the table of spans.
    public init(_ db: Database) throws {
        let statement = try RawStatement(
            db, "SELECT lineage, first_sequence, first_row, reason, opened_at FROM lineage ORDER BY first_row")
        var spans: [Span] = []
        while try statement.step() {
            spans.append(
                Span(
                    lineage: statement.unsigned(0), firstSequence: statement.unsigned(1), firstRow: statement.int64(2),
                    reason: statement.text(3), openedAt: statement.int64(4)))
        }
        self.spans = spans
        base = try Base(db)
    }

    /// Notes a span that begins after all others.
    mutating func open(_ span: Span) { spans.append(span) }

    /// The row number of a cursor; nil when it is in no span.
    public func row(of cursor: Cursor) -> Int64? {
        guard let index = spans.lastIndex(where: { $0.lineage == cursor.lineage && $0.first <= cursor }) else {
            return nil
        }
        let (steps, isBefore) = cursor.sequence.subtractingReportingOverflow(spans[index].firstSequence)
        let (row, overflow) = spans[index].firstRow.addingReportingOverflow(Int64(clamping: steps))
        return isBefore || overflow || row >= end(ofSpan: index) ? nil : row
    }

    /// The first row after a cursor, also when there is nothing at the cursor: then the first row of a later span.
    public func rowAfter(_ cursor: Cursor) -> Int64 {
        row(of: cursor).map { $0 == .max ? $0 : $0 + 1 } ?? firstRow(behind: cursor)
    }

    /// The row of a cursor, or else the first row of a later span.
    public func row(atOrAfter cursor: Cursor) -> Int64 { row(of: cursor) ?? firstRow(behind: cursor) }

    /// Where the rows of a span end, because the next begin: a lost tail leaves row numbers that the next lineage uses again.
    func end(ofSpan index: Int) -> Int64 {
        let next = spans.indices.contains(index + 1) ? spans[index + 1].firstRow : Int64.max
        guard let base, base.row > spans[index].firstRow else { return next }
        return min(next, base.row)
    }

    private func firstRow(behind cursor: Cursor) -> Int64 {
        if let span = spans.first(where: { $0.first > cursor }) { return span.firstRow }
        guard let base, base.after >= cursor, spans.allSatisfy({ $0.firstRow < base.row }) else { return .max }
        return base.row
    }

    /// The newest row with its number and checksum; nil when the table is empty.
    public static func newest(_ db: Database) throws -> (number: Int64, cursor: Cursor, checksum: UInt64)? {
        let statement = try RawStatement(
            db, "SELECT row, lineage, sequence, checksum FROM journal ORDER BY row DESC LIMIT 1")
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        let cursor = Cursor(lineage: statement.unsigned(1), sequence: statement.unsigned(2))
        return (statement.int64(0), cursor, statement.bits(3))
    }

    /// The checksum that the row at a cursor carries, nil when there is none.
    func checksum(_ db: Database, at cursor: Cursor) throws -> UInt64? {
        guard let number = row(of: cursor) else { return nil }
        let statement = try RawStatement(db, "SELECT checksum FROM journal WHERE row = ?")
        try statement.bind(number, at: 0)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        return statement.bits(0)
    }

    /// Inserts rows at consecutive row numbers; returns the last one's checksum and the cost of all.
    static func insert(_ db: Database, _ rows: [JournalRow], from number: Int64) throws -> (
        checksum: UInt64, bytes: Int
    ) {
        let statement = try RawStatement(
            db, "INSERT INTO journal(row, \(StoredRow.columns)) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)")
        var written: (checksum: UInt64, bytes: Int) = (0, 0)
        for (index, row) in rows.enumerated() {
            let stored = StoredRow(row)
            written.checksum = stored.checksum
            written.bytes += stored.sizeBytes
            try statement.bind(number + Int64(index), at: 0)
            try stored.bind(to: statement, checksum: written.checksum)
            try statement.run()
        }
        return written
    }

    /// Inserts a span.
    static func insert(_ db: Database, _ span: Span) throws {
        try db.execute(
            sql: "INSERT INTO lineage(lineage, first_sequence, first_row, reason, opened_at) VALUES (?, ?, ?, ?, ?)",
            arguments: [
                Int64(clamping: span.lineage), Int64(clamping: span.firstSequence), span.firstRow, span.reason,
                span.openedAt,
            ])
    }

    /// Rows from a row number on, up to another one where that is named, oldest first, each verified.
    ///
    /// - Errors: `StorageError.corrupt` when a row is damaged or one is missing between two.
    public static func rows(
        _ db: Database, from number: Int64, before end: Int64 = .max, limit: Int
    ) throws -> [JournalRow] {
        let statement = try RawStatement(
            db, "SELECT row, \(StoredRow.columns) FROM journal WHERE row >= ? AND row < ? ORDER BY row LIMIT ?")
        try statement.bind(number, at: 0)
        try statement.bind(end, at: 1)
        try statement.bind(Int64(limit), at: 2)
        defer { statement.reset() }
        var rows: [JournalRow] = []
        var expected: Int64?
        while try statement.step() {
            let number = statement.int64(0)
            if let expected, expected != number, try !beginsAfterCheckpoint(db, row: number) {
                throw StorageError(.corrupt, "row \(expected) of the journal is missing")
            }
            expected = number &+ 1
            rows.append(try StoredRow(verifying: statement).journalRow())
        }
        return rows
    }

    /// True for the first row after a checkpoint from elsewhere: rows before it may have been given up.
    static func beginsAfterCheckpoint(_ db: Database, row: Int64) throws -> Bool {
        let statement = try RawStatement(db, "SELECT 1 FROM lineage WHERE first_row = ? AND reason = ?")
        try statement.bind(row, at: 0)
        try statement.bind(Span.adopted, at: 1)
        defer { statement.reset() }
        return try statement.step()
    }
}

extension JournalTable.Base {
    private static let rowKey = "base_row"
    private static let cursorKey = "base_cursor"
    /// The first row after the checkpoint as SQL; 0 when there is none.
    static let rowSQL = "coalesce((SELECT value FROM meta WHERE key = '\(rowKey)'), 0)"

    init?(_ db: Database) throws {
        let statement = try RawStatement(
            db,
            """
            SELECT (SELECT value FROM meta WHERE key = '\(Self.rowKey)'),
              (SELECT value FROM meta WHERE key = '\(Self.cursorKey)')
            """)
        guard try statement.step() else { return nil }
        defer { statement.reset() }
        guard !statement.isNull(0), let after = Cursor(statement.text(1)) else { return nil }
        self.init(row: statement.int64(0), after: after)
    }

    func store(_ db: Database) throws {
        try db.execute(
            sql: """
                INSERT INTO meta(key, value) VALUES (?, ?), (?, ?)
                ON CONFLICT(key) DO UPDATE SET value = excluded.value
                """,
            arguments: [Self.rowKey, row, Self.cursorKey, after.description])
    }
}
