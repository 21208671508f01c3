import Journal
import Logging
import NIOCore
import Store
import Synchronization

/// What all surfaces share: the engine, the configuration, one hub per event loop.
public final class GatewayCore: Sendable {
    /// The engine that everything is asked of.
    public let engine: Engine
    /// The effective configuration.
    public let configuration: GatewayConfiguration
    /// What sessions and keys are given unless a request says otherwise.
    public let terms: ServiceTerms
    let logger: Logger
    let connections = ConnectionCount()
    /// Connections by address.
    let callers: CallerTable
    /// What was refused over HTTP.
    public let refusals: RefusalTally
    /// Set by the first signal: ready is false from then on.
    let isDraining = Atomic<Bool>(false)
    /// Monotonic start, for the uptime.
    let startedAt = ContinuousClock.now
    private let loops: [LoopSeat]
    /// What this node says of itself.
    let facts: NodeFacts
    /// Who is subscribed to what.
    let presence: Presence
    /// The other nodes; nil on a node that is alone.
    let fleet: Fleet?

    /// Attaches a hub on every event loop of the group to the engine; blocks shortly, so not for an event loop.
    ///
    /// - Parameter lane: the way to the other nodes; nil on a node that is alone.
    public init(
        engine: Engine, configuration: GatewayConfiguration, terms: ServiceTerms, group: any EventLoopGroup,
        logger: Logger, lane: (any FleetLane)? = nil
    ) throws {
        self.engine = engine
        self.configuration = configuration
        self.terms = terms
        callers = CallerTable(limit: configuration.traffic.connectionsPerAddress)
        self.logger = logger
        refusals = RefusalTally(logger: logger) { engine.now }
        let seats = try group.makeIterator().map { loop in
            let (hub, heartbeat, floor) = try loop.submit {
                let heartbeat = Heartbeat(eventLoop: loop, configuration: configuration) { engine.now }
                heartbeat.start()
                let hub = Hub(eventLoop: loop)
                LoopWatch(hub: hub).start()
                let floor = WaitingFloor(eventLoop: loop)
                floor.start()
                heartbeat.company = { floor.count }
                return (
                    NIOLoopBound(hub, eventLoop: loop), NIOLoopBound(heartbeat, eventLoop: loop),
                    NIOLoopBound(floor, eventLoop: loop)
                )
            }.wait()
            let number = engine.attach(LoopReceiver(eventLoop: loop, hub: hub))
            return LoopSeat(number: number, eventLoop: loop, hub: hub, heartbeat: heartbeat, floor: floor)
        }
        let facts = NodeFacts(
            uid: lane.map { String($0.origin, radix: 16) } ?? SessionID.random(),
            name: "\(configuration.host)_\(configuration.port)", connections: connections, startedAt: startedAt,
            seats: seats)
        (loops, self.facts) = (seats, facts)
        let presence = Presence(lane: lane, namespaces: configuration.namespaces, seats: seats)
        self.presence = presence
        fleet = lane.map { Fleet(lane: $0, engine: engine, facts: facts, presence: presence, logger: logger) }
    }

    /// From now on the node is not ready and takes no new sockets.
    public func beginDraining() { isDraining.store(true, ordering: .relaxed) }

    /// The seat of an event loop; nil for a loop of another group.
    func seat(of eventLoop: any EventLoop) -> LoopSeat? { loops.first { $0.eventLoop === eventLoop } }

    /// All event loops with their hubs.
    var seats: [LoopSeat] { loops }
}

/// Defaults that writers are given.
public struct ServiceTerms: Sendable {
    /// Life of a session after the last sign of it, in milliseconds.
    public var sessionTTL: Int64
    /// How long an idempotency key is remembered, in milliseconds.
    public var idempotencyWindow: Int64

    /// Makes terms of their parts.
    public init(sessionTTL: Int64 = 3_600_000, idempotencyWindow: Int64 = 300_000) {
        self.sessionTTL = sessionTTL
        self.idempotencyWindow = idempotencyWindow
    }
}

/// An event loop's number with the engine, its hub, its heartbeat and those who wait on it.
///
/// A class, because every connection holds it: one word instead of many.
final class LoopSeat: Sendable {
    let number: Int
    let eventLoop: any EventLoop
    let hub: NIOLoopBound<Hub>
    let heartbeat: NIOLoopBound<Heartbeat>
    let floor: NIOLoopBound<WaitingFloor>

    init(
        number: Int, eventLoop: any EventLoop, hub: NIOLoopBound<Hub>, heartbeat: NIOLoopBound<Heartbeat>,
        floor: NIOLoopBound<WaitingFloor>
    ) {
        self.number = number
        self.eventLoop = eventLoop
        self.hub = hub
        self.heartbeat = heartbeat
        self.floor = floor
    }
}

/// How many clients are connected, by surface.
final class ConnectionCount: Sendable {
    private let client = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)
    private let plain = Atomic<Int>(0)
    private let events = Atomic<Int>(0)

    func opened(on surface: Surface) { change(surface, by: 1) }

    func ended(on surface: Surface) { change(surface, by: -1) }

    func count(on surface: Surface) -> Int {
        switch surface {
        case .client: client.load(ordering: .relaxed)
        case .waiting: waiting.load(ordering: .relaxed)
        case .plain: plain.load(ordering: .relaxed)
        case .events: events.load(ordering: .relaxed)
        }
    }

    var webSockets: Int { count(on: .client) + count(on: .waiting) + count(on: .plain) }

    var total: Int { webSockets + count(on: .events) }

    private func change(_ surface: Surface, by step: Int) {
        switch surface {
        case .client: client.wrappingAdd(step, ordering: .relaxed)
        case .waiting: waiting.wrappingAdd(step, ordering: .relaxed)
        case .plain: plain.wrappingAdd(step, ordering: .relaxed)
        case .events: events.wrappingAdd(step, ordering: .relaxed)
        }
    }
}
