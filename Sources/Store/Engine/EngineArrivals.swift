import Journal
import Migrations

extension EngineCore {
    /// Takes what came from the shared journal.
    func take(_ arrival: SharedArrival) {
        guard let fleet else { return }
        switch arrival {
        case .entries(let entries, let isDelivered): take(entries, isDelivered: isDelivered, fleet)
        case .suspended(let reason):
            // What was delivered so far is the fleet's; what follows may turn out not to be, and stays in memory.
            flush()
            fleet.machine.suspended(reason)
            fleet.terms.notify(.suspended(reason))
            failAll(EngineError(.outcomeUnknown, "the connection to Redis was lost"), fleet)
        case .resumed: resume(fleet)
        case .confirmed(let counter): confirm(counter, fleet)
        case .failed(let counters, let error): fail(counters, EngineError(error), fleet)
        case .checkpointWanted(let reply): reply(checkpointOfMemory())
        case .join(let content, let hasSurplus, let reply): reply(join(content, hasSurplus: hasSurplus, fleet))
        case .halted(let why):
            fleet.machine.halted(why.description)
            fleet.terms.notify(.halted(why))
            failAll(EngineError(.outcomeUnknown, why.description), fleet)
        }
        shared.note(fleet: FleetHealth(fleet))
    }

    private func take(_ entries: [ArrivedEntry], isDelivered: Bool, _ fleet: Fleet) {
        var bytes = 0
        for arrived in entries {
            bytes += arrived.cost
            do throws(StorageError) { try loadRows(of: arrived.entry.channel) } catch {
                // Without the row the entry can't be applied, and none after it: nothing more may be answered from here.
                memoryFailure = EngineError(.unavailable, error.message)
            }
            guard memoryFailure == nil else { continue }
            let base = state.epochBase
            let applied = apply(arrived.entry, at: arrived.cursor, isDelivered: isDelivered)
            if state.epochBase != base { epochsChanged() }
            if arrived.entry.id.origin == origin { cameBack(arrived, applied, isDelivered: isDelivered, fleet) }
        }
        fleet.machine.applied(isDelivered: isDelivered)
        fleet.link.consumed(bytes)
        fleet.link.note(applied: state.head, hash: state.outcomeHash.value)
    }

    private func epochsChanged() {
        shared.note(idSecret: state.idSecret)
        endSubscriptions()
    }

    private func cameBack(_ arrived: ArrivedEntry, _ applied: Applied, isDelivered: Bool, _ fleet: Fleet) {
        let counter = arrived.entry.id.counter
        guard isDelivered, let write = fleet.awaiting.take(counter), let to = write.to else { return }
        guard fleet.unconfirmed?.holds(counter) ?? false else {
            return answer(to, .success(writeAnswer(write.channel, applied)))
        }
        let made = writeAnswer(write.channel, applied)
        fleet.unconfirmed?.add(counter) { [self] error in answer(to, error.map { .failure($0) } ?? .success(made)) }
    }

    private func confirm(_ counter: UInt64, _ fleet: Fleet) {
        for settle in fleet.unconfirmed?.confirmed(upTo: counter) ?? [] { settle(nil) }
    }

    private func fail(_ counters: [UInt64], _ error: EngineError, _ fleet: Fleet) {
        for counter in counters {
            if let settle = fleet.unconfirmed?.take(counter) {
                settle(error)
            } else if let to = fleet.awaiting.take(counter)?.to {
                answer(to, .failure(error))
            }
        }
    }

    func failAll(_ error: EngineError, _ fleet: Fleet) {
        for write in fleet.awaiting.takeAll() { if let to = write.to { answer(to, .failure(error)) } }
        for settle in fleet.unconfirmed?.takeAll() ?? [] { settle(error) }
    }

    private func resume(_ fleet: Fleet) {
        if fleet.machine.resumed() { endSubscriptions() }
        fleet.terms.notify(.live(state.place))
        guard !fleet.resubmissions.isEmpty else { return }
        // First of all that this process appends now: their counters are below those of what follows.
        fleet.link.append(fleet.resubmissions)
        fleet.resubmissions = []
    }

    /// The state at the newest entry that was applied, for an opening. What was applied in silence is in it, but doesn't stay
    /// in the file: the opening may fail, and the fleet go on without it.
    private func checkpointOfMemory() -> Result<CheckpointContent, JournalError> {
        Result { () throws(JournalError) in
            guard let fleet else { throw JournalError(.unavailable, "the node runs alone") }
            fleet.writeBehind.wait()
            takeFlushOutcome(fleet)
            // What is written here is undone: of the copy of the state that is marked as written nothing stays.
            var state = state
            let (insertion, retention) = (try fleet.journal.takeBehind(), retention)
            fleet.journal.failedBehind()
            let part = state.takeDirty()
            do throws(StorageError) {
                return try file.writeAndUndo { db in
                    try WriteBehind.write(part, insertion, db)
                    return try CheckpointContent.write(from: db, retention: retention)
                }
            } catch { throw JournalError(error) }
        }
    }

    /// What of the journal other nodes can make use of.
    var retention: RetainedPublications.Retention {
        RetainedPublications.Retention(
            milliseconds: configuration.journalRetention, bytesMax: configuration.journalBytesMax)
    }

    private func join(
        _ content: CheckpointContent, hasSurplus: Bool, _ fleet: Fleet
    ) -> Result<(place: Place, chain: LineageChain), JournalError> {
        fleet.writeBehind.wait()
        takeFlushOutcome(fleet)
        fleet.journal.dropUnwritten()
        return Result { () throws(JournalError) in
            let surplus = hasSurplus ? try keepSurplus(beyond: content.chain, fleet) : []
            state = try CheckpointContent.adopt(content, into: file)
            try fleet.journal.reopened(file)
            fleet.resubmissions =
                Resubmission(
                    surplus: surplus, waiting: fleet.resubmissions, origin: origin,
                    // Only what was delivered is in the file, and that was acknowledged.
                    acknowledged: { _ in true }, last: state.origins.last(of: origin)
                ).again
            checkpointed = state.head
            fleet.machine.joined()
            fleet.duty = CheckpointDuty()
            memoryFailure = nil
            epochsChanged()
            return (state.place, state.chain)
        }
    }

    /// Keeps what this node has and the fleet hasn't in a file; returns what of it was acknowledged here.
    private func keepSurplus(beyond chain: LineageChain, _ fleet: Fleet) throws(JournalError) -> [ArrivedEntry] {
        let surplus = try Surplus.keep(file, notOn: chain, origin: origin, in: configuration.directory)
        fleet.lostEntries += surplus.count
        if let path = surplus.path { fleet.terms.notify(.lost(entries: surplus.count, path: path)) }
        return surplus.own.filter { $0.outcome.refusal == nil }.map { ArrivedEntry(cursor: $0.cursor, entry: $0.entry) }
    }
}

/// Writes whose entry came back, until enough replicas have it.
struct Unconfirmed {
    private var confirmed: UInt64 = 0
    private var waiting: [UInt64: (EngineError?) -> Void] = [:]

    /// True when an entry must wait.
    func holds(_ counter: UInt64) -> Bool { counter > confirmed }

    mutating func add(_ counter: UInt64, _ settle: @escaping (EngineError?) -> Void) { waiting[counter] = settle }

    mutating func take(_ counter: UInt64) -> ((EngineError?) -> Void)? { waiting.removeValue(forKey: counter) }

    mutating func confirmed(upTo counter: UInt64) -> [(EngineError?) -> Void] {
        confirmed = max(confirmed, counter)
        let due = waiting.keys.filter { $0 <= counter }.sorted()
        return due.compactMap { take($0) }
    }

    mutating func takeAll() -> [(EngineError?) -> Void] {
        defer { waiting = [:] }
        return waiting.sorted { $0.key < $1.key }.map(\.value)
    }
}
