import NIOCore
import Synchronization

/// The bounded way from an event loop to the task that writes a response.
///
/// - Bounds: ``EventStreamLimits/waitingBytesMax`` of live events; what a recovery brings is bounded by the engine.
final class EventStreamQueue: Sendable {
    private struct State {
        var waiting: [ByteBuffer] = []
        /// Live bytes among them.
        var liveBytes = 0
        var isOver = false
    }

    private let state = Mutex(State())
    /// Something waits, or nothing will come any more.
    let wakeUps: AsyncStream<Void>
    private let wakeUp: AsyncStream<Void>.Continuation
    /// Ends when what is left must not be written: the reader is gone or too slow.
    let cuts: AsyncStream<Void>
    private let cutting: AsyncStream<Void>.Continuation

    init() {
        (wakeUps, wakeUp) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        (cuts, cutting) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Queues bytes; false when the reader is too slow for them: the queue is then cut.
    func put(_ buffers: [ByteBuffer], isRecovery: Bool = false) -> Bool {
        let bytes = isRecovery ? 0 : buffers.reduce(0) { $0 + $1.readableBytes }
        let fits = state.withLock { state in
            guard !state.isOver else { return true }
            guard state.liveBytes + bytes <= EventStreamLimits.waitingBytesMax else { return false }
            state.liveBytes += bytes
            state.waiting.append(contentsOf: buffers)
            return true
        }
        if fits { wakeUp.yield() } else { cut() }
        return fits
    }

    /// So much waits that what can be done without should not come on top of it.
    var isCongested: Bool { state.withLock { $0.liveBytes > EventStreamLimits.ephemeralBytesMax } }

    /// Takes everything that waits.
    func take() -> [ByteBuffer] {
        state.withLock { state in
            defer { (state.waiting, state.liveBytes) = ([], 0) }
            return state.waiting
        }
    }

    /// Nothing more comes; what waits is still written.
    func end() {
        state.withLock { $0.isOver = true }
        wakeUp.finish()
    }

    /// Nothing more is written.
    func cut() {
        state.withLock { state in
            state.isOver = true
            state.waiting = []
        }
        wakeUp.finish()
        cutting.finish()
    }
}
