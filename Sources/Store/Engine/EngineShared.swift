import Dispatch
import Journal
import Synchronization

/// The little that the engine shares between its own thread and everybody else.
final class EngineShared: Sendable {
    private struct State {
        var receivers: [any RoundReceiver] = []
        var failure: EngineError?
        /// Monotonic milliseconds at which the engine began what it does now; nil while it rests.
        var workSince: Int64?
        var stopFailure: String?
        var idSecret: [UInt8] = []
        var fleet: FleetHealth?
    }

    private let state = Mutex(State())
    private let stopped = DispatchSemaphore(value: 0)
    private let clock: EngineClock

    init(clock: EngineClock) { self.clock = clock }

    func attach(_ receiver: any RoundReceiver) -> Int {
        state.withLock {
            $0.receivers.append(receiver)
            return $0.receivers.count - 1
        }
    }

    var receivers: [any RoundReceiver] { state.withLock { $0.receivers } }

    /// The engine has something to do: a round, a checkpoint, a probe.
    func workBegan() {
        let now = clock.monotonic()
        state.withLock { $0.workSince = now }
    }

    /// The engine rests.
    func workEnded() { state.withLock { $0.workSince = nil } }

    /// Notes whether the file takes writes.
    func note(failure: EngineError?) { state.withLock { $0.failure = failure } }

    var health: EngineHealth {
        let now = clock.monotonic()
        return state.withLock { state in
            let isStuck = state.workSince.map { now - $0 > EngineLimits.stuckMilliseconds } ?? false
            return EngineHealth(failure: state.failure, isStuck: isStuck, fleet: state.fleet)
        }
    }

    /// Answers a request that was not queued.
    func refuse(_ request: Request, with error: EngineError) {
        switch request {
        case .write(_, _, let to): deliver(.failure(error), to: to)
        case .subscribe(_, let to): deliver(.failure(error), to: to)
        case .history(_, _, _, _, let to): deliver(.failure(error), to: to)
        case .readSession(_, _, let to): deliver(.failure(error), to: to)
        case .listSessions(_, _, _, let to): deliver(.failure(error), to: to)
        case .readRoom(_, let to): deliver(.failure(error), to: to)
        case .readOffer(_, _, let to): deliver(.failure(error), to: to)
        case .readAttempt(_, let to): deliver(.failure(error), to: to)
        case .listRooms(_, _, let to): deliver(.failure(error), to: to)
        case .channels(let to): deliver(.failure(error), to: to)
        case .reach(_, let to): deliver(.failure(error), to: to)
        case .caughtUp(let request, _): refuse(request, with: error)
        case .status(let to): deliver(.failure(error), to: to)
        case .resume(let parked, _):
            switch parked.purpose {
            case .subscribe(_, let to): deliver(.failure(error), to: to)
            case .history(_, _, _, _, let to): deliver(.failure(error), to: to)
            }
        case .ephemeral, .unsubscribe, .arrival, .offered, .flushed, .left: break
        }
    }

    /// Hands an answer over outside of a round, from any thread.
    func deliver<Value>(_ result: Result<Value, EngineError>, to address: Return<Value>) {
        let receiver = address.loop.flatMap { loop in
            state.withLock { $0.receivers.indices.contains(loop) ? $0.receivers[loop] : nil }
        }
        guard let receiver else { return address.body(result) }
        receiver.receive(HandOver(items: [.answer { _ in address.body(result) }], error: nil))
    }

    /// Notes how the node stands to the others.
    func note(fleet health: FleetHealth?) { state.withLock { $0.fleet = health } }

    /// Notes what ids are made with from keys.
    func note(idSecret: [UInt8]) { state.withLock { $0.idSecret = idSecret } }

    var idSecret: [UInt8] { state.withLock { $0.idSecret } }

    /// Notes why the last checkpoint or the clean mark could not be written.
    func stopFailed(_ reason: String) { state.withLock { $0.stopFailure = reason } }

    var stopFailure: String? { state.withLock { $0.stopFailure } }

    func markStopped() { stopped.signal() }

    func waitUntilStopped() {
        stopped.wait()
        stopped.signal()
    }
}
