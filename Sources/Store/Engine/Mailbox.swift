import Synchronization

/// The bounded queue in front of the engine.
///
/// - Guarantee: requests are taken in the order in which they were put; whoever rests is rung for the first one that comes.
final class Mailbox: Sendable {
    private struct State {
        var requests: [Request] = []
        var bytes = 0
        /// Something came, or the queue was closed, since requests were taken.
        var hasNews = false
        /// The taker rests: the next news rings.
        var isResting = false
        var isClosed = false
        /// Nobody takes anything any more.
        var hasEnded = false

        /// Notes news; true when the taker has to be rung.
        mutating func noteNews() -> Bool {
            hasNews = true
            defer { isResting = false }
            return isResting
        }
    }

    /// What a look into the queue found.
    struct Batch {
        let requests: [Request]
        /// True once the queue was closed and everything in it was taken.
        let isLast: Bool
    }

    private let state = Mutex(State())
    private let ring: @Sendable () -> Void

    /// - Parameter ring: called on any thread when something comes while the taker rests.
    init(ring: @escaping @Sendable () -> Void) { self.ring = ring }

    /// Puts requests; returns the error to answer with when they don't fit.
    func put(_ requests: [Request]) -> EngineError? {
        let bytes = requests.reduce(0) { $0 + $1.sizeBytes }
        let (error, rings): (EngineError?, Bool) = state.withLock { state in
            // What was under way when the queue was closed still comes back.
            guard !state.hasEnded, !state.isClosed || requests.allSatisfy(\.bringsBack) else {
                return (EngineError(.stopping, "the node is stopping"), false)
            }
            let fits =
                state.requests.count + requests.count <= EngineLimits.queuedRequestsMax
                && state.bytes + bytes <= EngineLimits.queuedBytesMax
            // What ends something must not be lost to a full queue; there is at most one for each thing begun.
            guard fits || requests.allSatisfy(\.endsSomething) else {
                return (EngineError(.busy, "too many requests are waiting for the engine"), false)
            }
            state.requests.append(contentsOf: requests)
            state.bytes += bytes
            return (nil, state.noteNews())
        }
        if rings { ring() }
        return error
    }

    /// Refuses everything that comes from now on, but for what brings something back.
    func close() {
        let rings = state.withLock { state in
            state.isClosed = true
            return state.noteNews()
        }
        if rings { ring() }
    }

    /// Takes what is left; refuses everything from now on, also what comes back.
    func end() -> [Request] {
        state.withLock { state in
            (state.isClosed, state.hasEnded) = (true, true)
            defer { (state.requests, state.bytes) = ([], 0) }
            return state.requests
        }
    }

    /// Takes up to a round's worth of requests; doesn't wait.
    func take(max: Int) -> Batch {
        state.withLock { state in
            state.isResting = false
            var taken: [Request] = []
            if state.requests.count <= max {
                swap(&taken, &state.requests)
                state.bytes = 0
            } else {
                taken = Array(state.requests[..<max])
                state.requests.removeFirst(max)
                state.bytes -= taken.reduce(0) { $0 + $1.sizeBytes }
            }
            state.hasNews = !state.requests.isEmpty
            return Batch(requests: taken, isLast: state.isClosed && state.requests.isEmpty)
        }
    }

    /// The taker wants to rest until it is rung; false when there was news since it took something.
    func mayRest() -> Bool {
        state.withLock { state in
            state.isResting = !state.hasNews
            return state.isResting
        }
    }

    /// True when nothing waits.
    var isEmpty: Bool { count == 0 }

    /// How many requests wait.
    var count: Int { state.withLock { $0.requests.count } }
}
