import Store

/// What the health of the engine means for the node.
struct HealthVerdict: Equatable, Sendable {
    /// `ok`, `degraded` (reads go on) or `unhealthy`.
    let status: String
    /// Of the journal alone.
    let journal: String
    /// What is wrong; the gravest first.
    let reasons: [String]
    /// Whether the node should get new work: something may be wrong all the same.
    let isReady: Bool
    /// Nothing is wrong but the number of connections: new ones should go elsewhere.
    let isFull: Bool

    /// - Parameter requiresJournal: without Redis the node is not ready.
    init(_ health: EngineHealth, isDraining: Bool, isFull: Bool = false, requiresJournal: Bool = false) {
        var (blocking, bearable): ([String], [String]) = ([], [])
        var journal = "ok"
        func found(_ reason: String, _ word: String, isBearable: Bool = false) {
            if isBearable { bearable.append(reason) } else { blocking.append(reason) }
            if journal == "ok" { journal = word }
        }
        if health.isStuck { found("the engine is stuck in one round", "stuck") }
        if let failure = health.failure { found(failure.message, failure.code.rawValue) }
        if let fleet = health.fleet {
            if let halted = fleet.halted { found(halted, "halted") }
            if fleet.phase != FleetHealth.followingPhase {
                found("this node does not follow the shared journal yet: it is \(fleet.phase)", fleet.phase)
            }
            if fleet.isStalled {
                found("Redis answers, but this node's own entries do not come back from the journal", "stalled")
            }
            if fleet.isAway { found("Redis does not answer", "away", isBearable: !requiresJournal) }
            if fleet.notReplicated {
                found("too few replicas confirm what is written", "not-replicated", isBearable: true)
            }
        }
        if isDraining { blocking.append("the node is stopping") }
        (self.journal, reasons) = (journal, blocking + bearable)
        self.isFull = isFull && blocking.isEmpty
        isReady = blocking.isEmpty && !isFull
        status = health.isStuck ? "unhealthy" : reasons.isEmpty ? "ok" : "degraded"
    }

    /// The verdict on a node that is alone.
    init(failure: EngineError?, isStuck: Bool, isDraining: Bool) {
        self.init(EngineHealth(failure: failure, isStuck: isStuck, fleet: nil), isDraining: isDraining)
    }
}
