import Journal

extension EngineCore: TurnTaker {
    /// A turn: a round of what waits, then what else is due.
    func turn() -> NextTurn {
        shared.workBegan()
        defer { shared.workEnded() }
        let batch = mailbox.take(max: EngineLimits.roundRequestsMax)
        if !batch.requests.isEmpty { round { for request in batch.requests { handle(request) } } }
        guard batch.isLast else {
            tend()
            return rest(until: housekeeping.dueAt(probeAt: writer.probeAt))
        }
        return endingTurn()
    }

    private func rest(until time: Int64) -> NextTurn {
        mailbox.mayRest() ? .within(milliseconds: max(0, time - clock.monotonic())) : .now
    }

    /// The queue is closed and empty: answers what is in flight to a shared journal, lets go of it, and leaves a clean
    /// directory behind.
    private func endingTurn() -> NextTurn {
        guard let fleet else {
            finish()
            return .never
        }
        let hasWriters = fleet.hasWriters && fleet.machine.standing == .live
        switch ending.next(hasWriters: hasWriters, at: clock.monotonic()) {
        case .wait(let time): return rest(until: time)
        case .leave(let time):
            let mailbox = mailbox
            // A mailbox that has ended needs to hear nothing any more: the wait is bounded.
            fleet.link.stop { _ = mailbox.put([.left]) }
            return rest(until: time)
        case .finish:
            finish()
            return .never
        }
    }
}
