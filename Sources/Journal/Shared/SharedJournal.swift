import GRDB
import Migrations

/// The journal of a node that shares it with others: the order comes from Redis, the file has a copy that is written behind.
///
/// - Guarantee: an entry that comes back is in Redis; the copy is always a prefix of what was applied.
/// - Isolation: the writer thread.
public final class SharedJournal: EntryJournal {
    private let link: any JournalLink
    private let copy: JournalRows
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

    public func writeBehind(_ db: Database) throws { insertion = try copy.insert(db, behind) }

    public func wroteBehind() {
        if let insertion { copy.inserted(insertion) }
        insertion = nil
        behind.removeAll(keepingCapacity: true)
    }

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
