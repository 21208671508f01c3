import NIOCore
import Store

/// Measures how late an event loop is: whatever it does waits at least that long.
///
/// - Isolation: its event loop.
final class LoopWatch {
    private let hub: Hub
    private var due = NIODeadline.now()

    private static let interval = TimeAmount.milliseconds(250)

    init(hub: Hub) { self.hub = hub }

    /// Begins to measure, as long as the event loop runs.
    func start() {
        due = .now() + Self.interval
        let me = NIOLoopBound(self, eventLoop: hub.eventLoop)
        hub.eventLoop.scheduleTask(deadline: due) {
            let watch = me.value
            watch.hub.tally.lag.record(Double((NIODeadline.now() - watch.due).nanoseconds) / 1e9)
            watch.start()
        }
    }
}
