/// Decides how a node of a fleet ends once nobody may ask anything more: what is in flight first, then the link, then the
/// file. Each waits a bounded time.
struct EndingStateMachine: Equatable {
    enum Phase: Equatable {
        /// Not ending yet.
        case serving
        /// Writes in flight come back.
        case answering(until: Int64)
        /// The link lets go.
        case leaving(until: Int64)
        case left
    }

    enum Action: Equatable {
        /// Until something comes, at most until then.
        case wait(until: Int64)
        /// Have the link let go; it may take until then.
        case leave(until: Int64)
        case finish
    }

    private(set) var phase = Phase.serving

    /// Called when nothing waits in the queue; times are monotonic milliseconds.
    ///
    /// - Parameter hasWriters: true while a write is in flight and may still come back.
    mutating func next(hasWriters: Bool, at now: Int64) -> Action {
        switch phase {
        case .serving:
            phase = .answering(until: now + EngineLimits.appendMilliseconds)
            return next(hasWriters: hasWriters, at: now)
        case .answering(let until):
            if hasWriters, now < until { return .wait(until: until) }
            let limit = now + EngineLimits.appendMilliseconds
            phase = .leaving(until: limit)
            return .leave(until: limit)
        case .leaving(let until): return now < until ? .wait(until: until) : .finish
        case .left: return .finish
        }
    }

    /// The link has let go.
    mutating func left() { if case .leaving = phase { phase = .left } }
}
