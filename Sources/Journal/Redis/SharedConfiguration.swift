/// What a node's link to the shared journal needs to know.
public struct SharedConfiguration: Sendable {
    /// Where Redis is.
    public var target: RedisTarget
    /// The fleet's name in Redis; two fleets with two prefixes share nothing.
    public var prefix = "anteroom"
    /// Replicas that have to confirm each append; 0 for none.
    public var waitReplicas = 0
    /// Deadlines and periods.
    public var terms = SharedTerms()
    /// How connections are opened.
    public var opening = RedisOpening()
    /// Called on the link's loop when Redis can't be used; a fatal problem is one that waiting doesn't mend, and ends the
    /// link. After it was live once, nothing is fatal.
    public var onStartProblem: @Sendable (RedisError, _ isFatal: Bool) -> Void = { _, _ in }
    /// Called on the link's loop when this node begins or ends to be the one that writes checkpoints.
    public var onCheckpointer: @Sendable (Bool) -> Void = { _ in }
    /// Called on the link's loop when nodes came or went, with all that live.
    public var onMembers: @Sendable (Set<UInt64>) -> Void = { _ in }
    /// Called on the link's loop when another node got another result at the same cursor: one of both is wrong.
    public var onDivergence: @Sendable (_ origin: UInt64, Cursor) -> Void = { _, _ in }

    /// A configuration with everything else as usual.
    public init(target: RedisTarget) { self.target = target }
}

/// Deadlines and periods of the link; all in milliseconds.
public struct SharedTerms: Sendable, Equatable {
    /// Until an append is answered by Redis.
    public var append: Int64 = 5_000
    /// Until a look, a post or another short question is answered.
    public var look: Int64 = 2_000
    /// For how long a read waits in Redis.
    public var block: Int64 = 1_000
    /// Until a read is answered, beyond what it waits.
    public var readSlack: Int64 = 2_000
    /// Until the question for the stream's last id is answered.
    public var reach: Int64 = 1_000
    /// Until a window of chunks is written or read.
    public var chunk: Int64 = 10_000
    /// Chunks that no pointer names, or that are older than the two newest checkpoints, are gone after it.
    public var chunkLife: Int64 = 600_000
    /// Until the engine gave a checkpoint for an opening.
    public var checkpoint: Int64 = 30_000
    /// A node whose lease was not renewed for it has gone.
    public var lease: Int64 = 10_000
    /// Between two renewals, canaries and looks at the other nodes.
    public var tick: Int64 = 1_000
    /// Between two questions for the server's clock.
    public var clock: Int64 = 60_000
    /// What Redis acknowledged comes back through the tail within it, or the tail stalls.
    public var stall: Int64 = 3_000
    /// For how long a WAIT waits for the replicas.
    public var wait: Int64 = 1_000
    /// Until appends in flight came back when the link stops.
    public var drain: Int64 = 5_000
    /// Posts of a roll call are gone after it.
    public var rollLife: Int64 = 60_000

    /// The terms as they stand.
    public init() {}
}

/// Bounds of what waits in the link.
public enum SharedLimits {
    /// Appends that were not sent, or did not come back yet; more are busy.
    public static let appendsMax = 65_536
    /// Their bytes.
    public static let appendBytesMax = 64 << 20
    /// Handed-over bytes that were not consumed; the link reads no further until some are.
    public static let unconsumedBytesMax = 64 << 20
    /// Messages of the lane that were not sent yet; the oldest are dropped.
    public static let laneMessagesMax = 4_096
    /// Their bytes.
    public static let laneBytesMax = 4 << 20
    /// Who waits for the stream's last id.
    public static let reachesMax = 65_536
}

extension ArrivedEntry {
    /// What it counts for the bound of what was handed over and not consumed.
    public var cost: Int { entry.cost }
}

extension Entry {
    /// Bytes in memory, about.
    public var cost: Int { JournalLimits.rowOverheadBytes + channel.utf8.count + body.count }
}
