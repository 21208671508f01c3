import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle
import Synchronization

/// Writes one event stream as the body of a response, for as long as both sides want.
struct EventStreamBody: Sendable {
    let core: GatewayCore
    let plan: EventStreamPlan
    let seat: LoopSeat

    /// Why a stream was broken off; its connection is closed with it.
    enum BreakOff: Error { case readerGoneOrSlow }

    /// Runs the stream.
    ///
    /// - Errors: `BreakOff` when the reader went away or could not keep up; the connection must be closed.
    func run(_ request: Request, _ writer: inout any ResponseBodyWriter) async throws {
        core.connections.opened(on: .events)
        defer { core.connections.ended(on: .events) }
        let queue = EventStreamQueue()
        let (plan, seat, engine) = (plan, seat, core.engine)
        let subscriber = try await seat.eventLoop.submit {
            let subscriber = EventStreamSubscriber(plan, seat: seat, engine: engine, queue: queue)
            subscriber.start()
            return NIOLoopBound(subscriber, eventLoop: seat.eventLoop)
        }.get()
        defer { seat.eventLoop.execute { subscriber.value.close(with: nil) } }
        let limit = Int64(core.configuration.drainSeconds) * 1_000 * 8 / 10
        let sole = SoleWriter(writer: writer)
        let isComplete = try await request.body.consumeWithInboundCloseHandler { _ in
            try await withGracefulShutdownHandler {
                try await pump(queue, subscriber, sole)
            } onGracefulShutdown: {
                seat.eventLoop.execute { subscriber.value.drain(withinMilliseconds: limit) }
            }
        } onInboundClosed: {
            queue.cut()
        }
        guard isComplete else { throw BreakOff.readerGoneOrSlow }
        try await writer.finish(nil)
    }

    /// Writes what comes until the stream ends (true) or is cut (false), which also ends a write that hangs.
    private func pump(
        _ queue: EventStreamQueue, _ subscriber: NIOLoopBound<EventStreamSubscriber>, _ sole: SoleWriter
    ) async throws -> Bool {
        try await withThrowingTaskGroup(of: Bool.self) { group in
            group.addTask {
                var writer = sole.writer
                for await _ in queue.wakeUps { try await write(queue, subscriber, &writer) }
                try await write(queue, subscriber, &writer)
                return true
            }
            group.addTask {
                for await _ in queue.cuts {}
                return false
            }
            defer { group.cancelAll() }
            return try await group.next() ?? false
        }
    }

    private func write(
        _ queue: EventStreamQueue, _ subscriber: NIOLoopBound<EventStreamSubscriber>,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        let taken = queue.take()
        guard !taken.isEmpty else { return }
        try await writer.write(contentsOf: taken)
        guard plan.channels.count > 1 else { return }
        seat.eventLoop.execute { subscriber.value.wroteEverything() }
    }
}

/// Carries the writer of a response into the one task that writes.
// SAFETY: the writer is used by one task at a time: `run` hands it to the task of `pump`, whose group ends before `run`
// goes on to use it itself.
private struct SoleWriter: @unchecked Sendable {
    let writer: any ResponseBodyWriter
}
