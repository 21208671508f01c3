import GRDB
import Migrations

/// The journal of a node that shares it with others: the order comes from Redis, the file has a copy that is written behind.
///
/// - Guarantee: an entry that comes back is in Redis; the copy is always a prefix of what was applied.
/// - Isolation: the writer thread.
public final class SharedJournal: EntryJournal {
    private let link: any JournalLink
    private let copy: JournalRows
    /// What is being written at the moment.
    private var insertion: JournalRows.Insertion?
    private var proposals: [Entry] = []
    private var behind: [JournalRow] = []

    /// Goes on with the copy in a file.
    public init(link: any JournalLink, copy: JournalRows) {
        self.link = link
        self.copy = copy
    }

    public var head: Cursor { copy.head }

    public var sizeBytes: Int { copy.sizeBytes }

    public var hasRound: Bool { !proposals.isEmpty }

    public var unwritten: Int { behind.count }

    /// Nil: the entry comes back with its place.
    public func propose(_ entry: Entry) -> Cursor? {
        proposals.append(entry)
        return nil
    }

    public func record(_ row: JournalRow) { behind.append(row) }

    /// Sends the proposals on; what becomes of them comes from the link.
    public func commit() {
        guard !proposals.isEmpty else { return }
        link.append(proposals)
        proposals.removeAll(keepingCapacity: true)
    }

    /// Forgets the proposals. Recorded rows stay: they were applied, and are in Redis.
    public func discard() { proposals.removeAll(keepingCapacity: true) }

    /// Takes the rows that are not in the file yet, to be written on another thread; nothing else may be written meanwhile.
    ///
    /// - Errors: `corrupt` when they don't follow what the file has.
    public func takeBehind() throws(JournalError) -> JournalRows.Insertion {
        let taken = try copy.insertion(of: behind)
        insertion = taken
        return taken
    }

    /// What was taken is in the file.
    public func wroteBehind(_ written: JournalRows.Written) {
        guard let insertion else { return }
        copy.inserted(insertion, written)
        self.insertion = nil
        behind.removeFirst(insertion.count)
    }

    /// What was taken is not in the file.
    public func failedBehind() { insertion = nil }

    /// Forgets rows that are not in the file: a checkpoint takes their place.
    public func dropUnwritten() { behind.removeAll() }

    /// Goes on with a file that took a checkpoint, or that was opened anew.
    public func reopened(_ file: DatabaseFile) throws(JournalError) {
        try copy.reload(from: file)
        insertion = nil
        let head = copy.head
        // A commit of which nothing is known may have been made all the same.
        behind.removeAll { $0.cursor <= head }
    }

    public func rows(after cursor: Cursor, limit: Int) throws(JournalError) -> [JournalRow] {
        try copy.rows(after: cursor, limit: limit)
    }

    public func trim(before time: Int64, bytesMax: Int, checkpoint: Cursor) throws(JournalError) -> Bool {
        try copy.trim(before: time, bytesMax: bytesMax, checkpoint: checkpoint)
    }

    /// Nothing to mark: what the file lacks comes from Redis.
    public func markClean() {}
}
