import Migrations

/// The ordered log of all entries, wherever it gets its order.
///
/// A round: entries are proposed; those that have a place, at once or when they come back, are applied and recorded with
/// their outcome; then the round is committed.
///
/// - Guarantee: every entry is applied once per process, in journal order. When `commit` returns, a journal that gives
///   places itself has every recorded entry as durable as the mode promises; when it throws, the caller throws its memory
///   away and reads on from the file. A journal that gets its order elsewhere has them durable before they come back, and
///   writes its own copy behind.
/// - Isolation: one thread.
public protocol EntryJournal: AnyObject, EntryRows {
    /// The newest entry in the file; the place of the opening while a lineage is yet to be opened.
    var head: Cursor { get }
    /// The cost of all rows in the file.
    var sizeBytes: Int { get }
    /// True when the round in hand has anything to commit.
    var hasRound: Bool { get }
    /// Rows that the next checkpoint writes along.
    var unwritten: Int { get }
    /// How long the newest commit took from its last row to durable; nil where a commit doesn't wait for that.
    var syncTime: Duration? { get }

    /// Proposes an entry. With a place it is to be applied and recorded now; nil: it comes back, or is failed.
    func propose(_ entry: Entry) -> Cursor?

    /// Adds an applied entry to the round in hand.
    func record(_ row: JournalRow)

    /// Makes the round durable, or sends it on its way.
    func commit() throws(JournalError)

    /// Forgets the round in hand.
    func discard()

    /// Deletes the oldest rows that retention doesn't keep, a chunk at a time.
    ///
    /// - Parameters:
    ///   - time: rows with an entry time before it may go.
    ///   - bytesMax: rows may also go while the table is larger.
    ///   - checkpoint: rows after it are needed for replay and stay, as does the newest row.
    /// - Returns: true when there may be more to delete.
    func trim(before time: Int64, bytesMax: Int, checkpoint: Cursor) throws(JournalError) -> Bool

    /// Goes on with a file that was reopened after a failed commit.
    ///
    /// - Errors: `corrupt` when the file lacks what was durable before.
    func reopened(_ file: DatabaseFile) throws(JournalError)

    /// Notes a clean stop: the last act.
    func markClean() throws(JournalError)
}

/// Rows of a journal in a file.
public protocol EntryRows {
    /// The rows in the file after a cursor, oldest first, at most `limit`.
    ///
    /// - Errors: `corrupt` when a row is damaged or missing inside a lineage.
    func rows(after cursor: Cursor, limit: Int) throws(JournalError) -> [JournalRow]
}

extension EntryJournal {
    /// Proposes an entry and, where it has a place at once, applies and records it.
    public func stage(_ entry: Entry, apply: (Entry, Cursor) -> Outcome) {
        guard let cursor = propose(entry) else { return }
        record(JournalRow(cursor: cursor, entry: entry, outcome: apply(entry, cursor)))
    }
}
