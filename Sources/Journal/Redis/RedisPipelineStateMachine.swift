import DequeModule

/// Decides what happens to the commands in flight on one connection.
///
/// - Guarantee: replies meet their commands in the order of sending; after a deadline passed or the connection ended, no
///   reply meets any command, and every waiter is answered exactly once.
/// - Units: times are monotonic nanoseconds.
struct RedisPipelineStateMachine<Waiter> {
    private struct InFlight {
        let deadline: Int64
        let waiter: Waiter
    }

    private let limits: RedisLimits
    private var inFlight: Deque<InFlight> = []
    private var outboundBytes = 0
    private var reason: RedisError?

    init(limits: RedisLimits) { self.limits = limits }

    /// Why it ended; nil while open.
    var closeReason: RedisError? { reason }

    /// Commands that wait for their reply.
    var inFlightCount: Int { inFlight.count }

    /// Why `count` more commands can't be sent now; nil when they can.
    func refusal(of count: Int) -> RedisError? {
        if let reason { return reason }
        guard count <= limits.inFlightMax - inFlight.count else {
            return .busy("more than \(limits.inFlightMax) commands wait for Redis")
        }
        guard outboundBytes <= limits.outboundBytesMax else {
            return .busy("more than \(limits.outboundBytesMax) bytes wait to be sent to Redis")
        }
        return nil
    }

    /// A command is being sent.
    mutating func sent(_ waiter: Waiter, deadline: Int64) {
        inFlight.append(InFlight(deadline: deadline, waiter: waiter))
    }

    /// Bytes were handed to the channel.
    mutating func queued(bytes: Int) { outboundBytes += bytes }

    /// The channel is done with bytes that were queued.
    mutating func flushed(bytes: Int) { outboundBytes -= bytes }

    /// A reply arrived.
    mutating func received() -> ReplyAction {
        guard reason == nil else { return .drop }
        guard let first = inFlight.popFirst() else { return .violation }
        return .answer(first.waiter)
    }

    /// What to do with a reply.
    enum ReplyAction {
        case answer(Waiter)
        /// It came after the end: nobody may have it.
        case drop
        /// Nobody asked: the connection can't be trusted any more.
        case violation
    }

    /// A timer fired.
    func deadlineAction(at now: Int64) -> DeadlineAction {
        guard reason == nil, let earliest = inFlight.lazy.map(\.deadline).min() else { return .idle }
        return earliest <= now ? .expired : .wait(until: earliest)
    }

    /// What to do when a timer fired.
    enum DeadlineAction: Equatable {
        case idle
        case wait(until: Int64)
        /// Close: a later reply could not be told from the one of the next command.
        case expired
    }

    /// The connection ends; only the first reason counts.
    ///
    /// - Returns: the waiters to be told, in order.
    mutating func close(_ newReason: RedisError) -> [Waiter] {
        guard reason == nil else { return [] }
        reason = newReason
        let waiters = inFlight.map(\.waiter)
        inFlight = []
        return waiters
    }
}
