import GRDB
import Migrations

/// The journal's rows in the file: reading, mapping of cursors, trimming.
public struct JournalTable: Sendable {
    /// Where each lineage's rows begin; ascending.
    public private(set) var lineages: [Span]

    /// The rows of one lineage: `firstRow + sequence`.
    public struct Span: Sendable, Equatable {
        /// The lineage.
        public let lineage: UInt64
        /// The row of its sequence 0.
        public let firstRow: Int64
        /// Why it was opened.
        public let reason: String
        /// When it was opened, in milliseconds since 1970.
        public let openedAt: Int64
    }

    /// Reads the table of lineages.
    public init(_ db: Database) throws {
        let statement = try RawStatement(
            db, "SELECT lineage, first_row, reason, opened_at FROM lineage ORDER BY lineage")
        var spans: [Span] = []
        while try statement.step() {
            spans.append(
                Span(
                    lineage: statement.unsigned(0), firstRow: statement.int64(1), reason: statement.text(2),
                    openedAt: statement.int64(3)))
        }
        lineages = spans
    }

    /// Notes a lineage that begins at a row.
    mutating func open(_ span: Span) { lineages.append(span) }

    /// The row number of a cursor; nil when its lineage is unknown, or ended before it.
    public func row(of cursor: Cursor) -> Int64? {
        guard let span = lineages.last(where: { $0.lineage == cursor.lineage }) else { return nil }
        let (row, overflow) = span.firstRow.addingReportingOverflow(Int64(clamping: cursor.sequence))
        let end = firstRow(ofLineageAfter: cursor)
        return overflow || row >= end ? nil : row
    }

    /// The first row after a cursor, also when there is nothing at the cursor: then the first row of a later lineage.
    public func rowAfter(_ cursor: Cursor) -> Int64 {
        if let row = row(of: cursor) { return row + 1 }
        return firstRow(ofLineageAfter: cursor)
    }

    /// Where a lineage ends, because the next begins: a lost tail leaves row numbers that the next lineage uses again.
    private func firstRow(ofLineageAfter cursor: Cursor) -> Int64 {
        lineages.first { $0.lineage > cursor.lineage }?.firstRow ?? Int64.max
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

    /// Rows from a row number on, oldest first, each verified.
    ///
    /// - Errors: `StorageError.corrupt` when a row is damaged or one is missing between two.
    public static func rows(_ db: Database, from number: Int64, limit: Int) throws -> [JournalRow] {
        let statement = try RawStatement(
            db, "SELECT row, \(StoredRow.columns) FROM journal WHERE row >= ? ORDER BY row LIMIT ?")
        try statement.bind(number, at: 0)
        try statement.bind(Int64(limit), at: 1)
        defer { statement.reset() }
        var rows: [JournalRow] = []
        var expected: Int64?
        while try statement.step() {
            let number = statement.int64(0)
            if let expected, expected != number {
                throw StorageError(.corrupt, "row \(expected) of the journal is missing")
            }
            expected = number &+ 1
            rows.append(try StoredRow(verifying: statement).journalRow())
        }
        return rows
    }

    /// The retained publications of one numbering of a channel, in order, each verified.
    public static func publications(
        _ db: Database, channel: String, epoch: Cursor, offsets: ClosedRange<UInt64>, limit: Int
    ) throws -> [JournalRow] {
        let statement = try RawStatement(
            db,
            """
            SELECT row, \(StoredRow.columns) FROM journal
            WHERE channel = ? AND epoch = ? AND offset >= ? AND offset <= ? AND offset IS NOT NULL ORDER BY offset LIMIT ?
            """)
        try statement.bind(channel, at: 0)
        try statement.bind(epoch.description, at: 1)
        try statement.bind(Int64(clamping: offsets.lowerBound), at: 2)
        try statement.bind(Int64(clamping: offsets.upperBound), at: 3)
        try statement.bind(Int64(limit), at: 4)
        defer { statement.reset() }
        var rows: [JournalRow] = []
        while try statement.step() { rows.append(try StoredRow(verifying: statement).journalRow()) }
        return rows
    }
}
