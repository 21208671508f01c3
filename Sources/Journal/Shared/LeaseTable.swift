/// What a node keeps of itself in Redis while it lives, renewed all the time.
public struct LeaseValue: Hashable, Sendable {
    /// Grows with each renewal: a lease whose stamp stands still is not renewed, whatever the server's clock does.
    public var stamp: UInt64
    /// How far the node has come.
    public var cursor: Cursor
    /// Runs over the outcomes of all entries up to there.
    public var outcomeHash: UInt64

    /// Makes a value of its parts.
    public init(stamp: UInt64, cursor: Cursor, outcomeHash: UInt64) {
        self.stamp = stamp
        self.cursor = cursor
        self.outcomeHash = outcomeHash
    }
}

extension LeaseValue: LosslessStringConvertible {
    /// Reads `stamp cursor hash`, the hash in hexadecimal.
    public init?(_ description: String) {
        let parts = description.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 3, let stamp = UInt64(parts[0]), let cursor = Cursor(parts[1]),
            let hash = UInt64(parts[2], radix: 16)
        else { return nil }
        self.init(stamp: stamp, cursor: cursor, outcomeHash: hash)
    }

    public var description: String { "\(stamp) \(cursor) \(String(outcomeHash, radix: 16))" }
}

/// Decides which nodes live, from looks at the leases of all of them.
///
/// - Guarantee: a lease lapses only after its stamp stood still, or was missing, for one full lease time that the same server
///   answered in. A pause of Redis, of the network or of this node counts for nobody: all leases seem to stand still then.
/// - Units: monotonic milliseconds.
/// - Source: DESIGN section 2, rules 9 and 10.
public struct LeaseTable: Sendable, Equatable {
    /// How leases are timed.
    public struct Terms: Sendable, Equatable {
        /// Answered time without a renewal after which a node is gone.
        public var lease: Int64 = 10_000
        /// A longer time between two answered looks counts for nothing.
        public var gap: Int64 = 2_000

        /// The terms of DESIGN section 2.
        public init() {}
    }

    /// What a look changed.
    public enum Change: Sendable, Equatable {
        /// A node that was not there before.
        case came(UInt64)
        /// A node is gone: all that is bound to it leaves.
        case lapsed(UInt64)
        /// This node's own lease is not there: it announces itself anew.
        case ownGone
        /// A node has another outcome than this one at the same cursor.
        case diverged(UInt64)
    }

    private struct Lease: Sendable, Equatable {
        var stamp: UInt64
        /// Answered time since the stamp grew.
        var idle: Int64 = 0
    }

    /// This process.
    public let origin: UInt64

    private let terms: Terms
    private var leases: [UInt64: Lease] = [:]
    /// Stamps of leases that lapsed: what is left of them in Redis is nobody's return.
    private var lapsed: [UInt64: UInt64] = [:]
    private var server = ""
    private var answeredAt: Int64?

    /// Begins without knowing anybody.
    public init(origin: UInt64, terms: Terms = Terms()) {
        self.origin = origin
        self.terms = terms
    }

    /// The other nodes that live, ascending.
    public var living: [UInt64] { leases.keys.sorted() }

    /// A look was not answered: the time until the next one that is counts for nobody.
    public mutating func lookFailed() { answeredAt = nil }

    /// Takes all leases as a server has them.
    ///
    /// - Parameters:
    ///   - values: by origin, one's own too.
    ///   - own: what this node wrote last; nil before it wrote its own.
    ///   - server: the `master_replid` behind the answer; on another one than before everybody gets a full lease time.
    public mutating func look(
        _ values: [UInt64: LeaseValue], own: LeaseValue?, server: String, at now: Int64
    ) -> [Change] {
        let answered = answered(by: server, at: now)
        var changes: [Change] = own != nil && values[origin] == nil ? [.ownGone] : []
        for (origin, value) in values.sorted(by: { $0.key < $1.key }) where origin != self.origin {
            changes += renew(origin, value)
            if let own, value.cursor == own.cursor, value.outcomeHash != own.outcomeHash {
                changes.append(.diverged(origin))
            }
        }
        for origin in living { changes += age(origin, by: answered) }
        lapsed = lapsed.filter { values[$0.key] != nil }
        return changes
    }

    private mutating func answered(by server: String, at now: Int64) -> Int64 {
        defer { (self.server, answeredAt) = (server, now) }
        guard server == self.server else {
            for origin in leases.keys { leases[origin]?.idle = 0 }
            return 0
        }
        guard let answeredAt, now >= answeredAt, now - answeredAt <= terms.gap else { return 0 }
        return now - answeredAt
    }

    private mutating func renew(_ origin: UInt64, _ value: LeaseValue) -> [Change] {
        if let known = leases[origin] {
            // A smaller stamp is of a server that lost its newest writes: no sign of life.
            if value.stamp > known.stamp {
                leases[origin]?.stamp = value.stamp
                leases[origin]?.idle = -1
            }
            return []
        }
        if let stamp = lapsed[origin], value.stamp <= stamp { return [] }
        lapsed[origin] = nil
        leases[origin] = Lease(stamp: value.stamp, idle: -1)
        return [.came(origin)]
    }

    /// A lease that was just renewed, marked by an idle time below zero, begins to age with the next look.
    private mutating func age(_ origin: UInt64, by answered: Int64) -> [Change] {
        guard let lease = leases[origin] else { return [] }
        let idle = lease.idle < 0 ? 0 : lease.idle + answered
        leases[origin]?.idle = idle
        guard idle >= terms.lease else { return [] }
        leases[origin] = nil
        lapsed[origin] = lease.stamp
        return [.lapsed(origin)]
    }
}
