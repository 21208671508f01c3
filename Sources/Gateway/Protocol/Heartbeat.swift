import DequeModule
import NIOCore

/// Pings, pong checks and stale checks of all client connections of one event loop, on one timer.
///
/// A connection lies in one of as many slots as the interval has ticks. Each tick pings one slot and looks for the pongs of
/// another: no connection pays for a timer of its own.
///
/// - Isolation: one event loop.
final class Heartbeat {
    private var slots: [[ClientConnection]]
    private var stale = Deque<(due: Int, connection: ClientConnection)>()
    private var tick = 0
    private let pongTicks: Int
    private let staleTicks: Int
    private var goodbyes = 0
    private let drainMilliseconds: Int64
    private let tickMilliseconds: Int64
    let eventLoop: any EventLoop
    /// Seconds as clients are told; 0 when pings are off.
    let intervalSeconds: UInt64

    /// Ticks of one interval: a ping is at most this part of the interval late.
    private static let ticksPerInterval: Int64 = 25

    init(eventLoop: any EventLoop, configuration: GatewayConfiguration) {
        self.eventLoop = eventLoop
        let interval = configuration.pingIntervalMilliseconds
        let tickMilliseconds = interval > 0 ? max(20, interval / Self.ticksPerInterval) : 1_000
        let count = interval > 0 ? Int(clamping: interval / tickMilliseconds) : 1
        slots = Array(repeating: [], count: max(1, count))
        pongTicks = interval > 0 ? Int(clamping: max(1, configuration.pongTimeoutMilliseconds / tickMilliseconds)) : 0
        staleTicks = Int(clamping: ClientLimits.staleSeconds * 1_000 / tickMilliseconds)
        intervalSeconds = UInt64(clamping: (interval + 999) / 1_000)
        drainMilliseconds = Int64(configuration.drainSeconds) * 1_000
        self.tickMilliseconds = tickMilliseconds
    }

    /// Starts the timer, which runs as long as the event loop does.
    func start() {
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.scheduleRepeatedTask(
            initialDelay: .milliseconds(tickMilliseconds), delay: .milliseconds(tickMilliseconds)
        ) { _ in me.value.beat() }
    }

    /// Expects a connect of a new connection.
    func arrived(_ connection: ClientConnection) { stale.append((tick + staleTicks, connection)) }

    /// Takes a connected client in; its first ping comes after half an interval to a whole one, so that herds spread.
    func join(_ connection: ClientConnection) {
        guard intervalSeconds > 0 else { return }
        let slot = (tick + Int.random(in: (slots.count / 2)...max(slots.count - 1, slots.count / 2))) % slots.count
        connection.beat = BeatPlace(slot: slot, index: slots[slot].count)
        slots[slot].append(connection)
    }

    /// Lets a client go.
    func leave(_ connection: ClientConnection) {
        guard let place = connection.beat, slots[place.slot].indices.contains(place.index),
            slots[place.slot][place.index] === connection, let last = slots[place.slot].popLast()
        else { return }
        connection.beat = nil
        guard last !== connection else { return }
        slots[place.slot][place.index] = last
        last.beat = place
    }

    /// When the next client of a drain should be closed: a few at once, then in pace, all within the drain time.
    func nextGoodbye() -> TimeAmount {
        goodbyes += 1
        let late = Int64(max(0, goodbyes - ClientLimits.drainBurst)) * 1_000 / Int64(ClientLimits.drainPerSecond)
        return .milliseconds(min(late, drainMilliseconds))
    }

    private func beat() {
        tick += 1
        while let first = stale.first, first.due <= tick {
            stale.removeFirst()
            first.connection.carryOut(.staleDue)
        }
        guard intervalSeconds > 0 else { return }
        let count = slots.count
        // Over copies: closing a connection takes it out of its slot.
        for connection in slots[((tick - pongTicks) % count + count) % count] { connection.carryOut(.pongDue) }
        for connection in slots[tick % count] { connection.carryOut(.pingDue) }
    }
}

/// Where a connection lies in the heartbeat.
struct BeatPlace {
    let slot: Int
    let index: Int
}
