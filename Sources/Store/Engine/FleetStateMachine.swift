import Journal

/// Decides what the engine of a node with a shared journal may do, by what came from the journal.
///
/// - Guarantee: nothing is answered from memory before the node was live once, and no recovery while a loss is being
///   sorted out. Whoever was connected while entries were applied in silence is told to come back with its position.
struct FleetStateMachine: Equatable, Sendable {
    enum Standing: Equatable, Sendable {
        /// Not live yet since the start: memory may lack anything.
        case starting
        case live
        /// Redis doesn't answer; what is known stays true.
        case away
        /// Something was lost, or another server took over.
        case lost
        case halted(String)
    }

    private(set) var standing = Standing.starting
    private(set) var wasLive = false
    /// Entries were applied that nobody was shown: they are not written to the file, because the fleet may go on without
    /// them.
    private(set) var hasSilent = false

    /// What a write is told at once; nil when it may be proposed.
    var appendRefusal: EngineError? {
        switch standing {
        case .live: nil
        case .starting: EngineError(.unavailable, "the node is joining the others; the write was not made")
        case .away: EngineError(.unavailable, "Redis does not answer; the write was not made")
        case .lost: EngineError(.unavailable, "the nodes are agreeing on what was lost; the write was not made")
        case .halted(let why): EngineError(.unavailable, why)
        }
    }

    /// What any question is told; nil once memory is whole.
    var readRefusal: EngineError? {
        guard !wasLive else { return nil }
        if case .halted(let why) = standing { return EngineError(.unavailable, why) }
        return EngineError(.unavailable, "the node is joining the others")
    }

    /// What a wish to recover, or for history, is told; nil when it may be answered.
    var recoveryRefusal: EngineError? {
        switch standing {
        // What came in silence may turn out to be another's.
        case .away where hasSilent: EngineError(.unavailable, "the nodes are agreeing on what was lost")
        case .live, .away: nil
        case .starting, .lost, .halted: appendRefusal
        }
    }

    /// True while what memory says is what the fleet says, as far as Redis answers.
    var isCurrent: Bool { standing == .live || standing == .away }

    /// True when what was applied may be written to the file.
    var mayFlush: Bool { !hasSilent }

    mutating func suspended(_ reason: TailStateMachine.Suspension) {
        guard wasLive else { return }
        if case .halted = standing { return }
        switch reason {
        case .away: standing = standing == .lost ? .lost : .away
        case .loss: standing = .lost
        case .halted: break
        }
    }

    mutating func halted(_ why: String) { standing = .halted(why) }

    /// Entries were applied.
    mutating func applied(isDelivered: Bool) { if !isDelivered { hasSilent = true } }

    /// The node is live again, or for the first time; true when whoever is connected has missed something.
    mutating func resumed() -> Bool {
        if case .halted = standing { return false }
        defer { (standing, wasLive, hasSilent) = (.live, true, false) }
        return wasLive && hasSilent
    }

    /// A checkpoint took the place of everything that was applied.
    mutating func joined() { hasSilent = false }
}
