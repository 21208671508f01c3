/// A node's way to the shared journal, as the engine sees it; what comes back are `SharedArrival`s, in order.
///
/// - Isolation: any thread; no call blocks.
public protocol JournalLink: AnyObject, Sendable {
    /// Begins to connect.
    func start()

    /// Appends entries in order. Each comes back as an entry, or its counter as failed.
    func append(_ entries: [Entry])

    /// Bytes of arrivals that were taken: while too many are not, nothing is read.
    func consumed(_ bytes: Int)

    /// Asks for the newest entry that the journal has now, so that whoever is behind knows how far to wait.
    ///
    /// - Errors: `unavailable` within a second when Redis doesn't answer.
    func reach(_ completion: @escaping @Sendable (Result<Cursor, JournalError>) -> Void)

    /// Puts a checkpoint into Redis and trims what the one before it no longer needs.
    func offer(checkpoint: CheckpointContent, _ done: @escaping @Sendable (Result<Void, JournalError>) -> Void)

    /// Notes what was applied, for the comparison with other nodes.
    func note(applied: Cursor, outcomeHash: UInt64)

    /// The server's clock in milliseconds since 1970, by the last answer and the time since; nil before the first.
    func serverTime() -> Int64?

    /// How things are.
    var status: LinkStatus { get }

    /// Lets go; nothing comes afterwards.
    func stop()
}

/// How a node stands to the shared journal.
public struct LinkStatus: Sendable, Equatable {
    /// One word: following, recounting, joining and so on.
    public var phase = "looking"
    /// True while entries are taken and delivered.
    public var isLive = false
    /// True while Redis doesn't answer.
    public var isAway = true
    /// True when Redis answers, but what this node appends doesn't come back to it.
    public var isStalled = false
    /// Why nothing goes on without somebody who decides; nil while it does.
    public var halted: String?
    /// Milliseconds from the newest entry's append to its arrival here; nil before the first.
    public var lagMilliseconds: Int64?
    /// Microseconds that Redis takes to answer.
    public var roundTripMicroseconds: Int64?
    /// The server that is talked to; empty while there is none.
    public var server = ""
    /// Nodes that live, this one included.
    public var members = 1
    /// What an operator should mend in Redis's settings.
    public var warnings: [String] = []
    /// True while too few replicas confirm.
    public var isNotReplicated = false
    /// True when this node sweeps and writes the fleet's checkpoints.
    public var isKeeper = false

    /// Nothing is known yet.
    public init() {}
}

/// What a link is made with.
public struct LinkStart: Sendable {
    /// What the node's file holds, and what may be done with it.
    public var tail: TailStateMachine
    /// Takes arrivals, in order; must only enqueue.
    public var receive: @Sendable (SharedArrival) -> Void

    /// Makes a start of its parts.
    public init(tail: TailStateMachine, receive: @escaping @Sendable (SharedArrival) -> Void) {
        self.tail = tail
        self.receive = receive
    }
}
