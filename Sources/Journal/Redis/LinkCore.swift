import NIOCore
import Synchronization

/// Carries out what the tail machine decides: one event, its effects in order, then the one thing to do next.
///
/// - Isolation: everything on the link's loop; the engine's completions come back to it by `onLoop`.
final class LinkCore {
    let configuration: SharedConfiguration
    let terms: SharedTerms
    let keys: StreamKeys
    let loop: any EventLoop
    let board: SharedBoard
    let receive: @Sendable (SharedArrival) -> Void
    let locator: RedisLocator

    var tail: TailStateMachine
    /// Nil while Redis is away.
    var links: LinkConnections?
    /// Grows with every loss of the connections: what was asked before is not listened to any more.
    var round: UInt64 = 0
    var backoff = Backoff()
    var lastError: RedisError?
    /// True until entries were delivered once: what waiting doesn't mend ends the link.
    var isStarting = true
    var isEnded = false
    /// The engine is replacing its state: nothing may happen to the machine until it said where it is now.
    var isJoining = false
    var isDropPending = false

    /// What the last read brought, and how much of it was handed over.
    var batch: [ArrivedEntry] = []
    var handedCount = 0
    var sizing = ReadSizing()
    var pausedRead: (after: Cursor, waits: Bool)?

    var pending = PendingAppends()
    var delivery = DeliveryWatch()
    var held: [Entry] = []
    /// Counters of the batch whose WAIT was not answered yet.
    var unconfirmed: [UInt64] = []
    /// What the tail is to be told as soon as its read ends.
    var interruption: TailStateMachine.Event?
    /// An append met a loss; the tail looks as soon as its read ends.
    var isLossPending = false
    var gate: ReplicationGate
    var ownSeenAt: Int64 = 0
    /// Canaries count under an origin of their own: they must not overtake numbers that the engine gave out.
    let canaryOrigin = UInt64.random(in: 1 ... .max)
    var canaries: UInt64 = 0
    var leases: LeaseTable
    var stamp: UInt64 = 0
    var isCheckpointer = false
    var isOffering = false
    var reaches: [ReachCompletion] = []
    var isReaching = false
    var isRenewing = false
    var isLeaving = false
    var onDrained: (@Sendable () -> Void)?

    typealias ReachCompletion = @Sendable (Result<Cursor, JournalError>) -> Void

    init(
        _ configuration: SharedConfiguration, tail: TailStateMachine, loop: any EventLoop, board: SharedBoard,
        receive: @escaping @Sendable (SharedArrival) -> Void
    ) {
        self.configuration = configuration
        self.tail = tail
        self.loop = loop
        self.board = board
        self.receive = receive
        terms = configuration.terms
        keys = StreamKeys(prefix: configuration.prefix)
        locator = RedisLocator(configuration.target, key: keys.journal)
        gate = ReplicationGate(replicas: configuration.waitReplicas)
        var leaseTerms = LeaseTable.Terms()
        leaseTerms.lease = configuration.terms.lease
        leases = LeaseTable(origin: tail.origin, terms: leaseTerms)
    }

    /// Monotonic milliseconds.
    static var now: Int64 { Int64(clamping: NIODeadline.now().uptimeNanoseconds / 1_000_000) }
    var now: Int64 { Self.now }

    /// Takes an event, and does what follows.
    func feed(_ event: TailStateMachine.Event) {
        guard let next = step(event) else { return }
        perform(next)
    }

    /// Takes an event and carries out its effects; what comes next is the caller's.
    func step(_ event: TailStateMachine.Event) -> TailStateMachine.Next? {
        guard !isEnded else { return nil }
        let step = tail.handle(event, at: now)
        for effect in step.effects {
            switch effect {
            case .hand(let count, let isDelivered): hand(count, isDelivered: isDelivered)
            case .suspend(let reason):
                receive(.suspended(reason))
                if reason != .away { delivery.arrived() }
                loseAppends()
            case .resume:
                isStarting = false
                receive(.resumed)
            }
        }
        show()
        return step.next
    }

    func perform(_ next: TailStateMachine.Next) {
        if let event = interruption, case .read = next {
            interruption = nil
            return feed(event)
        }
        if isLossPending, case .read = next {
            isLossPending = false
            return feed(.lossSeen)
        }
        switch next {
        case .look(let place): look(place)
        case .read(let id, let waits):
            guard waits, sizing.pause > 0 else { return read(after: id, waits: waits) }
            after(.microseconds(sizing.pause)) { $0.read(after: id, waits: waits) }
        case .post(let place): post(place)
        case .open(let plan): open(plan)
        case .join(let pointer, let hasSurplus): join(pointer, hasSurplus: hasSurplus)
        case .reconnect: reconnect()
        case .pause(let milliseconds): after(.milliseconds(milliseconds)) { $0.feed(.paused) }
        case .halt: halt()
        }
    }

    /// Does something later, unless the connections were lost in between.
    func after(_ delay: TimeAmount, _ body: @escaping (LinkCore) -> Void) {
        let round = round
        loop.assumeIsolated().scheduleTask(in: delay) { [self] in
            if round == self.round, !isEnded { body(self) }
        }
    }

    /// A way back onto the loop for completions that others call, unless the connections were lost in between.
    func onLoop<Value: Sendable>(
        evenLater: Bool = false, _ body: @escaping (LinkCore, Value) -> Void
    ) -> @Sendable (Value) -> Void {
        let round = round
        let bound = NIOLoopBound((core: self, body: body), eventLoop: loop)
        let loop = loop
        return { value in
            loop.execute {
                let core = bound.value.core
                if evenLater || round == core.round, !core.isEnded { bound.value.body(core, value) }
            }
        }
    }

    /// Asks on a connection. A failure, or an answer that `then` can't take, drops all connections.
    func ask(
        _ connection: RedisConnection, _ commands: [RedisCommand], within milliseconds: Int64,
        _ then: @escaping ([RESPReply]) throws -> Void
    ) {
        let round = round
        connection.ask(commands, within: milliseconds) { [self] result in
            guard round == self.round, !isEnded else { return }
            do {
                try then(result.get())
            } catch {
                drop(RedisError(error))
            }
        }
    }

    private func halt() {
        end()
        if case .halted(let halt) = tail.phase {
            board.status.withLock { $0.halted = halt.description }
            receive(.halted(halt))
        }
    }

    /// Nothing is asked or handed over any more.
    func end() {
        isEnded = true
        round += 1
        let links = links
        self.links = nil
        links?.close()
        loseAppends()
        drainAppends()
        failReaches(JournalError(.unavailable, "the node left the journal in Redis"))
        show()
    }

    /// Shows others what is known.
    func show() {
        board.status.withLock { status in
            status.phase = tail.phase.name
            status.isLive = tail.isLive
            status.isAway = links == nil
            if links == nil { status.server = "" }
            status.isNotReplicated = gate.isNotReplicated
            status.isCheckpointer = isCheckpointer
            if case .recounting = tail.phase {} else { status.rollCallPosts = nil }
        }
    }
}
