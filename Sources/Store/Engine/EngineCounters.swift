/// Counts since the start of the process.
public struct EngineCounters: Sendable {
    /// Rounds that wrote.
    public internal(set) var rounds = 0
    /// Entries that were staged.
    public internal(set) var entries = 0
    /// Entries that were refused.
    public internal(set) var refused = 0
    /// Checkpoints that were written.
    public internal(set) var checkpoints = 0
    /// Rounds that failed.
    public internal(set) var failedCommits = 0
    /// Publications that were given an offset, of this node's own writers and of others.
    public internal(set) var publications = 0
    /// Recoveries that gave everything.
    public internal(set) var recovered = 0
    /// Recoveries that said why not, by the reason.
    public internal(set) var notRecovered: [NotRecovered.Reason: Int] = [:]
    /// Rows of channels and sessions that were in memory when an entry named them.
    public internal(set) var cacheHits = 0
    /// Rows that had to be looked for in the file.
    public internal(set) var cacheMisses = 0
    /// Looks of the sweeper or the trimmer that the file refused; what was due stays due.
    public internal(set) var failedSweeps = 0
    /// Checkpoints for other nodes that could not be put into Redis.
    public internal(set) var failedOffers = 0
    /// Entries of a commit.
    public internal(set) var commitEntries = Histogram(bounds: Histogram.sizeBounds)
    /// Time of a commit, from the first row to durable. Units: seconds.
    public internal(set) var commitTime = Histogram(bounds: Histogram.secondsBounds)
    /// The part of it in which the log is written and forced to the disk. Units: seconds.
    public internal(set) var syncTime = Histogram(bounds: Histogram.secondsBounds)
    /// Time of a checkpoint. Units: seconds.
    public internal(set) var checkpointTime = Histogram(bounds: Histogram.secondsBounds)

    /// A round is durable.
    mutating func committed(_ entries: Int, in time: Duration, syncing: Duration?) {
        guard let syncing else { return }
        commitEntries.record(Double(entries))
        commitTime.record(time.seconds)
        syncTime.record(syncing.seconds)
    }

    /// A checkpoint is written.
    mutating func checkpointed(in time: Duration) {
        checkpoints += 1
        checkpointTime.record(time.seconds)
    }
}

extension Duration {
    /// As seconds.
    var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
