import NIOCore
import Synchronization

/// A node's link to the journal that a fleet shares in Redis.
///
/// - Guarantee: arrivals come on the link's loop, one at a time, in the journal's order; each entry exactly once until the
///   state is replaced by a checkpoint. No append is ever sent twice by the link.
/// - Isolation: everything may be called on any thread.
/// - Lifetime: a link that was started holds its connections until it is stopped.
public final class SharedLink: JournalLink {
    private let loop: any EventLoop
    private let board: SharedBoard
    private let core: NIOLoopBoundBox<LinkCore>
    private let origin: UInt64

    /// Makes a link; it does nothing before `start`.
    ///
    /// - Parameters:
    ///   - tail: at what the node's own file holds.
    ///   - eventLoop: of the link alone; what it does must not wait for the sockets of clients.
    ///   - receive: takes what comes; must only enqueue.
    public init(
        _ configuration: SharedConfiguration, tail: TailStateMachine, eventLoop: any EventLoop,
        receive: @escaping @Sendable (SharedArrival) -> Void
    ) {
        let board = SharedBoard()
        board.applied.withLock { $0.cursor = tail.place.cursor }
        self.board = board
        loop = eventLoop
        origin = tail.origin
        core = .makeBoxSendingValue(
            LinkCore(configuration, tail: tail, loop: eventLoop, board: board, receive: receive), eventLoop: eventLoop)
    }

    /// Begins to connect; goes on until it is stopped, halted, or met a fatal problem.
    public func start() {
        onLoop { core in
            core.connect()
            core.tick()
        }
    }

    /// Appends entries of this process, in this order.
    ///
    /// Each has its outcome by arriving in `.entries`, or by `.failed`; with `waitReplicas` also by `.confirmed`.
    public func append(_ entries: [Entry]) {
        if board.appends.withLock({ $0.add(entries) }) { onLoop { $0.drainAppends() } }
    }

    /// So many handed-over bytes (`ArrivedEntry.cost`) are done with.
    public func consumed(_ bytes: Int) {
        if board.consumption.withLock({ $0.consumed(bytes) }) { onLoop { $0.readOn() } }
    }

    /// What the engine applied last, and the running hash of its outcomes; other nodes compare it.
    public func note(applied cursor: Cursor, hash: UInt64) {
        board.applied.withLock { $0 = AppliedMark(cursor: cursor, hash: hash) }
    }

    /// The stream's last id, asked after this call.
    ///
    /// Errors: `unavailable` when Redis doesn't answer within a second, or entries are not delivered; `busy`.
    public func reach(_ completion: @escaping @Sendable (Result<Cursor, JournalError>) -> Void) {
        onLoop { $0.reach(completion) }
    }

    /// The state can't be used any more: the newest checkpoint takes its place.
    public func discardState() {
        onLoop { $0.interruption = .discarded }
    }

    /// Offers the fleet a checkpoint, and trims the stream up to what the checkpoint before it still needs.
    ///
    /// Errors: `unavailable` when it was not taken: another node was quicker, or the lineage is not current.
    public func offer(
        checkpoint: CheckpointContent, _ done: @escaping @Sendable (Result<Void, JournalError>) -> Void
    ) {
        onLoop { $0.offer(checkpoint, done) }
    }

    /// What is known at the moment.
    public var status: SharedStatus { board.status.withLock { $0 } }

    /// The lane beside the journal.
    public var lane: any FleetLane {
        let (loop, core) = (loop, core)
        return SharedLane(board: board, wake: { loop.execute { core.value.drainLane() } }, origin: origin)
    }

    /// The estimate of the server's clock in milliseconds since 1970; nil before its first answer.
    public func serverTime() -> Int64? { board.clock.withLock { $0?.time(at: LinkCore.now) } }

    /// Takes no more appends, waits a bounded time for those in flight, gives the leases up and closes.
    public func stop(_ done: @escaping @Sendable () -> Void) {
        onLoop { $0.stop(done) }
    }

    private func onLoop(_ body: @escaping @Sendable (LinkCore) -> Void) {
        let core = core
        if loop.inEventLoop { body(core.value) } else { loop.execute { body(core.value) } }
    }
}
