/// What a node knows of the shared journal at the moment, for health and status pages.
public struct SharedStatus: Sendable, Equatable {
    /// What the tail does, in one word.
    public var phase = "looking"
    /// True while entries are delivered and appended.
    public var isLive = false
    /// True while Redis doesn't answer.
    public var isAway = true
    /// True when what Redis acknowledged does not come back through this node's tail.
    public var isStalled = false
    /// Why nothing comes any more.
    public var halted: String?
    /// Milliseconds between the newest entry's time and its arrival here; nil before the first.
    public var lagMilliseconds: Int64?
    /// Microseconds of the newest question to Redis.
    public var roundTripMicroseconds: Int64?
    /// The server in use; empty while there is none.
    public var server = ""
    /// Its version.
    public var serverVersion = ""
    /// Origins of the nodes that live, this one included.
    public var members: Set<UInt64> = []
    /// Sentences on how Redis is set up.
    public var warnings: [String] = []
    /// True while the wanted replicas don't confirm, so that writes are refused.
    public var isNotReplicated = false
    /// Nodes that posted in the roll call that is going on; nil when there is none.
    public var rollCallPosts: Int?
    /// True for the node that writes checkpoints.
    public var isCheckpointer = false
    /// True while this is that node, and another can't go on without a newer checkpoint.
    public var isCheckpointWanted = false
    /// True when the server's clock jumped between two answers.
    public var hasClockJumped = false
    /// Appends that went out and did not come back yet.
    public var appendsInFlight = 0
    /// What went wrong last, one sentence.
    public var lastProblem: String?

    /// Nothing is known yet.
    public init() {}
}
