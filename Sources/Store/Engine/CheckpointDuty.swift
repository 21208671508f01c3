import Journal

/// Decides when the keeper of the fleet's checkpoints writes the next one.
struct CheckpointDuty: Equatable {
    private var last: Cursor?
    private var isUnderWay = false
    private var triedAt: Int64?

    /// Entries that make a checkpoint worth its cost, where the state has fewer rows.
    static let entriesMin: UInt64 = 50_000
    /// Milliseconds after which a smaller number is worth it, too.
    static let intervalMilliseconds: Int64 = 600_000
    /// Milliseconds between two tries.
    static let pauseMilliseconds: Int64 = 10_000

    /// - Parameter isWanted: somebody can't go on without a newer one.
    func isDue(entries head: Cursor, rows: Int, isWanted: Bool = false, at now: Int64) -> Bool {
        guard !isUnderWay, triedAt.map({ now - $0 >= Self.pauseMilliseconds }) ?? true else { return false }
        guard let last, last.lineage == head.lineage else { return true }
        guard head.sequence > last.sequence else { return false }
        if isWanted { return true }
        let count = head.sequence - last.sequence
        return count >= max(Self.entriesMin, UInt64(max(0, rows)))
            || triedAt.map { now - $0 >= Self.intervalMilliseconds } ?? true
    }

    mutating func began(at now: Int64) { (isUnderWay, triedAt) = (true, now) }

    mutating func ended(_ result: Result<Cursor, JournalError>, at now: Int64) {
        isUnderWay = false
        if case .success(let cursor) = result { last = cursor }
    }
}
