import Journal

/// How a node stands in its fleet: whether the shared journal answers, and how far this node has followed it.
public struct FleetHealth: Sendable, Equatable {
    /// The phase in which everything is well; any other keeps the node from being ready.
    public static let followingPhase = "following"

    /// Redis does not answer.
    public var isAway: Bool
    /// Redis answers, but this node's canary does not come back through its own tail.
    public var isStalled: Bool
    /// What the tail does: `following`, `recounting`, `joining` and the like.
    public var phase: String
    /// Why this node follows no longer, in one sentence; nil while it does.
    public var halted: String?
    /// How far the tail lies behind the newest entry; nil when that is not known. Units: milliseconds.
    public var lagMilliseconds: Int64?
    /// Of the last canary to Redis and back; nil before the first. Units: microseconds.
    public var roundTripMicroseconds: Int64?
    /// Nodes that live, this one included.
    public var members: Int
    /// What an operator should know about the Redis server, one sentence each.
    public var warnings: [String]
    /// The last write was not confirmed by as many replicas as `REDIS_WAIT_REPLICAS` asks for.
    public var notReplicated: Bool
    /// Entries that this node had applied and that the journal has lost, since the start.
    public var lostEntries: Int

    /// Makes a health of its parts; the defaults are those of a node that follows.
    public init(
        isAway: Bool = false, isStalled: Bool = false, phase: String = FleetHealth.followingPhase,
        halted: String? = nil, lagMilliseconds: Int64? = nil, roundTripMicroseconds: Int64? = nil, members: Int = 1,
        warnings: [String] = [], notReplicated: Bool = false, lostEntries: Int = 0
    ) {
        (self.isAway, self.isStalled, self.phase, self.halted) = (isAway, isStalled, phase, halted)
        (self.lagMilliseconds, self.roundTripMicroseconds) = (lagMilliseconds, roundTripMicroseconds)
        (self.members, self.warnings) = (members, warnings)
        (self.notReplicated, self.lostEntries) = (notReplicated, lostEntries)
    }
}

extension FleetHealth {
    /// What the link says, and what the engine sees of it.
    init(_ fleet: Fleet) {
        let status = fleet.link.status
        fleet.noteLag(status.lagMilliseconds)
        self.init(
            isAway: status.isAway, isStalled: status.isStalled, phase: fleet.phase, halted: fleet.haltReason,
            lagMilliseconds: status.lagMilliseconds, roundTripMicroseconds: status.roundTripMicroseconds,
            members: max(1, status.members.count), warnings: status.warnings, notReplicated: status.isNotReplicated,
            lostEntries: fleet.lostEntries)
    }
}

extension Fleet {
    /// What the node does as its clients see it: the link may be further than the engine.
    fileprivate var phase: String {
        if machine.isCurrent { return hasCaughtUp ? FleetHealth.followingPhase : "catching-up" }
        let phase = link.status.phase
        return phase == FleetHealth.followingPhase ? "joining" : phase
    }

    fileprivate var haltReason: String? {
        if case .halted(let why) = machine.standing { return why }
        return link.status.halted
    }
}
