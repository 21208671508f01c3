import Dispatch
import Synchronization

/// The bounded queue in front of the writer thread.
///
/// - Guarantee: requests are taken in the order in which they were put.
final class Mailbox: Sendable {
    private struct State {
        var requests: [Request] = []
        var bytes = 0
        var isWaiting = false
        var isClosed = false
        /// Nobody takes anything any more.
        var hasEnded = false
    }

    /// What a look into the queue found.
    struct Batch {
        let requests: [Request]
        /// True once the queue was closed and everything in it was taken.
        let isLast: Bool
    }

    private let state = Mutex(State())
    private let wakeUp = DispatchSemaphore(value: 0)

    /// Puts requests; returns the error to answer with when they don't fit.
    func put(_ requests: [Request]) -> EngineError? {
        let bytes = requests.reduce(0) { $0 + $1.sizeBytes }
        let (error, wakes): (EngineError?, Bool) = state.withLock { state in
            // What was under way when the queue was closed still comes back.
            guard !state.hasEnded, !state.isClosed || requests.allSatisfy(\.bringsBack) else {
                return (EngineError(.stopping, "the node is stopping"), false)
            }
            let fits =
                state.requests.count + requests.count <= EngineLimits.queuedRequestsMax
                && state.bytes + bytes <= EngineLimits.queuedBytesMax
            // What ends something must not be lost to a full queue; there is at most one for each thing begun.
            guard fits || requests.allSatisfy(\.endsSomething) else {
                return (EngineError(.busy, "too many requests are waiting for the disk"), false)
            }
            state.requests.append(contentsOf: requests)
            state.bytes += bytes
            defer { state.isWaiting = false }
            return (nil, state.isWaiting)
        }
        if wakes { wakeUp.signal() }
        return error
    }

    /// Refuses everything that comes from now on.
    func close() {
        let wakes = state.withLock { state in
            state.isClosed = true
            defer { state.isWaiting = false }
            return state.isWaiting
        }
        if wakes { wakeUp.signal() }
    }

    /// Takes what is left; refuses everything from now on, also what comes back.
    func end() -> [Request] {
        state.withLock { state in
            (state.isClosed, state.hasEnded) = (true, true)
            defer { (state.requests, state.bytes) = ([], 0) }
            return state.requests
        }
    }

    /// Takes what still comes back after the queue was closed, waiting at most until the deadline for it.
    func takeRest(waitingMilliseconds: Int64) -> [Request] {
        let rest = takeNow(max: .max, willWait: true)?.requests ?? []
        guard rest.isEmpty else { return rest }
        state.withLock { $0.isWaiting = true }
        _ = wakeUp.wait(timeout: .now() + .milliseconds(Int(clamping: Swift.max(0, waitingMilliseconds))))
        return takeNow(max: .max, willWait: false)?.requests ?? []
    }

    /// Takes up to a round's worth of requests, waiting at most until the deadline for the first.
    func take(max: Int, waitingMilliseconds: Int64) -> Batch {
        if let batch = takeNow(max: max, willWait: true) { return batch }
        _ = wakeUp.wait(timeout: .now() + .milliseconds(Int(clamping: Swift.max(0, waitingMilliseconds))))
        return takeNow(max: max, willWait: false) ?? Batch(requests: [], isLast: false)
    }

    /// True when nothing waits.
    var isEmpty: Bool { state.withLock { $0.requests.isEmpty } }

    private func takeNow(max: Int, willWait: Bool) -> Batch? {
        state.withLock { state in
            guard !state.requests.isEmpty || state.isClosed else {
                state.isWaiting = willWait
                return nil
            }
            state.isWaiting = false
            var taken: [Request] = []
            if state.requests.count <= max {
                swap(&taken, &state.requests)
                state.bytes = 0
            } else {
                taken = Array(state.requests[..<max])
                state.requests.removeFirst(max)
                state.bytes -= taken.reduce(0) { $0 + $1.sizeBytes }
            }
            return Batch(requests: taken, isLast: state.isClosed && state.requests.isEmpty)
        }
    }
}
