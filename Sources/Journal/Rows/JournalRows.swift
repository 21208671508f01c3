import GRDB
import Migrations

/// The journal's rows in a node's own file: the journal itself, or the copy of a shared one.
///
/// - Guarantee: rows lie in the journal's order. What doesn't follow the newest row, or the checkpoint that was adopted, is
///   refused, so that a gap is never written silently.
/// - Isolation: the engine's thread.
public final class JournalRows: EntryRows {
    /// Which rows are where.
    public private(set) var table: JournalTable
    /// What the next row follows: the newest row, or the adopted checkpoint; `Cursor.start` in an empty file.
    public private(set) var head: Cursor
    /// The cost of all rows, those of `window` too.
    public private(set) var sizeBytes: Int
    /// How long the newest append took from its last row to durable: the log is written and, if the durability says so,
    /// forced to the disk.
    private(set) var syncTime = Duration.zero
    /// What the file says about its rows' home; nil before its first row.
    public private(set) var storedHome: JournalHome?
    /// True when there is a row.
    var isEmpty: Bool { newest == nil }
    /// The newest row's number; 0 when there was none yet.
    private(set) var lastRow: Int64
    /// The newest row's checksum.
    var lastChecksum: UInt64 { newest?.checksum ?? 0 }

    private var newest: (number: Int64, cursor: Cursor, checksum: UInt64)?
    private var file: DatabaseFile
    private let home: JournalHome

    /// Reads where the rows of a file are; writes nothing.
    ///
    /// - Parameter home: what the next rows are; noted in the file with them.
    public init(file: DatabaseFile, home: JournalHome) throws(JournalError) {
        (self.file, self.home) = (file, home)
        let facts = try Self.facts(of: file)
        (table, newest, sizeBytes, storedHome) = (facts.table, facts.newest, facts.sizeBytes, facts.home)
        (head, lastRow) = facts.end
    }

    private struct Facts {
        var table: JournalTable
        var newest: (number: Int64, cursor: Cursor, checksum: UInt64)?
        var sizeBytes: Int
        var home: JournalHome?

        /// What the next row follows, and the number before its own.
        var end: (head: Cursor, lastRow: Int64) {
            let end = newest.map { (head: $0.cursor, lastRow: $0.number) } ?? (.start, 0)
            guard let base = table.base, base.row > end.lastRow else { return end }
            return (base.after, base.row - 1)
        }
    }

    private static func facts(of file: DatabaseFile) throws(JournalError) -> Facts {
        try JournalError.wrapping {
            try file.readNewest { db in
                Facts(
                    table: try JournalTable(db), newest: try JournalTable.newest(db),
                    sizeBytes: try JournalSize.load(db), home: try JournalHome.load(db))
            }
        }
    }

    /// Looks at the file again: after it was opened anew, or after a checkpoint was adopted.
    public func reload(from file: DatabaseFile) throws(JournalError) {
        let facts = try Self.facts(of: file)
        self.file = file
        (table, newest, sizeBytes, storedHome) = (facts.table, facts.newest, facts.sizeBytes, facts.home)
        (head, lastRow) = facts.end
    }

    /// The checksum that the row at a cursor carries; nil when there is none.
    func checksum(at cursor: Cursor) throws(JournalError) -> UInt64? {
        try JournalError.wrapping { [file, table] in try file.readNewest { try table.checksum($0, at: cursor) } }
    }

    /// Rows that are to be inserted behind the newest ones: on any thread, but before anything else is.
    public struct Insertion: Sendable {
        fileprivate let rows: [JournalRow]
        fileprivate let spans: [JournalTable.Span]
        fileprivate let first: Int64
        /// Set where the file doesn't say yet whose journal it holds.
        fileprivate let newHome: JournalHome?
        fileprivate let sizeBytes: Int

        /// How many rows there are.
        public var count: Int { rows.count }

        /// Inserts them in a transaction of the caller.
        ///
        /// - Returns: the newest row's checksum, the cost of the rows, and that of all.
        public func write(_ db: Database) throws -> Written {
            guard !rows.isEmpty else { return Written(checksum: 0, bytes: 0, totalBytes: sizeBytes) }
            try newHome?.store(db)
            for span in spans { try JournalTable.insert(db, span) }
            let written = try JournalTable.insert(db, rows, from: first)
            let total = sizeBytes + written.bytes
            if !spans.isEmpty { try JournalSize.store(db, total) }
            return Written(checksum: written.checksum, bytes: written.bytes, totalBytes: total)
        }
    }

    /// What an insertion made.
    public struct Written: Sendable {
        fileprivate let checksum: UInt64
        fileprivate let bytes: Int
        /// The cost of all rows.
        public let totalBytes: Int
    }

    /// Inserts rows in one transaction.
    ///
    /// - Errors: `corrupt` when a row doesn't follow the one before it: then nothing was written.
    public func append(_ rows: [JournalRow]) throws(JournalError) {
        guard !rows.isEmpty else { return }
        let (file, insertion) = (file, try insertion(of: rows))
        let written: Written
        var insertedAt = ContinuousClock.now
        do {
            written = try file.write { db in
                defer { insertedAt = .now }
                return try insertion.write(db)
            }
        } catch { throw JournalError(error) }
        syncTime = .now - insertedAt
        inserted(insertion, written)
    }

    /// Plans where rows go; an opening, and the first row after an adopted checkpoint, begin a span.
    ///
    /// - Errors: `corrupt` when a row doesn't follow the one before it.
    public func insertion(of rows: [JournalRow]) throws(JournalError) -> Insertion {
        Insertion(
            rows: rows, spans: try spans(of: rows), first: lastRow + 1, newHome: storedHome == home ? nil : home,
            sizeBytes: sizeBytes)
    }

    /// The transaction was committed.
    public func inserted(_ insertion: Insertion, _ written: Written) {
        guard let last = insertion.rows.last else { return }
        for span in insertion.spans { table.open(span) }
        (head, storedHome) = (last.cursor, home)
        lastRow += Int64(insertion.rows.count)
        newest = (lastRow, last.cursor, written.checksum)
        sizeBytes += written.bytes
    }

    private func spans(of rows: [JournalRow]) throws(JournalError) -> [JournalTable.Span] {
        var (spans, last, number): ([JournalTable.Span], Cursor, Int64) = ([], head, lastRow)
        var isAdopted = table.base.map { $0.row == lastRow + 1 } ?? false
        let isUnbroken = newest.map { $0.number == lastRow && $0.cursor == head } ?? false
        let adoptedReason = isUnbroken ? JournalTable.Span.continued : JournalTable.Span.adopted
        for row in rows {
            number += 1
            let (cursor, entry) = (row.cursor, row.entry)
            let isOpening = entry.kind == .open && cursor.sequence == 0 && cursor.lineage > last.lineage
            guard isOpening || (entry.kind != .open && last != .start && cursor == last.next) else {
                throw JournalError(.corrupt, "entry \(cursor) can't follow \(last) in the journal's file")
            }
            if isOpening || isAdopted {
                spans.append(
                    JournalTable.Span(
                        lineage: cursor.lineage, firstSequence: cursor.sequence, firstRow: number,
                        reason: isAdopted ? adoptedReason : entry.header.reason ?? "",
                        openedAt: entry.time))
            }
            (last, isAdopted) = (cursor, false)
        }
        return spans
    }

    /// Notes that entries are missing between the newest row and the next, which may be any: nothing tells what they did.
    public func leaveGap(before next: Cursor) throws(JournalError) {
        let after = next.sequence > 0 ? Cursor(lineage: next.lineage, sequence: next.sequence - 1) : next.justBefore
        let (file, row) = (file, lastRow + 1)
        try JournalError.wrapping { try file.write { try JournalTable.Base(row: row, after: after).store($0) } }
        try reload(from: file)
    }

    /// Reads committed rows, each verified against its checksum.
    ///
    /// - Errors: `corrupt` when a row is damaged or missing.
    public func rows(after cursor: Cursor, limit: Int) throws(JournalError) -> [JournalRow] {
        let first = table.rowAfter(cursor)
        guard first <= lastRow else { return [] }
        return try JournalError.wrapping { [file] in
            try file.readNewest { try JournalTable.rows($0, from: first, limit: limit) }
        }
    }

    /// Deletes the oldest rows that retention doesn't keep, a chunk at a time.
    ///
    /// - Parameters:
    ///   - time: rows with an entry time before it may go.
    ///   - bytesMax: rows may also go while the table is larger.
    ///   - checkpoint: rows after it are needed for replay and stay, as does the newest row.
    /// - Returns: true when there may be more to delete.
    public func trim(before time: Int64, bytesMax: Int, checkpoint: Cursor) throws(JournalError) -> Bool {
        let atBase = table.base.flatMap { $0.after == checkpoint ? $0.row - 1 : nil }
        guard let kept = table.row(of: checkpoint) ?? atBase else { return false }
        let (newestRow, excess, base) = (newest?.number ?? 0, sizeBytes - bytesMax, table.base?.row)
        let freed = try JournalError.wrapping { [file, sizeBytes] in
            try file.write { db in
                var ceiling = min(kept, newestRow - 1)
                // What is older goes first: a recovery reads the window and then the rows, without a gap between them.
                let hasWindow = try base != nil && !WindowTable.isEmpty(db)
                if hasWindow, let base { ceiling = min(ceiling, base - 1) }
                var plan = try JournalTable.trimPlan(db, before: time, excessBytes: excess, throughRow: ceiling)
                if plan.rows > 0 { try JournalTable.delete(db, through: plan.lastRow) }
                if hasWindow, plan.rows < JournalLimits.trimChunkRows {
                    let window = try WindowTable.trim(db, before: time, excessBytes: excess - plan.bytes)
                    plan.rows += window.rows
                    plan.bytes += window.bytes
                }
                if plan.rows > 0 { try JournalSize.store(db, max(0, sizeBytes - plan.bytes)) }
                return (rows: plan.rows, bytes: plan.bytes, hadWindow: hasWindow)
            }
        }
        sizeBytes = max(0, sizeBytes - freed.bytes)
        return freed.rows >= JournalLimits.trimChunkRows || (freed.hadWindow && freed.rows > 0)
    }
}

extension JournalError {
    /// Runs what reads or writes the file, and says of every failure what it means for the journal.
    static func wrapping<Value>(_ body: () throws -> Value) throws(JournalError) -> Value {
        do { return try body() } catch let error as StorageError {
            throw JournalError(error)
        } catch let error as JournalError {
            throw error
        } catch { throw JournalError(.unavailable, "\(error)") }
    }
}
