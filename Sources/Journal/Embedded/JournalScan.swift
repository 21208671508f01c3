import GRDB
import Migrations

/// What one pass over all rows of the journal found.
///
/// - Bounds: counts, and the first few faults of each kind; a row is looked at and let go.
public struct JournalScan: Sendable {
    /// Faults of one kind: how many, and the first of them in words.
    public struct Faults: Sendable, Equatable {
        /// How many there are.
        public private(set) var count = 0
        /// The first few, in words.
        public private(set) var first: [String] = []

        private static let shownMax = 3

        /// None yet.
        public init() {}

        /// Notes one.
        public mutating func note(_ text: @autoclosure () -> String) {
            count += 1
            if first.count < Self.shownMax { first.append(text()) }
        }
    }

    /// All rows.
    public private(set) var rows = 0
    /// Rows of entries that changed nothing.
    public private(set) var refused = 0
    /// Their cost, as retention counts it.
    public private(set) var sizeBytes = 0
    /// The first entry; nil when there is none.
    public private(set) var oldest: Cursor?
    /// The last entry; nil when there is none.
    public private(set) var newest: Cursor?
    /// Rows whose checksum doesn't match, or that say something unknown.
    public private(set) var damaged = Faults()
    /// Missing rows, and cursors that don't follow each other.
    public private(set) var order = Faults()
    /// Rows that don't lie where the table of lineages says.
    public private(set) var lineages = Faults()

    private let table: JournalTable
    private var lastRow: Int64?

    /// Reads every row.
    public init(_ db: Database) throws {
        table = try JournalTable(db)
        checkLineages()
        let statement = try RawStatement(db, "SELECT row, \(StoredRow.columns) FROM journal ORDER BY row")
        defer { statement.reset() }
        while try statement.step() { take(statement) }
    }

    /// How many runs of rows without a gap there are.
    public var spanCount: Int { table.spans.count }

    private mutating func checkLineages() {
        for (earlier, later) in zip(table.spans, table.spans.dropFirst())
        where later.firstRow <= earlier.firstRow || later.first <= earlier.first {
            lineages.note(
                "the span from \(later.first) at row \(later.firstRow) is before the one from \(earlier.first)")
        }
        if let base = table.base, let span = table.spans.first(where: { $0.firstRow >= base.row }),
            span.firstRow != base.row || (span.first != base.after.next && span.firstSequence != 0)
        {
            lineages.note("the span from \(span.first) doesn't follow the adopted checkpoint at \(base.after)")
        }
    }

    private mutating func take(_ statement: RawStatement) {
        let number = statement.int64(0)
        let cursor = Cursor(lineage: statement.unsigned(1), sequence: statement.unsigned(2))
        rows += 1
        do throws(StorageError) {
            let stored = try StoredRow(verifying: statement)
            sizeBytes += stored.sizeBytes
            let row = try stored.journalRow()
            if row.outcome.refusal != nil { refused += 1 }
            if row.outcome.offset != nil, row.outcome.epoch == nil {
                damaged.note("entry \(cursor) has an offset, but no epoch")
            }
        } catch { damaged.note(error.message) }
        follow(number, cursor)
        if oldest == nil { oldest = cursor }
        (newest, lastRow) = (cursor, number)
    }

    private mutating func follow(_ number: Int64, _ cursor: Cursor) {
        let span = table.spans.last { $0.firstRow <= number }
        if let lastRow, let newest {
            let beginsSpan = span?.firstRow == number && span?.followsOn == false
            if number != lastRow + 1, !beginsSpan {
                let missing = number - lastRow - 1
                order.note("\(missing) \(missing == 1 ? "row is" : "rows are") missing between \(newest) and \(cursor)")
            } else if beginsSpan ? cursor <= newest : !Self.follows(cursor, newest) {
                order.note("entry \(cursor) follows \(newest)")
            }
        }
        guard let span, span.lineage == cursor.lineage, table.row(of: cursor) == number else {
            return lineages.note("entry \(cursor) is in row \(number), which isn't its place in the table of lineages")
        }
    }

    private static func follows(_ cursor: Cursor, _ newest: Cursor) -> Bool {
        cursor.lineage == newest.lineage ? cursor == newest.next : cursor.sequence == 0 && cursor > newest
    }
}

/// Reads what decides whether the next start keeps the lineage.
public enum LineageFacts {
    /// The decision that a node without Redis would take on this file, with what the next row follows.
    public static func decide(
        _ db: Database, record: HeadRecord?, bootID: String
    ) throws -> (decision: LineageDecision, head: Cursor) {
        let table = try JournalTable(db)
        let head = try JournalTable.newest(db)?.cursor
        let checksum = try record.flatMap {
            try table.checksum(db, at: Cursor(lineage: $0.lineage, sequence: $0.sequence))
        }
        let decision = LineageDecision.decide(
            home: try JournalHome.load(db), record: record, head: head, checksumAtRecord: checksum, bootID: bootID)
        return (decision, max(head ?? .start, table.base?.after ?? .start))
    }
}
