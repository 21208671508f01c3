/// Decides what a node tells the others about its own connections, and when.
///
/// - Guarantee: the counter grows by one with each delta that was made, so that a delta which gets lost shows as a gap.
/// - Bounds: ``PresenceLimits/pendingMax`` joins and leaves wait; a table goes out once a digest interval at most, however many ask.
struct PresenceAnnouncer: Sendable {
    private(set) var counter: UInt64 = 0
    private var pending: [PresenceChange] = []
    private var isAsked = false
    /// Units: monotonic milliseconds; nil for never.
    private var tableAt: Int64?
    private var digestAt: Int64?
    private var askedAt: [UInt64: Int64] = [:]

    /// What has to be sent beside the deltas.
    struct Due: Sendable, Equatable {
        var digest = false
        var table = false
    }

    /// Takes a join or leave; true when nothing waited before it, and somebody has to fetch what waits.
    mutating func note(_ change: PresenceChange) -> Bool {
        guard pending.count < PresenceLimits.pendingMax else {
            // The gap makes the others ask for the table, which has it all.
            pending = [change]
            counter &+= 1
            return false
        }
        pending.append(change)
        return pending.count == 1
    }

    /// The deltas that wait, each with its counter.
    mutating func takeDeltas() -> [PresenceMessage] {
        var (messages, changes, bytes): ([PresenceMessage], [PresenceChange], Int) = ([], [], 0)
        for change in pending {
            let isFull =
                changes.count == PresenceLimits.deltaChangesMax
                || !changes.isEmpty && bytes + change.sizeBytes > PresenceLimits.messageBytesMax
            if isFull {
                messages.append(delta(changes))
                (changes, bytes) = ([], 0)
            }
            changes.append(change)
            bytes += change.sizeBytes
        }
        if !changes.isEmpty { messages.append(delta(changes)) }
        pending = []
        return messages
    }

    /// Another node wants the table.
    mutating func asked() { isAsked = true }

    /// What is due now; it counts as sent.
    mutating func due(at now: Int64) -> Due {
        var due = Due()
        if isAsked, tableAt.map({ now - $0 >= PresenceLimits.digestMilliseconds }) ?? true {
            (isAsked, tableAt, due.table) = (false, now, true)
        }
        if digestAt.map({ now - $0 >= PresenceLimits.digestMilliseconds }) ?? true {
            (digestAt, due.digest) = (now, true)
        }
        return due
    }

    /// Whether another node is to be asked for its table now, and not only just was.
    mutating func mayAsk(_ origin: UInt64, at now: Int64) -> Bool {
        if let last = askedAt[origin], now - last < PresenceLimits.askMilliseconds { return false }
        askedAt[origin] = now
        return true
    }

    /// Forgets when nodes were asked that have gone.
    mutating func look(_ members: Set<UInt64>) { askedAt = askedAt.filter { members.contains($0.key) } }

    private mutating func delta(_ changes: [PresenceChange]) -> PresenceMessage {
        counter &+= 1
        return .delta(counter: counter, changes)
    }
}
