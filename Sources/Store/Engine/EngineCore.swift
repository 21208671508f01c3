import Journal
import Migrations

/// The engine itself: state, journal and the round in hand, on its host's thread.
///
/// A round: requests are handled in order against memory; the entries among them are proposed, and those that have a place
/// are applied, recorded and committed; only then are the hand-overs released. If the commit fails, memory is rebuilt from
/// the file and every answer of the round becomes an error. With a shared journal entries get their place in Redis: a round
/// sends what it proposes on its way, and applies what came back.
///
/// - Isolation: the thread of the engine's host. Alone, everything here may block; in a fleet only what happens while nothing
///   is delivered, such as taking a checkpoint, lasts longer than a read of a row.
final class EngineCore {
    let configuration: EngineConfiguration
    let clock: EngineClock
    let mailbox: Mailbox
    let shared: EngineShared
    let reader = HistoryReader()
    let journal: any EntryJournal
    /// Nil for a node that runs alone.
    let fleet: Fleet?
    var file: DatabaseFile
    var state: State
    /// What the last checkpoint includes: replay needs the rows after it.
    var checkpointed: Cursor
    var writer = WriterStateMachine()
    var directory: SubscriptionDirectory
    var housekeeping: Housekeeping
    var ending = EndingStateMachine()
    var counters = EngineCounters()
    /// Set while memory could not be rebuilt: nothing can be answered.
    var memoryFailure: EngineError?

    /// Requests that wait for what the journal has already.
    var barrier = Barrier()
    /// True while a request is handled whose node has all that the journal had when it came.
    var isCaughtUp = false

    /// Processes that hold places and don't live as far as is known, and since when that was seen; monotonic milliseconds.
    var strangers: [UInt64: Int64] = [:]

    /// Sessions with subscribers that the sweeper has yet to look at in this turn.
    var keptAlive: ArraySlice<String> = []

    /// Publications up to here were handed over: what turns out durable beyond it is handed over late, never left out.
    var released: Cursor
    /// Lists that are read once the round in hand is durable.
    private var listings: [SessionListing] = []
    private var handOvers: [HandOverBuilder]
    /// Answers of the round that go to no loop.
    private var direct: [@Sendable (EngineError?) -> Void] = []
    /// Subscriptions opened in this round: undone if it fails.
    var opened: [(channel: String, loop: Int)] = []
    private var epochMemo = (epoch: Cursor.start, salt: "", text: "")
    private let openingReason: String?
    private let lock: DirectoryLock
    let origin: UInt64
    private var counter: UInt64 = 0

    /// Opens the directory and rebuilds the state. A node that runs alone opens a new lineage where the old one can't go
    /// on; one of a fleet begins to connect.
    init(_ configuration: EngineConfiguration, mailbox: Mailbox, shared: EngineShared) throws(StorageError) {
        self.configuration = configuration
        (clock, self.mailbox, self.shared) = (configuration.clock, mailbox, shared)
        try configuration.directory.prepare()
        lock = try DirectoryLock(configuration.directory)
        let durability = configuration.fleet == nil ? configuration.durability : .os
        file = try DatabaseFile(configuration.directory, durability: durability)
        directory = SubscriptionDirectory(loops: configuration.loops)
        handOvers = (0..<configuration.loops).map { _ in HandOverBuilder() }
        housekeeping = Housekeeping(flushInterval: configuration.flushInterval, now: clock.monotonic())
        var generator = SystemRandomNumberGenerator()
        origin = generator.next()
        do throws(JournalError) {
            let start = try EngineJournal.open(
                configuration, file: file, origin: origin, mailbox: mailbox, clock: configuration.clock)
            (journal, fleet, state) = (start.journal, start.fleet, start.state)
            openingReason = start.opening?.rawValue
        } catch { throw StorageError(error) }
        // Not the state's head: what was just replayed is in no checkpoint yet, and retention may not touch it.
        checkpointed = try Checkpoint.cursor(in: file)
        released = state.head
        if let openingReason { try openLineage(because: openingReason) }
        shared.note(idSecret: state.idSecret)
        shared.note(fleet: fleet.map { FleetHealth($0) })
        fleet?.link.start()
    }

    var startFacts: EngineStartFacts { EngineStartFacts(openingReason: openingReason) }

    private func openLineage(because reason: String) throws(StorageError) {
        var header = EntryHeader()
        header.reason = reason
        let opening = Opening.drawn(parent: state.place)
        propose(Draft(channel: "", kind: .open, header: header, body: opening.body)) { _ in }
        do throws(JournalError) { try journal.commit() } catch { throw StorageError(error) }
        try Checkpoint.store(state, journal: journal, in: file)
        state.markFlushed()
        (checkpointed, released) = (state.head, state.head)
    }

    /// Runs the body as one round: commit what it proposed, then release what it answered.
    func round(_ body: () -> Void) {
        let before = counters.entries
        body()
        var failure: EngineError?
        if journal.hasRound {
            counters.rounds += 1
            let began = ContinuousClock.now
            do throws(JournalError) {
                try journal.commit()
                released = journal.head
                counters.committed(counters.entries - before, in: .now - began, syncing: journal.syncTime)
            } catch {
                failure = EngineError(error)
                undoRound(after: EngineError(error))
            }
        }
        opened.removeAll(keepingCapacity: true)
        if !listings.isEmpty { list(failed: failure) }
        release(failed: failure)
        if failure != nil { rebuildMemory() }
        shared.note(failure: writer.refusal ?? memoryFailure)
        takeUpReached()
    }

    /// Has a list of sessions read after the round in hand: a checkpoint in the middle of it would hold what is not durable.
    func listAfterRound(_ listing: SessionListing) { listings.append(listing) }

    private func list(failed error: EngineError?) {
        defer { listings.removeAll(keepingCapacity: true) }
        guard error == nil else { return listings.forEach { answer($0.to, .success([])) } }
        flush()
        for listing in listings { reader.list(listing, at: now, from: file, through: shared) }
    }

    func release(failed error: EngineError?) {
        let receivers = shared.receivers
        for loop in handOvers.indices where !handOvers[loop].isEmpty {
            let handOver = handOvers[loop].take(failed: error)
            if receivers.indices.contains(loop) { receivers[loop].receive(handOver) }
        }
        guard !direct.isEmpty else { return }
        let answers = direct
        direct.removeAll(keepingCapacity: true)
        for answer in answers { answer(error) }
    }

    /// Proposes a draft as the next entry of this process.
    ///
    /// - Parameters:
    ///   - to: who waits for it, should it come back later; nil for the service itself.
    ///   - settle: what to do if it is applied at once.
    func propose(_ draft: Draft, to: Return<WriteAnswer>? = nil, settle: (Applied) -> Void) {
        counter &+= 1
        counters.entries += 1
        let entry = Entry(
            id: EntryID(origin: origin, counter: counter), time: entryTime, channel: draft.channel, kind: draft.kind,
            header: draft.header, body: draft.body)
        guard let cursor = journal.propose(entry) else {
            let write = Awaiting.Write(channel: draft.channel, to: to)
            fleet?.awaiting.add(
                write, counter: counter, deadline: clock.monotonic() + EngineLimits.appendMilliseconds)
            return
        }
        settle(apply(entry, at: cursor, isDelivered: true))
    }

    /// Applies an entry that has its place, and hands its publication to the loops with subscribers.
    func apply(_ entry: Entry, at cursor: Cursor, isDelivered: Bool) -> Applied {
        let applied = state.apply(entry, at: cursor)
        journal.record(JournalRow(cursor: cursor, entry: entry, outcome: applied.outcome))
        if let publication = applied.publication {
            counters.publications += 1
            if isDelivered { fanOut(publication, to: entry.channel) }
        }
        if applied.outcome.refusal != nil { counters.refused += 1 }
        return applied
    }

    func fanOut(_ publication: Publication, to channel: String) {
        directory.forEachLoop(of: channel) { handOvers[$0].publish(publication, to: channel) }
    }

    /// Ends every subscription on every loop, with insufficient state: what comes from here on doesn't join up.
    func endSubscriptions() { for loop in handOvers.indices { handOvers[loop].endSubscriptions() } }

    /// Queues an answer for the end of the round.
    func answer<Value>(_ address: Return<Value>, _ result: Result<Value, EngineError>) {
        let body: @Sendable (EngineError?) -> Void = { error in address.body(error.map { .failure($0) } ?? result) }
        if let loop = address.loop, handOvers.indices.contains(loop) {
            handOvers[loop].answer(body)
        } else {
            direct.append(body)
        }
    }

    /// Opens a subscription from this place of the round on.
    func openSubscription(_ channel: String, loop: Int) {
        guard handOvers.indices.contains(loop) else { return }
        directory.add(channel, loop: loop)
        opened.append((channel, loop))
        handOvers[loop].seal(channel)
    }

    /// Milliseconds since 1970 that entries are given: the one clock of the fleet, or this machine's.
    var entryTime: Int64 { fleet?.link.serverTime() ?? clock.entryTime() }

    /// Milliseconds since 1970 for deadlines: never behind what `apply` goes by.
    var now: Int64 { max(state.journalTime, entryTime) }

    /// The position that a channel's subscribers would be given now; an older numbering where one is named.
    func position(of channel: String, offset: UInt64, in numbering: Cursor? = nil) -> Position {
        let epoch = numbering ?? state.channels[channel]?.epoch ?? state.birthEpoch(of: channel)
        if epochMemo.epoch != epoch || epochMemo.salt != state.epochSalt {
            epochMemo = (epoch, state.epochSalt, state.text(of: epoch))
        }
        return Position(epoch: epochMemo.text, offset: offset)
    }
}
