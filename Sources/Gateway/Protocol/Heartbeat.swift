import DequeModule
import NIOCore

/// Pings, pong checks, stale checks and expiries of all client connections of one event loop, on one timer.
///
/// A connection lies in one of as many slots as the interval has ticks. Each tick pings one slot and looks for the pongs of
/// another: no connection pays for a timer of its own.
///
/// - Isolation: one event loop.
final class Heartbeat {
    private var slots: [[ClientConnection]]
    /// For each slot a time before which no client in it must end for its credentials. Units: Unix milliseconds.
    private var soonestEnds: [Int64]
    private var stale = Deque<(due: Int, connection: ClientConnection)>()
    private var tick = 0
    private let pongTicks: Int
    private let staleTicks: Int
    /// Looks at a connection, one for each ping, that may find it unused in a row; 0 for any number.
    private let quietBeatsMax: UInt32
    /// Ticks between two looks where nobody is pinged.
    private let quietTicks: Int
    private var goodbyes = 0
    private var goodbyesPerSecond = 1
    private let drainMilliseconds: Int64
    private let tickMilliseconds: Int64
    private let now: () -> Int64
    /// How many others take part in a drain beside the clients that it pings.
    var company: () -> Int = { 0 }
    let eventLoop: any EventLoop
    /// Seconds as clients are told; 0 when pings are off.
    let intervalSeconds: UInt64

    /// Ticks of one interval: a ping is at most this part of the interval late.
    private static let ticksPerInterval: Int64 = 25
    /// A tick is short enough for stale clients and expired credentials, however long the interval is.
    private static let tickMillisecondsRange: ClosedRange<Int64> = 20...1_000
    /// How often connections are looked at when they are not pinged.
    private static let lookMilliseconds: Int64 = 25_000

    /// - Parameter now: the engine's clock, which credentials end by.
    init(eventLoop: any EventLoop, configuration: GatewayConfiguration, now: @escaping () -> Int64) {
        self.eventLoop = eventLoop
        self.now = now
        let (interval, range) = (configuration.pingIntervalMilliseconds, Self.tickMillisecondsRange)
        let tickMilliseconds =
            interval > 0
            ? min(max(interval / Self.ticksPerInterval, range.lowerBound), range.upperBound) : range.upperBound
        let count = interval > 0 ? max(1, Int(clamping: interval / tickMilliseconds)) : 1
        slots = Array(repeating: [], count: count)
        soonestEnds = Array(repeating: .max, count: count)
        pongTicks = interval > 0 ? Int(clamping: max(1, configuration.pongTimeoutMilliseconds / tickMilliseconds)) : 0
        // One more, because the tick in progress is already partly over.
        staleTicks = Int(clamping: ClientLimits.staleSeconds * 1_000 / tickMilliseconds + 1)
        intervalSeconds = UInt64(clamping: (interval + 999) / 1_000)
        let look = interval > 0 ? interval : Self.lookMilliseconds
        quietTicks = Int(clamping: Self.lookMilliseconds / tickMilliseconds)
        let idle = configuration.traffic.idleMilliseconds
        quietBeatsMax = idle > 0 ? UInt32(clamping: idle / look + 1) : 0
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
        // The tick in progress is partly over: counting from the next one keeps at least half an interval.
        let soonest = (slots.count + 1) / 2 + 1
        let slot = (tick + Int.random(in: soonest...max(slots.count - 1, soonest))) % slots.count
        connection.beat = BeatPlace(slot: slot, index: slots[slot].count)
        slots[slot].append(connection)
    }

    /// Sees to it that a client that joined is looked at when its credentials, or those of a subscription, have ended; again
    /// after each renewal.
    func watch(_ connection: ClientConnection) {
        guard let place = connection.beat, let end = connection.endsAt else { return }
        soonestEnds[place.slot] = min(soonestEnds[place.slot], end)
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

    /// Clients that it pings.
    var count: Int { slots.reduce(0) { $0 + $1.count } }

    /// Bytes that wait for the clients that it pings.
    var outboundBytes: Int {
        slots.reduce(0) { sum, slot in slot.reduce(sum) { $0 + ($1.socket?.pendingBytes ?? 0) } }
    }

    /// When the next socket of a drain should be closed: a few at once, then in pace, all within the drain time.
    func nextGoodbye() -> TimeAmount {
        if goodbyes == 0 {
            let needed = Int64(count + company()) * 1_000 / max(1, drainMilliseconds)
            goodbyesPerSecond = max(ClientLimits.drainPerSecond, Int(clamping: needed))
        }
        goodbyes += 1
        let late = Int64(max(0, goodbyes - ClientLimits.drainBurst)) * 1_000 / Int64(goodbyesPerSecond)
        return .milliseconds(min(late, drainMilliseconds))
    }

    private func beat() {
        tick += 1
        while let first = stale.first, first.due <= tick {
            stale.removeFirst()
            first.connection.carryOut(.staleDue)
        }
        endExpired()
        guard intervalSeconds > 0 else {
            if tick % quietTicks == 0 { slots.forEach(endUnused) }
            return
        }
        let count = slots.count
        // Over copies: closing a connection takes it out of its slot.
        for connection in slots[((tick - pongTicks) % count + count) % count] { connection.carryOut(.pongDue) }
        endUnused(slots[tick % count])
        for connection in slots[tick % count] { connection.carryOut(.pingDue) }
    }

    /// Ends connections over which nothing went for long, so that what was forgotten doesn't stay for ever.
    private func endUnused(_ connections: [ClientConnection]) {
        guard quietBeatsMax > 0 else { return }
        for connection in connections {
            connection.quietBeats = connection.wasUsed ? 0 : connection.quietBeats + 1
            connection.wasUsed = false
            if connection.quietBeats >= quietBeatsMax { connection.close(.forceReconnect) }
        }
    }

    private func endExpired() {
        let now = now()
        for slot in soonestEnds.indices where soonestEnds[slot] <= now {
            soonestEnds[slot] = .max
            for connection in slots[slot] {
                if let end = connection.endsAt, end <= now { connection.endExpired(at: now) }
                // Whoever was closed has left; of others, single subscriptions may have ended.
                guard connection.beat != nil, let end = connection.endsAt else { continue }
                soonestEnds[slot] = min(soonestEnds[slot], end)
            }
        }
    }
}

/// Where a connection lies in the heartbeat.
///
/// Half as wide as whole numbers are: every connection has one.
struct BeatPlace {
    private let slotNumber: UInt32
    private let indexNumber: UInt32

    init(slot: Int, index: Int) {
        slotNumber = UInt32(clamping: slot)
        indexNumber = UInt32(clamping: index)
    }

    var slot: Int { Int(slotNumber) }
    var index: Int { Int(indexNumber) }
}
