import Migrations

/// The journal of a node that runs alone: a table of the one SQLite file, written by group commit.
///
/// - Guarantee: a round is in the file, with its outcomes, before `commit` returns; the head record follows it.
/// - Isolation: the engine's thread.
public final class EmbeddedJournal: EntryJournal {
    /// The newest durable entry; in a lineage that is yet to be opened, the place of its opening.
    public private(set) var head: Cursor
    /// Why this start opened a new lineage; nil when it kept the old one. The engine then stages the opening entry first.
    public private(set) var opening: LineageDecision.OpeningReason?
    /// The cost of all rows in the table.
    public var sizeBytes: Int { stored.sizeBytes }

    private let stored: JournalRows
    private let headFile: HeadFile
    private let durability: HeadRecord.Durability
    private let bootID: String
    private var staged: [JournalRow] = []

    /// Opens the journal of a file and decides whether its lineage may go on.
    ///
    /// Nothing is written to the journal yet; the clean mark of the head record is removed and forced to the disk.
    public init(
        file: DatabaseFile, headFile: HeadFile, durability: HeadRecord.Durability, bootID: String
    ) throws(JournalError) {
        self.headFile = headFile
        self.durability = durability
        self.bootID = bootID
        stored = try JournalRows(file: file, home: .embedded)
        head = stored.head
        let record = headFile.record
        let decision = LineageDecision.decide(
            home: stored.storedHome, record: record, head: stored.isEmpty ? nil : stored.head,
            checksumAtRecord: try Self.checksum(in: stored, at: record), bootID: bootID)
        if case .open(let reason) = decision {
            opening = reason
            let newest = max(head.lineage, record?.lineage ?? 0, stored.table.spans.last?.lineage ?? 0)
            head = Cursor(lineage: newest &+ 1, sequence: 0)
        } else {
            try writeHeadRecord(isClean: false, sync: true)
        }
    }

    /// Whether a file's lineage may go on, without touching the file.
    ///
    /// - Returns: false where a node that runs alone would open a new lineage.
    public static func mayGoOn(_ rows: JournalRows, record: HeadRecord?, bootID: String) throws(JournalError) -> Bool {
        let decision = LineageDecision.decide(
            home: rows.storedHome, record: record, head: rows.isEmpty ? nil : rows.head,
            checksumAtRecord: try checksum(in: rows, at: record), bootID: bootID)
        return decision == .keep
    }

    private static func checksum(in rows: JournalRows, at record: HeadRecord?) throws(JournalError) -> UInt64? {
        guard let record else { return nil }
        return try rows.checksum(at: Cursor(lineage: record.lineage, sequence: record.sequence))
    }

    /// Gives the entry the next cursor: this journal decides the order itself.
    public func propose(_ entry: Entry) -> Cursor? {
        entry.kind == .open ? head : (staged.last?.cursor ?? head).next
    }

    /// Keeps the row for the commit.
    public func record(_ row: JournalRow) { staged.append(row) }

    /// True when a round has entries.
    public var hasRound: Bool { !staged.isEmpty }

    /// None: a commit writes them all.
    public var unwritten: Int { 0 }

    /// The file's.
    public var syncTime: Duration? { stored.syncTime }

    /// Inserts the staged rows in one transaction, then moves the head record on.
    public func commit() throws(JournalError) {
        guard let last = staged.last else { return }
        let rows = staged
        discard()
        try stored.append(rows)
        let isOpening = rows.contains { $0.entry.kind == .open }
        if isOpening { opening = nil }
        head = last.cursor
        do { try writeHeadRecord(isClean: false, sync: isOpening) } catch {
            // The rows are durable, only the record of them isn't: nobody may be told that nothing was written.
            throw JournalError(.outcomeUnknown, error.message)
        }
    }

    /// Forgets the staged rows.
    public func discard() { staged.removeAll(keepingCapacity: true) }

    /// Reads committed rows, each verified against its checksum.
    public func rows(after cursor: Cursor, limit: Int) throws(JournalError) -> [JournalRow] {
        try stored.rows(after: cursor, limit: limit)
    }

    /// Deletes the oldest rows that retention doesn't keep, a chunk at a time; see `JournalRows.trim`.
    public func trim(before time: Int64, bytesMax: Int, checkpoint: Cursor) throws(JournalError) -> Bool {
        try stored.trim(before: time, bytesMax: bytesMax, checkpoint: checkpoint)
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
        discard()
        let found = try JournalRows(file: file, home: .embedded)
        guard opening == nil else { return try stored.reload(from: file) }
        guard !found.isEmpty else { throw JournalError(.corrupt, "the journal is empty after it was reopened") }
        guard found.lastRow >= stored.lastRow,
            try Self.checksum(in: found, at: headFile.record) == headFile.record?.checksum
        else {
            throw JournalError(
                .corrupt, "the journal lost acknowledged entries: it ends at \(found.head), not at \(head)")
        }
        try stored.reload(from: file)
        head = stored.head
        try writeHeadRecord(isClean: false, sync: true)
    }

    private func writeHeadRecord(isClean: Bool, sync: Bool) throws(JournalError) {
        let record = HeadRecord(
            lineage: head.lineage, sequence: head.sequence, checksum: stored.lastChecksum, durability: durability,
            bootID: bootID, isClean: isClean)
        do { try headFile.write(record, sync: sync) } catch { throw JournalError(error) }
    }
}
