import Dispatch
import GRDB
import Journal
import Migrations
import Synchronization

/// Writes the checkpoint of a node with a shared journal on a thread of its own: Redis has everything, so nobody has to wait
/// for the file.
///
/// - Isolation: the engine's thread; only what `Flush` holds is seen by another one, one flush at a time.
final class WriteBehind {
    /// What one flush made, and what it includes.
    struct Outcome: Sendable {
        let head: Journal.Cursor
        let written: Result<JournalRows.Written, StorageError>
        let time: Duration
    }

    /// A flush on its way.
    private final class Flush: Sendable {
        let outcome = Mutex<Outcome?>(nil)
        let done = DispatchSemaphore(value: 0)
    }

    private let queue = DispatchQueue(label: "anteroom.write-behind", qos: .utility)
    private var flush: Flush?

    /// True while a flush is on its way, or its outcome was not taken.
    var isBusy: Bool { flush != nil }

    /// Begins to write.
    ///
    /// - Parameter ended: called on another thread once there is an outcome to take.
    func begin(
        _ part: State, _ insertion: JournalRows.Insertion, in file: DatabaseFile, ended: @escaping @Sendable () -> Void
    ) {
        let flush = Flush()
        self.flush = flush
        queue.async {
            let outcome = Self.write(part, insertion, in: file)
            // What stays in the log is taken after a later flush; the rows are written either way.
            if file.walPages >= EngineLimits.walPagesBehind { _ = try? file.walCheckpoint(truncating: false) }
            flush.outcome.withLock { $0 = outcome }
            flush.done.signal()
            ended()
        }
    }

    /// Waits for the flush that is on its way.
    func wait() {
        flush?.done.wait()
        flush?.done.signal()
    }

    /// What came of the flush; nil while it is on its way, or none is.
    func takeOutcome() -> Outcome? {
        guard let outcome = flush?.outcome.withLock({ $0 }) else { return nil }
        flush = nil
        return outcome
    }

    /// Writes rows and state in one transaction.
    static func write(_ part: State, _ insertion: JournalRows.Insertion, in file: DatabaseFile) -> Outcome {
        let began = ContinuousClock.now
        let written = Result { () throws(StorageError) in try file.write { try write(part, insertion, $0) } }
        return Outcome(head: part.head, written: written, time: .now - began)
    }

    /// Writes rows and state in a transaction of the caller.
    @discardableResult
    static func write(
        _ part: State, _ insertion: JournalRows.Insertion, _ db: Database
    ) throws -> JournalRows.Written {
        let written = try insertion.write(db)
        try Checkpoint.store(db, part, journalBytes: written.totalBytes)
        return written
    }
}

extension EngineCore {
    /// Begins to write what is dirty, unless that is under way already.
    func flushBehind(_ fleet: Fleet) {
        takeFlushOutcome(fleet)
        guard !fleet.writeBehind.isBusy, let (part, insertion) = takeUnwritten(fleet) else { return }
        fleet.writeBehind.begin(part, insertion, in: file) { [mailbox] in _ = mailbox.put([.flushed]) }
    }

    /// Writes what is dirty, and waits for it.
    func flushNow(_ fleet: Fleet) {
        awaitFlush(fleet)
        guard let (part, insertion) = takeUnwritten(fleet) else { return }
        note(WriteBehind.write(part, insertion, in: file), fleet)
    }

    /// Waits until no flush is on its way, and takes what came of it: the file holds still then.
    func awaitFlush(_ fleet: Fleet) {
        fleet.writeBehind.wait()
        takeFlushOutcome(fleet)
    }

    /// Takes what came of a flush that was begun.
    func takeFlushOutcome(_ fleet: Fleet) {
        if let outcome = fleet.writeBehind.takeOutcome() { note(outcome, fleet) }
    }

    private func takeUnwritten(_ fleet: Fleet) -> (State, JournalRows.Insertion)? {
        guard fleet.machine.mayFlush, writer.refusal == nil, memoryFailure == nil,
            state.dirtyCount > 0 || journal.unwritten > 0
        else { return nil }
        do throws(JournalError) {
            let insertion = try fleet.journal.takeBehind()
            return (state.takeDirty(), insertion)
        } catch {
            refuseWrites(after: error)
            return nil
        }
    }

    private func note(_ outcome: WriteBehind.Outcome, _ fleet: Fleet) {
        switch outcome.written {
        case .success(let written):
            fleet.journal.wroteBehind(written)
            state.flushed()
            checkpointed = outcome.head
            counters.checkpointed(in: outcome.time)
            housekeeping.flushed(at: clock.monotonic())
            consume(0, fleet)
        case .failure(let error):
            fleet.journal.failedBehind()
            state.flushFailed()
            refuseWrites(after: JournalError(error))
        }
    }

    /// Brings the rows that an entry names into memory: its channel's, and those of a session beside it.
    func loadRows(of channel: String, _ header: EntryHeader) throws(StorageError) {
        try loadRows(of: channel)
        if let named = header.namedSession { try loadRows(of: Session.channel(of: named)) }
    }

    /// Brings the rows of a channel into memory. With a shared journal a flush may hold the writing connection: rows
    /// that are not in memory are in the file since an earlier one, so any connection sees them.
    func loadRows(of channel: String) throws(StorageError) {
        let isCold =
            !state.isResident(channel: channel)
            || Session.id(ofChannel: channel).map { !state.isResident(session: $0) } ?? false
        guard isCold else { return counters.cacheHits += 1 }
        counters.cacheMisses += 1
        guard fleet != nil else { return try state.loadRows(of: channel, from: file) }
        try file.read { try state.loadRows(of: channel, from: $0) }
    }
}
