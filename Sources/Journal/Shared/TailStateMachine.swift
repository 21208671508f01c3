/// Decides what a node does with the shared journal: read on, take part in a roll call, open a lineage, take a checkpoint.
///
/// One event, one step: the step's effects are carried out in order, then its `next`, whose result is the next event.
///
/// - Guarantee: entries are delivered only while `isLive`, that is from a server that is the one which the lineage is bound
///   to and that still has the node's own place. So no two nodes deliver two contents of one offset under one epoch: what
///   another server says is applied silently, and before anything is delivered again a new lineage changed all epochs.
/// - Units: monotonic milliseconds.
/// - Source: DESIGN section 2, rules 2 to 5.
public struct TailStateMachine: Sendable, Equatable {
    /// How long the steps of a roll call take.
    public struct Terms: Sendable, Equatable {
        /// A post is up for this long before its node may open a lineage.
        public var roll: Int64 = 2_000
        /// Without a state a node waits this long for somebody with one; as long for a checkpoint that covers a gap.
        public var lease: Int64 = 10_000
        /// Between two looks at the server while entries come all the time.
        public var look: Int64 = 1_000
        /// Between two looks while nothing can be read.
        public var pause: Int64 = 250
        /// A post that is older is of a node that has gone.
        public var postAgeMax: Int64 = 3_000

        /// The terms of DESIGN section 2.
        public init() {}
    }

    /// What a start may do with a file that the fleet's journal doesn't go on from.
    public enum Start: String, Sendable, Equatable {
        /// Stop with a sentence: somebody has to choose.
        case refuse
        /// Throw the file away and join.
        case discardFile = "discard-file"
        /// Go on from the file; the fleet takes its state.
        case seedFromFile = "seed-from-file"
    }

    /// This process.
    public let origin: UInt64
    /// The newest entry that was handed over.
    public private(set) var place: Place
    /// The lineages up to there.
    public private(set) var chain: LineageChain
    /// What is being done.
    public private(set) var phase = Phase.looking
    /// Why nothing is delivered or appended; nil while the node is live.
    public private(set) var suspension: Suspension? = .loss
    /// The server that was looked at last.
    public private(set) var server = ""

    let terms: Terms
    let start: Start
    /// True until the node was live for the first time.
    var isStarting = true
    /// True when the state comes from a file of a node that ran alone, its sole owner; until the first try to open a
    /// lineage: what others did with that lineage since is not known.
    var isSoleOwner: Bool
    var view: StreamView?
    var lookedAt: Int64 = .min
    /// Reading goes on after this id instead of the place: right before an opening that goes on from the place.
    var skip: Cursor?
    /// Only an opening may follow the place: the place itself can't be compared any more.
    var linksOnly = false
    /// Reading on from here led to entries that don't follow.
    var unlinkable: Place?
    var gapSince: Int64?
    /// When posts were counted last.
    var countedAt: Int64?
    /// The checkpoint that was taken last.
    var takenPointer: UInt64?
    /// A checkpoint that was not whole, or from which nothing leads on.
    var brokenPointer: UInt64?

    /// True while entries may be delivered and appended.
    public var isLive: Bool { suspension == nil }

    /// Begins at what the node's own file holds.
    public init(
        origin: UInt64, place: Place, chain: LineageChain, start: Start = .refuse, isSoleOwner: Bool = false,
        terms: Terms = Terms()
    ) {
        self.origin = origin
        self.place = place
        self.chain = chain
        self.start = start
        self.isSoleOwner = isSoleOwner
        self.terms = terms
    }

    /// Takes what happened and says what to do.
    public mutating func handle(_ event: Event, at now: Int64) -> Step {
        if case .halted = phase { return Step(next: .halt) }
        switch event {
        case .connected: return verify()
        case .disconnected: return away()
        case .looked(let view): return look(view, at: now)
        case .read(let batch): return take(batch, at: now)
        case .posts(let posts): return count(posts, at: now)
        case .opened(let cursor): return opened(cursor)
        case .joined(let place, let chain, let pointer): return joined(place, chain, pointer)
        case .joinFailed: return joinFailed()
        case .paused, .lossSeen: return verify()
        case .undecodable(let cursor, let reason): return halt(.unknownEntry(cursor, reason))
        }
    }

    private mutating func away() -> Step {
        phase = .looking
        gapSince = nil
        return Step(suspend(.away), next: .reconnect)
    }

    func verify() -> Step { Step(next: .look(place)) }

    func pauseThenLook() -> Step { Step(next: .pause(terms.pause)) }

    /// Stops delivering; says so once, and once more when a loss follows a mere absence.
    mutating func suspend(_ reason: Suspension) -> [Effect] {
        guard isLive || (suspension == .away && reason != .away) else { return [] }
        suspension = reason
        return [.suspend(reason)]
    }

    mutating func halt(_ halt: Halt) -> Step {
        let effects = suspend(.halted)
        phase = .halted(halt)
        return Step(effects, next: .halt)
    }

    mutating func enter(_ phase: Phase) { self.phase = phase }

    mutating func note(_ view: StreamView, at now: Int64) {
        if view.server != server {
            // Posts, gaps and what didn't link are of a server: on another one all of it is asked again.
            if case .recounting = phase { enter(.looking) }
            (skip, unlinkable, gapSince, brokenPointer) = (nil, nil, nil, nil)
        }
        self.view = view
        server = view.server
        lookedAt = now
    }

    mutating func move(to place: Place) {
        self.place = place
        (skip, linksOnly, unlinkable, gapSince) = (nil, false, nil, nil)
    }

    mutating func adopt(_ link: LineageChain.Link) { chain.append(link) }

    mutating func becomeLive() {
        (suspension, isStarting) = (nil, false)
        phase = .following
    }

    private mutating func joined(_ place: Place, _ chain: LineageChain, _ pointer: CheckpointPointer) -> Step {
        move(to: place)
        self.chain = chain
        takenPointer = pointer.nonce
        phase = .looking
        if pointer.readsAfter != place.cursor { skip = pointer.readsAfter }
        return verify()
    }

    private mutating func joinFailed() -> Step {
        brokenPointer = view?.pointer?.nonce
        phase = .looking
        return pauseThenLook()
    }

    private mutating func opened(_ cursor: Cursor?) -> Step {
        phase = .looking
        if let cursor { (skip, unlinkable, takenPointer) = (cursor.justBefore, nil, nil) }
        return verify()
    }
}

extension Cursor {
    /// An id that is before this place and after all of earlier lineages; only for the opening of a lineage.
    public var justBefore: Cursor { Cursor(lineage: lineage &- 1, sequence: UInt64(Int64.max)) }
}
