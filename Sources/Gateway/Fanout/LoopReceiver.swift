import NIOCore
import Store
import Synchronization

/// Carries hand-overs from the engine's thread to their event loop, in order.
///
/// Hand-overs that wait for the loop are carried out together. After a large fan-out the next one waits a moment for
/// company: one write for several publications costs hardly more than one for one, and publishers that wait for
/// deliveries send theirs in that moment.
final class LoopReceiver: RoundReceiver {
    private struct Inbox {
        var waiting: [HandOver] = []
        /// When the last large fan-out ended, and how long it may make the next one wait.
        var busyUntil = NIODeadline.uptimeNanoseconds(0)
        var pause = TimeAmount.zero
    }

    /// Deliveries from which a fan-out counts as large.
    private static let largeFanOut = 500
    /// The pause after a fan-out, per delivery: about a quarter of what the delivery itself takes, and about what receivers
    /// lag behind.
    private static let pauseNanosecondsPerDelivery: Int64 = 1_000
    private static let pauseMax = TimeAmount.milliseconds(10)
    /// Only what follows a large fan-out this closely waits: a steady trickle is never delayed.
    private static let followsWithin = TimeAmount.milliseconds(1)

    private let inbox = Mutex(Inbox())
    private let eventLoop: any EventLoop
    private let hub: NIOLoopBound<Hub>

    init(eventLoop: any EventLoop, hub: NIOLoopBound<Hub>) {
        self.eventLoop = eventLoop
        self.hub = hub
    }

    func receive(_ handOver: HandOver) {
        let pause: TimeAmount? = inbox.withLock { inbox in
            inbox.waiting.append(handOver)
            guard inbox.waiting.count == 1 else { return nil }
            return NIODeadline.now() < inbox.busyUntil ? inbox.pause : .zero
        }
        switch pause {
        case nil: break
        case .zero?: eventLoop.execute { self.carryOut() }
        case let pause?: eventLoop.scheduleTask(in: pause) { self.carryOut() }
        }
    }

    private func carryOut() {
        let waiting = inbox.withLock { inbox in
            defer { inbox.waiting = [] }
            return inbox.waiting
        }
        hub.value.carryOut(waiting)
        let deliveries = hub.value.deliveries
        guard deliveries >= Self.largeFanOut else { return }
        let pause = TimeAmount.nanoseconds(Int64(deliveries) * Self.pauseNanosecondsPerDelivery)
        inbox.withLock { inbox in
            inbox.busyUntil = .now() + Self.followsWithin
            inbox.pause = min(pause, Self.pauseMax)
        }
    }
}
