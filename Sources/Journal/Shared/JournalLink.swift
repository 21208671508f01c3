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
    func note(applied cursor: Cursor, hash: UInt64)

    /// Says that the state can't be used any more: a `.join` with the newest checkpoint follows as soon as there is one.
    func discardState()

    /// The server's clock in milliseconds since 1970, by the last answer and the time since; nil before the first.
    func serverTime() -> Int64?

    /// How things are.
    var status: SharedStatus { get }

    /// Lets go; nothing comes after `done`.
    func stop(_ done: @escaping @Sendable () -> Void)
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
