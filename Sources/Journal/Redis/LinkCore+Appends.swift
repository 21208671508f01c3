import NIOCore
import Synchronization

extension LinkCore {
    /// Sends the appends that wait, with one flush.
    func drainAppends() {
        let (entries, refused) = board.appends.withLock { $0.take() }
        if !refused.isEmpty {
            let text =
                "more than \(SharedLimits.appendsMax) writes, or \(SharedLimits.appendBytesMax) bytes, are in flight"
            receive(.failed(refused, JournalError(.busy, text)))
        }
        guard !entries.isEmpty else { return }
        held.append(contentsOf: entries)
        sendHeld()
    }

    private func sendHeld() {
        guard !held.isEmpty else { return }
        guard tail.isLive, !isEnded, onDrained == nil, let links, let lineage = tail.chain.newest?.lineage else {
            return refuseHeld(JournalError(.unavailable, "the journal in Redis can't be written to at the moment"))
        }
        switch gate.decision {
        case .hold: return
        case .refuse:
            let text = "\(gate.replicas) replicas are wanted and don't confirm: nothing was written"
            return refuseHeld(JournalError(.unavailable, text))
        case .send: break
        }
        let entries = held
        held.removeAll(keepingCapacity: true)
        var commands: [RedisCommand] = []
        commands.reserveCapacity(entries.count + 1)
        let id = "\(lineage)-*"
        for entry in entries {
            commands.append(addition(of: entry, id: id))
            pending.sent(
                PendingAppends.Append(
                    id: entry.id, bytes: entry.cost, isCanary: entry.kind == .canary, repliedAt: nil))
        }
        if gate.replicas > 0 { commands.append(wait) }
        gate.sent()
        let ids = entries.map(\.id)
        if gate.replicas > 0 { unconfirmed = entries.filter { $0.kind != .canary }.map(\.id.counter) }
        let round = round
        var index = 0
        links.append.sendOnLoop(commands, deadline: .milliseconds(terms.append + waitSlack)) { [self] result in
            defer { index += 1 }
            guard round == self.round, !isEnded else { return }
            if index < ids.count { answered(ids[index], result) } else { confirmed(ids, result) }
        }
    }

    private var waitSlack: Int64 { gate.replicas > 0 ? terms.wait : 0 }

    private var wait: RedisCommand { RedisCommand("WAIT", String(gate.replicas), String(terms.wait)) }

    /// Only an opening may create the stream, and the lineage fences: so it never adds to what is not ours.
    private func addition(of entry: Entry, id: String) -> RedisCommand {
        let payload = StreamEntryCoding.encode(entry)
        var command = RedisCommand(reservingBytes: payload.count + keys.journal.utf8.count + 64, words: 6)
        for word in ["XADD", keys.journal, "NOMKSTREAM", id, "e"] { command.append(word) }
        command.append(payload)
        return command
    }

    private func answered(_ id: EntryID, _ result: Result<RESPReply, RedisError>) {
        do throws(RedisError) {
            guard try result.get().addedCursor() != nil else {
                refused(id, "the journal's stream is gone from Redis")
                return lossSeen()
            }
            pending.replied(id, at: now)
        } catch {
            if error.meansAnotherServer { return drop(error) }
            guard case .server(let refusal) = error else {
                // Nothing was sent of a batch that was refused as busy; else the connection is gone.
                if case .busy = error { refused(id, error.description, .busy) } else { drop(error) }
                return
            }
            refused(id, "Redis refused the write: \(refusal.description)")
            if refusal.kind == .fenced { lossSeen() }
        }
    }

    private func refused(_ id: EntryID, _ text: String, _ code: JournalError.Code = .unavailable) {
        guard let append = pending.refused(id) else { return }
        release([append])
        if !append.isCanary { receive(.failed([id.counter], JournalError(code, text))) }
    }

    /// Somebody else's lineage is newer, or the stream is gone: the tail looks again once its read ends.
    private func lossSeen() {
        isLossPending = tail.isLive
    }

    /// The answer to the WAIT behind a batch.
    private func confirmed(_ ids: [EntryID], _ result: Result<RESPReply, RedisError>) {
        let count: Int64?
        switch result {
        case .success(let reply): count = reply.integer
        case .failure(let error):
            if case .busy = error { count = Int64(gate.replicas) } else { return drop(error) }
        }
        if gate.answered(count) {
            if let last = unconfirmed.last { receive(.confirmed(upTo: last)) }
            unconfirmed = []
        } else {
            let lost = Set(ids)
            let text =
                "Redis has the write, but \(count ?? 0) of \(gate.replicas) replicas confirmed it: it may get lost"
            for append in pending.takeAll() {
                if lost.contains(append.id) { release([append]) } else { pending.sent(append) }
            }
            if !unconfirmed.isEmpty { receive(.failed(unconfirmed, JournalError(.notReplicated, text))) }
            unconfirmed = []
        }
        show()
        sendHeld()
    }

    /// Asks again whether the replicas are there.
    func probeReplicas() {
        guard let links, tail.isLive, gate.wantsProbe() else { return }
        let round = round
        links.append.ask([wait], within: terms.append + waitSlack) { [self] result in
            guard round == self.round, !isEnded else { return }
            switch result {
            case .success(let replies): _ = gate.answered(replies.first?.integer)
            case .failure(let error): drop(error)
            }
            show()
        }
    }

    private func refuseHeld(_ error: JournalError) {
        let entries = held
        held.removeAll()
        board.appends.withLock { queue in
            queue.release(count: entries.count, bytes: entries.reduce(0) { $0 + $1.cost })
        }
        let counters = entries.filter { $0.kind != .canary }.map(\.id.counter)
        if !counters.isEmpty { receive(.failed(counters, error)) }
    }

    /// The outcome of all that went out is unknown; what did not go out was not made.
    func loseAppends() {
        let lost = pending.takeAll()
        release(lost)
        let inFlight = lost.filter { !$0.isCanary }.map(\.id.counter)
        let known = Set(inFlight)
        let counters = unconfirmed.filter { !known.contains($0) } + inFlight
        unconfirmed = []
        if !counters.isEmpty {
            let text = "the connection to the journal was lost: whether the write was made is unknown"
            receive(.failed(counters, JournalError(.outcomeUnknown, text)))
        }
        refuseHeld(JournalError(.unavailable, "the journal in Redis can't be written to at the moment"))
    }

    /// One of this process's own came back through the tail.
    func ownArrived(_ id: EntryID) {
        ownSeenAt = now
        let done = pending.arrived(id)
        release(done)
        // What was sent before it and did not come can't come any more.
        let missing = done.dropLast().filter { !$0.isCanary }.map(\.id.counter)
        if !missing.isEmpty {
            receive(.failed(missing, JournalError(.outcomeUnknown, "Redis did not answer for the write")))
        }
        if pending.isEmpty { finishDrain() }
    }

    private func release(_ appends: [PendingAppends.Append]) {
        guard !appends.isEmpty else { return }
        board.appends.withLock { queue in
            queue.release(count: appends.count, bytes: appends.reduce(0) { $0 + $1.bytes })
        }
    }

    /// Appends a canary when nothing of this process came back for a while, so that a tail that stands still is seen.
    func appendCanary() {
        guard tail.isLive, pending.isEmpty, held.isEmpty, now - ownSeenAt >= terms.tick else { return }
        let time = board.clock.withLock { $0?.time(at: Self.now) } ?? 0
        canaries += 1
        let id = EntryID(origin: canaryOrigin, counter: canaries)
        let canary = Entry(id: id, time: time, channel: "", kind: .canary)
        if board.appends.withLock({ $0.add([canary]) }) { drainAppends() }
    }
}
