import Store

/// `journal.fleet` of `/api/status`: how the node stands in its fleet.
struct FleetStatus: Encodable {
    let isAway: Bool
    let isStalled: Bool
    let phase: String
    let halted: String?
    let lagMs: Int64?
    /// Units: microseconds.
    let roundTripUs: Int64?
    let members: Int
    let warnings: [String]
    let notReplicated: Bool
    let lostEntries: Int

    init(_ health: FleetHealth) {
        (isAway, isStalled, phase, halted) = (health.isAway, health.isStalled, health.phase, health.halted)
        (lagMs, roundTripUs) = (health.lagMilliseconds, health.roundTripMicroseconds)
        (members, warnings) = (health.members, health.warnings)
        (notReplicated, lostEntries) = (health.notReplicated, health.lostEntries)
    }
}
