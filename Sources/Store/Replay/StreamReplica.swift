import Journal
import Migrations

/// A data directory made of a fleet's stream, so that whatever reads a node's directory can read a fleet.
///
/// The checkpoint in its file stays where the state was taken over, as long as what changed since then fits into memory: from
/// there a session's past can be followed on exactly.
///
/// - Isolation: one owner; not Sendable.
public final class StreamReplica {
    private let file: DatabaseFile
    private let rows: JournalRows
    private var state = State()

    /// State in memory.
    private static let cacheBytes = 256 << 20
    /// Pages of the write-ahead log, of 4 KiB.
    private static let logPagesMax = 4_096

    /// Begins in a directory without a file.
    public init(_ directory: DataDirectory) throws(JournalError) {
        do throws(StorageError) {
            // It is thrown away: nothing of it needs to survive a power cut.
            file = try DatabaseFile(directory, durability: .os)
        } catch { throw JournalError(error) }
        rows = try JournalRows(file: file, home: .shared)
    }

    /// Takes a checkpoint in the place of the state. Rows that aren't on its branch go.
    ///
    /// - Errors: `corrupt` when the content isn't whole, or is of another format.
    public func adopt(_ content: CheckpointContent) throws(JournalError) {
        state = try CheckpointContent.adopt(content, into: file)
        try rows.reload(from: file)
    }

    /// Applies entries that follow the state.
    public func apply(_ entries: [ArrivedEntry]) throws(JournalError) {
        var page: [JournalRow] = []
        page.reserveCapacity(entries.count)
        for arrived in entries {
            do throws(StorageError) { try state.loadRows(of: arrived.entry, from: file) } catch {
                throw JournalError(error)
            }
            let outcome = state.apply(arrived.entry, at: arrived.cursor).outcome
            page.append(JournalRow(cursor: arrived.cursor, entry: arrived.entry, outcome: outcome))
        }
        try rows.append(page)
        if state.residentBytes > Self.cacheBytes {
            try flush()
            state.evict(toBytes: Self.cacheBytes / 10 * 9)
        }
        try tidy()
    }

    /// Adds entries that are not applied.
    ///
    /// - Parameter outcomes: what is known of what they did.
    public func show(_ entries: [ArrivedEntry], _ outcomes: [Journal.Cursor: Outcome]) throws(JournalError) {
        var page: [JournalRow] = []
        for arrived in entries {
            let last = page.last?.cursor ?? rows.head
            let opens = arrived.entry.kind == .open && arrived.cursor.sequence == 0 && arrived.cursor > last
            if !opens, last == .start || arrived.cursor != last.next {
                try rows.append(page)
                page = []
                try rows.leaveGap(before: arrived.cursor)
            }
            page.append(
                JournalRow(
                    cursor: arrived.cursor, entry: arrived.entry, outcome: outcomes[arrived.cursor] ?? .unknown))
        }
        try rows.append(page)
        try tidy()
    }

    /// Deletes the oldest rows while all cost more than so many bytes.
    public func trim(toBytes bytesMax: Int) throws(JournalError) {
        guard rows.sizeBytes > bytesMax else { return }
        try flush()
        while try rows.trim(before: .min, bytesMax: bytesMax, checkpoint: state.head) {}
    }

    /// Closes the file.
    public func close() throws(StorageError) { try file.close() }

    private func flush() throws(JournalError) {
        do throws(StorageError) {
            try file.write { try Checkpoint.store($0, state, journalBytes: rows.sizeBytes) }
        } catch { throw JournalError(error) }
        state.markFlushed()
    }

    private func tidy() throws(JournalError) {
        guard file.walPages > Self.logPagesMax else { return }
        do throws(StorageError) { try file.walCheckpoint(truncating: false) } catch { throw JournalError(error) }
    }
}
