/// What a node does with entries that it has and the fleet hasn't, when it takes a checkpoint.
///
/// - Guarantee: what is appended again has its first id, and all of it goes before anything new of this process: `apply`
///   refuses an entry whose counter is not above the last of its origin, so each takes effect once.
public struct Resubmission: Sendable, Equatable {
    /// To be appended again, in this order.
    public private(set) var again: [Entry] = []
    /// Entries of others that the fleet hasn't: who appended one and is alive appends it again.
    public private(set) var lost: [EntryID] = []

    /// Decides.
    ///
    /// - Parameters:
    ///   - surplus: rows that the checkpoint's chain doesn't hold, in the journal's order.
    ///   - waiting: what was to be appended again before and wasn't seen in the journal since.
    ///   - origin: this process.
    ///   - acknowledged: true for a counter whose write was acknowledged; the outcome of others is unknown to their senders.
    ///   - last: the newest counter of this process in the checkpoint; up to there nothing can take effect any more.
    public init(
        surplus: [ArrivedEntry], waiting: [Entry], origin: UInt64, acknowledged: (UInt64) -> Bool, last: UInt64
    ) {
        var own = waiting
        for row in surplus where row.entry.kind != .open {
            let id = row.entry.id
            if id.origin == origin, acknowledged(id.counter), id.counter > last {
                own.append(row.entry)
            } else {
                lost.append(id)
            }
        }
        own.sort { $0.id.counter < $1.id.counter }
        for entry in own where entry.id.counter > max(last, again.last?.id.counter ?? 0) { again.append(entry) }
    }
}
