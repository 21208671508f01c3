import GRDB
import Migrations

/// Reads the journal of a node that may be running, from another process.
///
/// - Guarantee: read-only; each page is one snapshot of what was committed. Every row is verified.
/// - Isolation: calls block, one at a time.
public final class JournalReader: Sendable {
    private let file: ReadOnlyFile

    /// Reads through an open file.
    public init(_ file: ReadOnlyFile) { self.file = file }

    /// Opens the file of a directory.
    ///
    /// - Errors: those of `ReadOnlyFile`.
    public init(_ directory: DataDirectory) throws(StorageError) {
        file = try ReadOnlyFile(directory)
    }

    /// One step through the rows.
    public struct Page: Sendable {
        /// Those of the step's rows that the filter admits, oldest first.
        public let rows: [JournalRow]
        /// Where the next step begins.
        public let next: Int64
        /// True when the step reached the newest row.
        public let isLast: Bool
    }

    /// Where the journal's rows begin.
    public struct Beginning: Sendable, Equatable {
        /// The number of the oldest row.
        public let row: Int64
        /// Its place.
        public let cursor: Cursor
        /// Its entry time, in milliseconds since 1970.
        public let time: Int64
        /// True when nothing was there before: no row was ever deleted, and the journal didn't go on from another one.
        public let isComplete: Bool
    }

    /// The oldest row that is there; nil when there is none.
    public func beginning() throws(JournalError) -> Beginning? {
        try reading { db in
            let statement = try RawStatement(
                db, "SELECT row, lineage, sequence, time, kind, body FROM journal ORDER BY row LIMIT 1")
            guard try statement.step() else { return nil }
            defer { statement.reset() }
            let cursor = Cursor(lineage: statement.unsigned(1), sequence: statement.unsigned(2))
            var isComplete = statement.int64(0) == 1 && cursor.sequence == 0
            if isComplete, statement.text(4) == EntryKind.open.rawValue {
                isComplete = Opening(body: statement.bytes(5)).parent == .start
            }
            return Beginning(
                row: statement.int64(0), cursor: cursor, time: statement.int64(3), isComplete: isComplete)
        }
    }

    /// Where rows begin before which entries are missing, ascending: a checkpoint from elsewhere stood in for them. The last
    /// one may be yet to come.
    public func gaps() throws(JournalError) -> [Cursor] {
        try reading { db in
            let table = try JournalTable(db)
            var gaps = table.spans.filter { !$0.followsOn }.map(\.first)
            if let base = table.base, table.spans.allSatisfy({ $0.firstRow < base.row }) {
                gaps.append(base.after.next)
            }
            return gaps
        }
    }

    /// The newest entry; nil when there is none.
    public func newest() throws(JournalError) -> Cursor? {
        try reading { try JournalTable.newest($0)?.cursor }
    }

    /// The row number from which a filter can admit anything.
    public func firstRow(_ filter: EntryFilter) throws(JournalError) -> Int64 {
        try reading { db in
            let oldest = try Int64.fetchOne(db, sql: "SELECT min(row) FROM journal") ?? 1
            guard case .cursor(let since) = filter.since else { return oldest }
            // A cursor past the end of its lineage stands before the next one.
            return max(oldest, try JournalTable(db).row(atOrAfter: since))
        }
    }

    /// Reads a step: at most `JournalLimits.replayPageRows` admitted rows out of `JournalLimits.scanRows`.
    ///
    /// - Errors: `corrupt` for a damaged or missing row; `unavailable` when retention deleted rows that were yet to be read.
    public func page(from first: Int64, _ filter: EntryFilter) throws(JournalError) -> Page {
        try reading { db in
            let ends = try Row.fetchOne(db, sql: "SELECT min(row), max(row) FROM journal")
            guard let oldest = ends?[0] as Int64?, let newest = ends?[1] as Int64?, first <= newest else {
                return Page(rows: [], next: first, isLast: true)
            }
            guard first >= oldest else {
                throw JournalError(
                    .unavailable,
                    "retention deleted entries before they were read: the journal now begins at row \(oldest)")
            }
            let ceiling = min(newest, first.saturatingAdd(Int64(JournalLimits.scanRows - 1)))
            let (rows, last) = try Self.rows(db, first...max(first, ceiling), filter)
            let next = (rows.count < JournalLimits.replayPageRows ? ceiling : last) + 1
            return Page(rows: rows.filter(filter.admits), next: next, isLast: next > newest)
        }
    }

    private static func rows(
        _ db: Database, _ numbers: ClosedRange<Int64>, _ filter: EntryFilter
    ) throws -> (rows: [JournalRow], last: Int64) {
        let statement = try RawStatement(
            db,
            """
            SELECT row, \(StoredRow.columns) FROM journal WHERE row BETWEEN ?1 AND ?2
            AND (?3 IS NULL OR channel = ?3) AND (?4 IS NULL OR instr(?4, ' ' || kind || ' ') > 0)
            AND time BETWEEN ?5 AND ?6 ORDER BY row LIMIT ?7
            """)
        let kinds =
            filter.kinds.isEmpty ? nil : " " + filter.kinds.map(\.rawValue).sorted().joined(separator: " ") + " "
        try statement.bind(numbers.lowerBound, at: 0)
        try statement.bind(numbers.upperBound, at: 1)
        try statement.bind(filter.channel, at: 2)
        try statement.bind(kinds, at: 3)
        try statement.bind(filter.since?.time ?? .min, at: 4)
        try statement.bind(filter.until?.time ?? .max, at: 5)
        try statement.bind(Int64(JournalLimits.replayPageRows), at: 6)
        defer { statement.reset() }
        let isWhole = filter == EntryFilter()
        var rows: [JournalRow] = []
        var last = numbers.lowerBound - 1
        while try statement.step() {
            let number = statement.int64(0)
            guard try !isWhole || number == last + 1 || JournalTable.beginsAfterCheckpoint(db, row: number) else {
                throw JournalError(.corrupt, "row \(last + 1) of the journal is missing; run anteroom check")
            }
            last = number
            rows.append(try StoredRow(verifying: statement).journalRow())
        }
        return (rows, last)
    }

    private func reading<Value>(_ body: (Database) throws -> Value) throws(JournalError) -> Value {
        do {
            return try file.read { db in Result { try body(db) } }.get()
        } catch let error as JournalError {
            throw error
        } catch let error as StorageError {
            throw JournalError(error)
        } catch {
            throw JournalError(StorageError.from(error, path: file.path))
        }
    }
}

extension Int64 {
    fileprivate func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? .max : sum
    }
}

extension EntryPoint {
    fileprivate var time: Int64? {
        guard case .time(let time) = self else { return nil }
        return time
    }
}
