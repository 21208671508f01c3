import Journal
import Migrations

extension EngineCore {
    /// Takes what came from the shared journal.
    func take(_ arrival: SharedArrival) {
        guard let fleet else { return }
        switch arrival {
        case .entries(let entries, let isDelivered):
            take(entries, isDelivered: isDelivered, fleet)
            // Nothing else of the health changes with entries, and they come thousands of times a second.
            if fleet.hasCaughtUp { return }
        case .suspended(let reason):
            // What was delivered so far is the fleet's; what follows may turn out not to be, and stays in memory.
            flush()
            journal.discard()
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
        if !isDelivered { fleet.journal.silenceBegan() }
        for arrived in entries {
            guard memoryFailure == nil, loadRows(of: arrived, fleet) else { continue }
            let base = state.epochBase
            let applied = apply(arrived.entry, at: arrived.cursor, isDelivered: isDelivered)
            if arrived.entry.kind == .open { shared.note(idSecret: state.idSecret) }
            if state.epochBase != base { endSubscriptions() }
            if arrived.entry.id.origin == origin { cameBack(arrived, applied, isDelivered: isDelivered, fleet) }
        }
        fleet.machine.applied(isDelivered: isDelivered)
        consume(entries.reduce(0) { $0 + $1.cost }, fleet)
        fleet.link.note(applied: state.head, hash: state.outcomeHash.value)
    }

    /// Without its row an entry can't be applied, and none after it: nothing is answered before a checkpoint came.
    private func loadRows(of arrived: ArrivedEntry, _ fleet: Fleet) -> Bool {
        do throws(StorageError) {
            try loadRows(of: arrived.entry.channel, arrived.entry.header)
            return true
        } catch {
            memoryFailure = EngineError(.unavailable, error.message)
            shared.note(failure: writer.refusal ?? memoryFailure)
            fleet.link.discardState()
            return false
        }
    }

    /// Lets the link read on: not while the file takes no rows and many wait in memory for it.
    func consume(_ bytes: Int, _ fleet: Fleet) {
        fleet.unconsumedBytes += bytes
        let isHeldBack =
            writer.refusal != nil && fleet.journal.unwrittenBytes >= EngineLimits.unwrittenBytesMax
        guard !isHeldBack, fleet.unconsumedBytes > 0 else { return }
        fleet.link.consumed(fleet.unconsumedBytes)
        fleet.unconsumedBytes = 0
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
        fleet.journal.silenceEnded()
        fleet.terms.notify(.live(state.place))
        // Those that came back are done; others may have been lost on the way, and a copy changes nothing.
        let last = state.origins.last(of: origin)
        fleet.resubmissions.removeAll { $0.id.counter <= last }
        guard !fleet.resubmissions.isEmpty else { return }
        // First of all that this process appends now: their counters are below those of what follows.
        fleet.link.append(fleet.resubmissions)
    }

    /// The state at the newest entry that was applied, for an opening. What was applied in silence is in it, but doesn't stay
    /// in the file: the opening may fail, and the fleet go on without it.
    private func checkpointOfMemory() -> Result<CheckpointContent, JournalError> {
        Result { () throws(JournalError) in
            if let memoryFailure { throw JournalError(.unavailable, memoryFailure.message) }
            guard let fleet else { throw JournalError(.unavailable, "the node runs alone") }
            awaitFlush(fleet)
            // From here on a lineage may be open that goes on from this state: it is nobody's alone any more.
            do throws(StorageError) { try file.write { try JournalHome.shared.store($0) } } catch {
                throw JournalError(error)
            }
            // What is written here is undone: of the copy of the state that is marked as written nothing stays.
            var state = state
            let (insertion, retention) = (try fleet.journal.takeBehind(), retention)
            fleet.journal.failedBehind()
            let part = state.takeDirty()
            do throws(StorageError) {
                return try file.writeAndUndo { db in
                    try WriteBehind.write(part, insertion, db)
                    // The lineage that is opened begins empty: every body comes along.
                    return try CheckpointContent.write(from: db, retention: retention, bodiesBelow: .max)
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
        awaitFlush(fleet)
        do throws(JournalError) {
            let surplus = hasSurplus ? try keepSurplus(beyond: content.chain, fleet) : []
            state = try CheckpointContent.adopt(content, into: file)
            fleet.journal.dropUnwritten()
            try fleet.journal.reopened(file)
            joined(surplus, fleet)
            return .success((state.place, state.chain))
        } catch {
            if error.code != .corrupt {
                // What the file holds now is not known: nothing is written behind or answered before a checkpoint is in it.
                refuseWrites(after: error)
                memoryFailure = EngineError(.unavailable, error.message)
            }
            return .failure(error)
        }
    }

    private func joined(_ surplus: [ArrivedEntry], _ fleet: Fleet) {
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
        shared.note(failure: writer.refusal)
        shared.note(idSecret: state.idSecret)
        fleet.link.note(applied: state.head, hash: state.outcomeHash.value)
        consume(0, fleet)
        endSubscriptions()
    }

    /// Keeps what this node has and the fleet hasn't in a file; returns what of it was acknowledged here.
    private func keepSurplus(beyond chain: LineageChain, _ fleet: Fleet) throws(JournalError) -> [ArrivedEntry] {
        // What the checkpoint in the file doesn't include yet counts, too.
        try fleet.journal.writeDelivered()
        let surplus = try Surplus.keep(file, notOn: chain, origin: origin, in: configuration.directory)
        fleet.lostEntries += surplus.count
        if let path = surplus.path { fleet.terms.notify(.lost(entries: surplus.count, path: path)) }
        return surplus.own.filter { $0.outcome.refusal == nil }.map { ArrivedEntry(cursor: $0.cursor, entry: $0.entry) }
    }
}
