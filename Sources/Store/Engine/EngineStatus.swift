import Journal

/// What an operator sees of the engine.
public struct EngineStatus: Sendable {
    /// The newest durable entry.
    public let head: Cursor
    /// Journal time of the newest entry, in milliseconds since 1970.
    public let journalTime: Int64
    /// Cost of the journal's rows.
    public let journalBytes: Int
    /// Rows that the next checkpoint writes.
    public let dirtyRows: Int
    /// Memory of the rows that are in memory.
    public let residentBytes: Int
    /// Sessions in memory.
    public let residentSessions: Int
    /// Channels in memory.
    public let residentChannels: Int
    /// Live sessions in the file.
    public internal(set) var sessions: Int
    /// Nil while the file takes writes and memory can be answered from.
    public let failure: EngineError?
    /// Time since the newest checkpoint; what is dirty is at most that old. Units: milliseconds.
    public let flushAge: Int64
    /// Requests that wait for the engine.
    public let waitingRequests: Int
    /// What was counted since the start.
    public let counters: EngineCounters
}

/// Whether the engine takes writes, readable at any time from any thread.
public struct EngineHealth: Sendable {
    /// Nil while the file takes writes.
    public let failure: EngineError?
    /// True when the engine has been at one thing for longer than `EngineLimits.stuckMilliseconds`.
    public let isStuck: Bool
    /// How the node stands in its fleet; nil when it is alone.
    public let fleet: FleetHealth?

    /// Makes a health of its parts.
    package init(failure: EngineError?, isStuck: Bool, fleet: FleetHealth?) {
        (self.failure, self.isStuck, self.fleet) = (failure, isStuck, fleet)
    }
}

/// Bounds of the engine.
public enum EngineLimits {
    /// Requests that wait for the next round.
    public static let queuedRequestsMax = 65_536
    /// Bytes of those requests.
    public static let queuedBytesMax = 67_108_864
    /// Requests of one round.
    static let roundRequestsMax = 4_096
    /// Rows that make a checkpoint due before its interval.
    static let dirtyRowsMax = 500
    /// Sessions and channels that the sweeper takes in one go.
    static let sweepRows = 512
    /// Subscribed sessions that the sweeper looks at in one go.
    static let keptAliveRows = 1_000
    /// Attempts to join a history page to the part in memory while publications go on.
    static let pageAttemptsMax = 4
    /// Encoded publications of one recovery: below the outbound bound of a connection.
    static let recoveryBytesMax = 786_432
    /// A round that takes longer makes the node not ready.
    static let stuckMilliseconds: Int64 = 5_000
    /// Pages of the write-ahead log that make a WAL checkpoint worth an idle moment.
    static let walPagesIdle = 1_000
    /// Pages at which it is done between two busy rounds.
    static let walPagesBusy = 16_384
    /// Pages at which a node that writes behind does it after a flush.
    static let walPagesBehind = 4_000
    /// Sessions of one list.
    public static let listedSessionsMax = 1_000
    /// Milliseconds after which the outcome of an append counts as unknown.
    static let appendMilliseconds: Int64 = 5_000
    /// Milliseconds that a request waits for what the journal already has.
    static let barrierMilliseconds: Int64 = 1_000
    /// Milliseconds between an entry's append and its arrival below which a node that started has caught up: canaries come
    /// every second.
    static let caughtUpMilliseconds: Int64 = 3_000
    /// Rows that wait to be written behind at which a flush begins before its interval: many in one transaction share the
    /// pages that they touch.
    static let unwrittenRowsMax = 16_384
    /// Bytes of such rows at which a node whose file takes none reads no further.
    static let unwrittenBytesMax = 67_108_864
    /// Milliseconds after which a process that holds places and is not seen among the nodes counts as gone.
    static let strangerMilliseconds: Int64 = 15_000
    /// Links of one list.
    public static let listedRoomsMax = 1_000
    /// Milliseconds between two looks of the sweeper, the trimmer and the WAL checkpoint.
    static let housekeepingMilliseconds: Int64 = 250
}
