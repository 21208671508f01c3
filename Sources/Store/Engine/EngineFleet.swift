import Journal
import Migrations

extension EngineCore {
    /// Has a request handled once this node has applied all that the journal has now: behind is not gone.
    ///
    /// - Returns: false when that was done, or the node runs alone: what memory says is the truth.
    func waitsForJournal(_ request: Request) -> Bool {
        guard fleet != nil, !isCaughtUp else { return false }
        barrier.ask(request)
        return true
    }

    /// Sends the round's question, and takes up what has waited long enough.
    func takeUpReached() {
        if let fleet, barrier.hasQuestion {
            let (requests, mailbox, shared) = (barrier.takeAsking(), mailbox, shared)
            fleet.link.reach { result in
                let requests = requests.map { Request.caughtUp($0, result) }
                if let error = mailbox.put(requests) { for request in requests { shared.refuse(request, with: error) } }
            }
        }
        let reached = barrier.takeReached(state.head)
        guard !reached.isEmpty else { return }
        round { for request in reached { handleCaughtUp(request) } }
    }

    /// Handles a request whose question was answered.
    func caughtUp(_ request: Request, _ result: Result<Cursor, JournalError>) {
        switch result {
        case .failure(let error): shared.refuse(request, with: EngineError(.unavailable, error.message))
        case .success(let cursor) where cursor <= state.head: handleCaughtUp(request)
        case .success(let cursor): wait(request, for: cursor)
        }
    }

    private func handleCaughtUp(_ request: Request) {
        isCaughtUp = true
        handle(request)
        isCaughtUp = false
    }

    private func wait(_ request: Request, for cursor: Cursor) {
        let deadline = clock.monotonic() + EngineLimits.barrierMilliseconds
        guard barrier.wait(request, for: cursor, deadline: deadline) else {
            return shared.refuse(request, with: EngineError(.busy, "too many requests wait for the journal"))
        }
    }

    /// Answers once everything up to a cursor was applied here.
    func reach(_ cursor: Cursor, _ to: Return<Cursor>) {
        if cursor <= state.head { return answer(to, .success(state.head)) }
        wait(.reach(cursor, to), for: cursor)
    }

    /// Looks after what waits for the journal, and after the checkpoint in Redis.
    func tendFleet(at now: Int64) {
        let behind = EngineError(.unavailable, "this node is at \(state.head), behind what was asked for; try again")
        for request in barrier.takeOverdue(at: now) { shared.refuse(request, with: behind) }
        guard let fleet else { return }
        let late = EngineError(.outcomeUnknown, "the entry did not come back from Redis in time")
        for write in fleet.awaiting.takeOverdue(at: now) { if let to = write.to { answer(to, .failure(late)) } }
        offerCheckpoint(at: now, fleet)
        shared.note(fleet: FleetHealth(fleet))
    }

    private func offerCheckpoint(at now: Int64, _ fleet: Fleet) {
        let status = fleet.link.status
        guard status.isCheckpointer, fleet.machine.standing == .live, fleet.machine.mayFlush,
            fleet.duty.isDue(entries: state.head, rows: state.rowEstimate, isWanted: status.isCheckpointWanted, at: now)
        else { return }
        flush()
        guard state.dirtyCount == 0, journal.unwritten == 0 else { return }
        fleet.duty.began(at: now)
        let (link, mailbox, retention) = (fleet.link, mailbox, retention)
        reader.checkpoint(from: file, keeping: retention) { content in
            switch content {
            case .success(let content):
                link.offer(checkpoint: content) { result in
                    _ = mailbox.put([.offered(result.map { content.place.cursor })])
                }
            case .failure(let error): _ = mailbox.put([.offered(.failure(error))])
            }
        }
    }

    /// A checkpoint is in Redis, or could not be put there; then a later one will be.
    func offered(_ result: Result<Cursor, JournalError>) {
        fleet?.duty.ended(result, at: clock.monotonic())
        if case .failure = result { counters.failedOffers += 1 }
    }
}
