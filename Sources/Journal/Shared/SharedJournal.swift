import Migrations

/// The journal of a node that shares it with others: the order comes from Redis, the file has a copy that is written behind.
///
/// - Guarantee: an entry that comes back is in Redis; the copy is always a prefix of what was applied.
/// - Isolation: the engine's thread.
public final class SharedJournal: EntryJournal {
    private let link: any JournalLink
    private let copy: JournalRows
    /// What is being written at the moment.
    private var insertion: JournalRows.Insertion?
    private var proposals: [Entry] = []
    private var behind: [JournalRow] = []
    /// How many of the rows behind were delivered; nil while all were.
    private var delivered: Int?
    /// Bytes of the rows that are not in the file yet, about.
    public private(set) var unwrittenBytes = 0

    /// Goes on with the copy in a file.
    public init(link: any JournalLink, copy: JournalRows) {
        self.link = link
        self.copy = copy
    }

    /// The newest entry in the file.
    public var head: Cursor { copy.head }

    /// The cost of all rows in the file.
    public var sizeBytes: Int { copy.sizeBytes }

    /// True when proposals wait for the end of the round.
    public var hasRound: Bool { !proposals.isEmpty }

    /// Rows that the next checkpoint writes along.
    public var unwritten: Int { behind.count }

    /// Nil: a commit sends the round on its way.
    public var syncTime: Duration? { nil }

    /// Nil: the entry comes back with its place.
    public func propose(_ entry: Entry) -> Cursor? {
        proposals.append(entry)
        return nil
    }

    /// Keeps the row of an entry that came back until it is written behind.
    public func record(_ row: JournalRow) {
        behind.append(row)
        unwrittenBytes += row.entry.cost
    }

    /// Sends the proposals on; what becomes of them comes from the link.
    public func commit() {
        guard !proposals.isEmpty else { return }
        link.append(proposals)
        proposals.removeAll(keepingCapacity: true)
    }

    /// Forgets the proposals. Recorded rows stay: they were applied, and are in Redis.
    public func discard() { proposals.removeAll(keepingCapacity: true) }

    /// What is recorded from here on may turn out not to be the fleet's.
    public func silenceBegan() { if delivered == nil { delivered = behind.count } }

    /// What was recorded is the fleet's.
    public func silenceEnded() { delivered = nil }

    /// Takes the rows that are not in the file yet, to be written on another thread; nothing else may be written meanwhile.
    ///
    /// - Errors: `corrupt` when they don't follow what the file has.
    public func takeBehind() throws(JournalError) -> JournalRows.Insertion {
        let taken = try copy.insertion(of: behind)
        insertion = taken
        return taken
    }

    /// Writes the rows that were delivered, without a checkpoint; those recorded in silence stay behind.
    public func writeDelivered() throws(JournalError) {
        let count = delivered ?? behind.count
        guard count > 0 else { return }
        try copy.append(Array(behind[..<count]))
        forget(first: count)
    }

    /// What was taken is in the file.
    public func wroteBehind(_ written: JournalRows.Written) {
        guard let insertion else { return }
        copy.inserted(insertion, written)
        self.insertion = nil
        forget(first: insertion.count)
    }

    /// What was taken is not in the file.
    public func failedBehind() { insertion = nil }

    /// Forgets rows that are not in the file: a checkpoint takes their place.
    public func dropUnwritten() {
        behind.removeAll(keepingCapacity: true)
        (delivered, unwrittenBytes) = (nil, 0)
    }

    private func forget(first count: Int) {
        unwrittenBytes -= behind[..<count].reduce(0) { $0 + $1.entry.cost }
        behind.removeFirst(count)
        delivered = delivered.map { max(0, $0 - count) }
    }

    /// Goes on with a file that took a checkpoint, or that was opened anew.
    public func reopened(_ file: DatabaseFile) throws(JournalError) {
        try copy.reload(from: file)
        insertion = nil
        let head = copy.head
        // A commit of which nothing is known may have been made all the same.
        forget(first: behind.firstIndex { $0.cursor > head } ?? behind.count)
    }

    /// The rows in the file after a cursor; those behind are not among them.
    public func rows(after cursor: Cursor, limit: Int) throws(JournalError) -> [JournalRow] {
        try copy.rows(after: cursor, limit: limit)
    }

    /// Deletes the oldest rows of the copy that retention doesn't keep; the stream is trimmed with the checkpoints in Redis.
    public func trim(before time: Int64, bytesMax: Int, checkpoint: Cursor) throws(JournalError) -> Bool {
        try copy.trim(before: time, bytesMax: bytesMax, checkpoint: checkpoint)
    }

    /// Nothing to mark: what the file lacks comes from Redis.
    public func markClean() {}
}
