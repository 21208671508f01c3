import GRDB
import Migrations

/// The journal of a node that runs alone: a table of the one SQLite file, written by group commit.
///
/// - Guarantee: a round is in the file, with its outcomes, before `commit` returns; the head record follows it.
/// - Isolation: the writer thread.
public final class EmbeddedJournal: EntryJournal {
    /// The newest durable entry; in a lineage that is yet to be opened, the place of its opening.
    public private(set) var head: Cursor
    /// Why this start opened a new lineage; nil when it kept the old one. The engine then stages the opening entry first.
    public private(set) var opening: LineageDecision.OpeningReason?
    /// The cost of all rows in the table.
    public private(set) var sizeBytes: Int

    private var file: DatabaseFile
    private let headFile: HeadFile
    private let durability: HeadRecord.Durability
    private let bootID: String
    private var table: JournalTable
    private var lastRow: Int64
    private var lastChecksum: UInt64
    private var staged: [JournalRow] = []
    /// The lineage that the first staged entry opens, until its round is committed.
    private var pendingSpan: JournalTable.Span?

    /// Opens the journal of a file and decides whether its lineage may go on.
    ///
    /// Nothing is written to the journal yet; the clean mark of the head record is removed and forced to the disk.
    public init(
        file: DatabaseFile, headFile: HeadFile, durability: HeadRecord.Durability, bootID: String
    ) throws(JournalError) {
        self.file = file
        self.headFile = headFile
        self.durability = durability
        self.bootID = bootID
        let facts = try Self.facts(of: file, recorded: headFile.record)
        (table, sizeBytes) = (facts.table, facts.sizeBytes)
        head = facts.newest?.cursor ?? .start
        lastRow = facts.newest?.number ?? 0
        lastChecksum = facts.newest?.checksum ?? 0
        let decision = LineageDecision.decide(
            record: headFile.record, head: facts.newest?.cursor, checksumAtRecord: facts.checksumAtRecord,
            bootID: bootID)
        if case .open(let reason) = decision {
            opening = reason
            let newest = max(head.lineage, headFile.record?.lineage ?? 0, table.lineages.last?.lineage ?? 0)
            head = Cursor(lineage: newest &+ 1, sequence: 0)
        } else {
            try writeHeadRecord(isClean: false, sync: true)
        }
    }

    private struct Facts {
        var table: JournalTable
        var newest: (number: Int64, cursor: Cursor, checksum: UInt64)?
        var checksumAtRecord: UInt64?
        var sizeBytes: Int
    }

    private static func facts(of file: DatabaseFile, recorded: HeadRecord?) throws(JournalError) -> Facts {
        try reading {
            try file.readNewest { db in
                let table = try JournalTable(db)
                let atRecord = try recorded.flatMap {
                    try table.checksum(db, at: Cursor(lineage: $0.lineage, sequence: $0.sequence))
                }
                return Facts(
                    table: table, newest: try JournalTable.newest(db), checksumAtRecord: atRecord,
                    sizeBytes: try JournalSize.load(db))
            }
        }
    }

    /// Gives the entry the next cursor: this journal decides the order itself.
    public func propose(_ entry: Entry) -> Cursor? {
        guard entry.kind == .open else { return (staged.last?.cursor ?? head).next }
        pendingSpan = JournalTable.Span(
            lineage: head.lineage, firstRow: lastRow + 1, reason: entry.header.reason ?? "", openedAt: entry.time)
        return head
    }

    /// Keeps the row for the commit.
    public func record(_ row: JournalRow) { staged.append(row) }

    /// True when a round has entries.
    public var hasRound: Bool { !staged.isEmpty }

    /// None: a commit writes them all.
    public var unwritten: Int { 0 }

    /// Nothing to write: commits did.
    public func writeBehind(_ db: Database) {}

    /// Nothing was written.
    public func wroteBehind() {}

    /// Inserts the staged rows in one transaction, then moves the head record on.
    public func commit() throws(JournalError) {
        guard let last = staged.last else { return }
        let (rows, first, span, size) = (staged, lastRow + 1, pendingSpan, sizeBytes)
        discard()
        let written: (checksum: UInt64, bytes: Int)
        do {
            written = try file.write { db in
                if let span { try Self.insert(db, span) }
                let written = try JournalTable.insert(db, rows, from: first)
                if span != nil { try JournalSize.store(db, size + written.bytes) }
                return written
            }
        } catch { throw JournalError(error) }
        if let span {
            table.open(span)
            opening = nil
        }
        (head, lastChecksum) = (last.cursor, written.checksum)
        lastRow += Int64(rows.count)
        sizeBytes += written.bytes
        do { try writeHeadRecord(isClean: false, sync: span != nil) } catch {
            // The rows are durable, only the record of them isn't: nobody may be told that nothing was written.
            throw JournalError(.outcomeUnknown, error.message)
        }
    }

    /// Forgets the staged rows.
    public func discard() {
        staged.removeAll(keepingCapacity: true)
        pendingSpan = nil
    }

    /// Reads committed rows, each verified against its checksum.
    public func rows(after cursor: Cursor, limit: Int) throws(JournalError) -> [JournalRow] {
        let first = table.rowAfter(cursor)
        guard first <= lastRow else { return [] }
        return try Self.reading { [file] in try file.readNewest { try JournalTable.rows($0, from: first, limit: limit) }
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
        guard let kept = table.row(of: checkpoint) else { return false }
        let (ceiling, excess) = (min(kept, lastRow - 1), sizeBytes - bytesMax)
        let freed = try Self.reading { [file, sizeBytes] in
            try file.write { db in
                let plan = try JournalTable.trimPlan(db, before: time, excessBytes: excess, throughRow: ceiling)
                guard plan.rows > 0 else { return plan }
                try JournalTable.delete(db, through: plan.lastRow)
                try JournalSize.store(db, max(0, sizeBytes - plan.bytes))
                return plan
            }
        }
        sizeBytes = max(0, sizeBytes - freed.bytes)
        return freed.rows == JournalLimits.trimChunkRows
    }

    /// Writes the clean mark and forces it to the disk: the last act of a clean stop.
    public func markClean() throws(JournalError) {
        guard opening == nil else { return }
        try writeHeadRecord(isClean: true, sync: true)
    }

    /// Goes on with a file that was reopened after a failed commit.
    ///
    /// - Errors: `corrupt` when the reopened file doesn't end with the newest durable row.
    public func reopened(_ file: DatabaseFile) throws(JournalError) {
        let facts = try Self.facts(of: file, recorded: headFile.record)
        discard()
        guard let newest = facts.newest, opening == nil else {
            self.file = file
            guard opening != nil else { throw JournalError(.corrupt, "the journal is empty after it was reopened") }
            return
        }
        guard newest.number >= lastRow, facts.checksumAtRecord == headFile.record?.checksum else {
            throw JournalError(
                .corrupt, "the journal lost acknowledged entries: it ends at \(newest.cursor), not at \(head)")
        }
        self.file = file
        (table, sizeBytes) = (facts.table, facts.sizeBytes)
        (head, lastRow, lastChecksum) = (newest.cursor, newest.number, newest.checksum)
        try writeHeadRecord(isClean: false, sync: true)
    }

    private func writeHeadRecord(isClean: Bool, sync: Bool) throws(JournalError) {
        let record = HeadRecord(
            lineage: head.lineage, sequence: head.sequence, checksum: lastChecksum, durability: durability,
            bootID: bootID, isClean: isClean)
        do { try headFile.write(record, sync: sync) } catch { throw JournalError(error) }
    }

    private static func insert(_ db: Database, _ span: JournalTable.Span) throws {
        try db.execute(
            sql: "INSERT INTO lineage(lineage, first_row, reason, opened_at) VALUES (?, ?, ?, ?)",
            arguments: [Int64(clamping: span.lineage), span.firstRow, span.reason, span.openedAt])
    }

    private static func reading<Value>(_ body: () throws -> Value) throws(JournalError) -> Value {
        do { return try body() } catch let error as StorageError {
            throw JournalError(error)
        } catch let error as JournalError {
            throw error
        } catch { throw JournalError(.unavailable, "\(error)") }
    }
}
