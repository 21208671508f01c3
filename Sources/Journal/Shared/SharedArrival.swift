/// What comes from the shared journal, in order; the engine takes it on the engine's thread.
public enum SharedArrival: Sendable {
    /// Entries in the journal's order, each exactly once. Those that are not delivered change the state, but nobody is shown
    /// what they publish, and no write is acknowledged by them: mostly a lineage that changes all epochs follows. As it need
    /// not (the server before may come back), a channel's local subscriptions end when such an entry publishes to it.
    case entries([ArrivedEntry], isDelivered: Bool)
    /// Nothing can be appended from here on; the outcome of appends in flight is unknown.
    case suspended(TailStateMachine.Suspension)
    /// Appends are taken from here on.
    case resumed
    /// Appends of this process that were not made, or whose outcome is unknown, by their counters.
    case failed([UInt64], JournalError)
    /// The wanted replicas have every append of this process up to that counter. Comes only where replicas are waited for;
    /// there an append is acknowledged when it arrived *and* was confirmed, in whichever order.
    case confirmed(upTo: UInt64)
    /// The state at the newest entry that was handed over is wanted as a checkpoint.
    case checkpointWanted(@Sendable (Result<CheckpointContent, JournalError>) -> Void)
    /// The state is to be replaced by a checkpoint's. With `hasSurplus` what this node has and the fleet hasn't is kept in a
    /// file, and what was acknowledged here is appended again.
    case join(
        CheckpointContent, hasSurplus: Bool,
        @Sendable (Result<(place: Place, chain: LineageChain), JournalError>) -> Void)
    /// Nothing comes any more.
    case halted(TailStateMachine.Halt)
}

/// An entry with the place that the shared journal gave it.
public struct ArrivedEntry: Sendable, Equatable {
    /// The place.
    public var cursor: Cursor
    /// The entry.
    public var entry: Entry

    /// Makes one of its parts.
    public init(cursor: Cursor, entry: Entry) {
        self.cursor = cursor
        self.entry = entry
    }
}

/// A checkpoint as it lies in Redis.
public struct CheckpointContent: Sendable {
    /// What it includes.
    public var place: Place
    /// The lineages up to there.
    public var chain: LineageChain
    /// Entries from here on are needed for what recovery may use.
    public var retainedFrom: Cursor
    /// The state, in pieces of at most a mebibyte.
    public var chunks: [[UInt8]]
    /// Publications before the checkpoint that recovery may use, as the joining node read them from the stream; empty in a
    /// checkpoint that is written.
    public var retained: [ArrivedEntry] = []

    /// Makes content of its parts.
    public init(place: Place, chain: LineageChain, retainedFrom: Cursor, chunks: [[UInt8]]) {
        self.place = place
        self.chain = chain
        self.retainedFrom = retainedFrom
        self.chunks = chunks
    }
}
