/// The ordered log of all entries, wherever it lives.
///
/// A round is staged entry by entry and then committed. A journal that decides the order itself calls `apply` while
/// staging; one whose order is decided elsewhere calls it when it reads the entry back.
///
/// - Guarantee: `apply` is called once per entry and process, in journal order. When `commit` returns, every staged entry
///   is as durable as the mode promises; when it throws, the caller throws its memory away and reads on from the file.
/// - Isolation: one thread.
public protocol EntryJournal: AnyObject {
    /// The newest durable entry; `Cursor.start` when there is none.
    var head: Cursor { get }

    /// Adds an entry to the round in hand.
    func stage(_ entry: Entry, apply: (Entry, Cursor) -> Outcome)

    /// Makes the round durable.
    func commit() throws(JournalError)

    /// Forgets the round in hand.
    func discard()

    /// The rows after a cursor, oldest first, at most `limit`.
    ///
    /// - Errors: `corrupt` when a row is damaged or missing inside a lineage.
    func rows(after cursor: Cursor, limit: Int) throws(JournalError) -> [JournalRow]
}
