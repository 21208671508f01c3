import NIOCore
import Store

/// Lets an engine live on an event loop, together with the link to its journal: what comes from Redis is applied where it was
/// read, and no thread has to be woken in between.
final class EngineLoop: EngineHost {
    let loop: any EventLoop
    private let turns: NIOLoopBoundBox<Turns>

    init(_ loop: any EventLoop) {
        self.loop = loop
        turns = .makeBoxSendingValue(Turns(loop), eventLoop: loop)
    }

    /// See `EngineHost`; blocking work in a turn holds up everything else on the loop.
    func live(_ make: @escaping @Sendable () -> (any TurnTaker)?, ended: @escaping @Sendable () -> Void) {
        loop.execute { [turns] in turns.value.begin(make(), ended) }
    }

    func ring() { loop.execute { [turns] in turns.value.take() } }
}

/// The turns of one engine.
///
/// - Isolation: its loop.
private final class Turns {
    private let loop: any EventLoop
    private var taker: (any TurnTaker)?
    private var ended: (() -> Void)?
    private var timer: (task: Scheduled<Void>, at: NIODeadline)?

    /// Turns in a row, while there is more to do, before the loop looks at its sockets again.
    private static let turnsInARowMax = 8
    /// How long it looks at its sockets at least: a task that is due at once would run before it.
    private static let breath = TimeAmount.microseconds(20)

    init(_ loop: any EventLoop) { self.loop = loop }

    func begin(_ taker: (any TurnTaker)?, _ ended: @escaping () -> Void) {
        guard let taker else { return ended() }
        (self.taker, self.ended) = (taker, ended)
        take()
    }

    func take() {
        guard let taker else { return }
        var next = NextTurn.now
        for _ in 0..<Self.turnsInARowMax where next == .now { next = taker.turn() }
        switch next {
        case .now: loop.assumeIsolated().scheduleTask(in: Self.breath) { self.take() }
        case .within(let milliseconds): wake(at: .now() + .milliseconds(milliseconds))
        case .never: end()
        }
    }

    /// One timer is enough: one that fires early finds out when the next turn is due.
    private func wake(at time: NIODeadline) {
        if let timer {
            guard time < timer.at else { return }
            timer.task.cancel()
        }
        let task = loop.assumeIsolated().scheduleTask(deadline: time) {
            self.timer = nil
            self.take()
        }
        timer = (task, time)
    }

    private func end() {
        timer?.task.cancel()
        let ended = ended
        (taker, self.ended, timer) = (nil, nil, nil)
        ended?()
    }
}
