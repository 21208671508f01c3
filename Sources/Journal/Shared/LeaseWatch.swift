/// What a node's lease says: that it lives, and what it made of the journal.
public struct LeaseValue: Sendable, Equatable, LosslessStringConvertible {
    /// Counts the renewals.
    public var stamp: UInt64
    /// What the node applied last.
    public var cursor: Cursor
    /// Running hash of the outcomes up to there.
    public var hash: UInt64
    /// The server's clock at the renewal, in milliseconds since 1970; for people.
    public var time: Int64

    /// Makes a value of its parts.
    public init(stamp: UInt64, cursor: Cursor, hash: UInt64, time: Int64) {
        self.stamp = stamp
        self.cursor = cursor
        self.hash = hash
        self.time = time
    }

    /// Reads `stamp cursor hash time`.
    public init?(_ description: String) {
        let parts = description.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let stamp = UInt64(parts[0]), let cursor = Cursor(parts[1]),
            let hash = UInt64(parts[2], radix: 16), let time = Int64(parts[3])
        else { return nil }
        self.init(stamp: stamp, cursor: cursor, hash: hash, time: time)
    }

    public var description: String { "\(stamp) \(cursor) \(String(hash, radix: 16)) \(time)" }
}

/// Decides which nodes live, from looks at the leases.
///
/// A lease lapses only after a full lease time of looks without a sign of its node: a pause of Redis, or another server,
/// where all leases are missing at once, begins the time anew.
///
/// - Units: monotonic milliseconds.
/// - Source: DESIGN section 2, rules 9 and 10.
public struct LeaseWatch: Sendable, Equatable {
    /// What a look changed.
    public struct Changes: Sendable, Equatable {
        /// Some came or went.
        public var areMembersOther = false
        /// Those whose lease is to be removed.
        public var lapsed: [UInt64] = []
        /// Nodes with another hash at this node's cursor.
        public var diverged: [UInt64] = []
    }

    private struct Node: Equatable {
        var stamp: UInt64
        var seenAt: Int64
    }

    private let origin: UInt64
    private let lease: Int64
    private var nodes: [UInt64: Node] = [:]
    private var server = ""
    private var lookedAt: Int64?

    /// Knows nobody but this node.
    public init(origin: UInt64, lease: Int64) {
        self.origin = origin
        self.lease = lease
    }

    /// Origins of all nodes that live, this one included.
    public var members: Set<UInt64> { Set(nodes.keys).union([origin]) }

    /// Takes what a look found.
    public mutating func look(
        _ values: [UInt64: LeaseValue], own: LeaseValue, server: String, at now: Int64
    ) -> Changes {
        var changes = Changes()
        let before = members
        // Nobody could renew while Redis didn't answer.
        if server != self.server || lookedAt.map({ now - $0 > lease / 2 }) ?? true {
            for key in nodes.keys { nodes[key]?.seenAt = now }
        }
        (self.server, lookedAt) = (server, now)
        for (other, value) in values where other != origin {
            if nodes[other]?.stamp != value.stamp { nodes[other] = Node(stamp: value.stamp, seenAt: now) }
            if value.cursor == own.cursor, value.cursor != .start, value.hash != own.hash {
                changes.diverged.append(other)
            }
        }
        for (other, node) in nodes where now - node.seenAt >= lease {
            nodes[other] = nil
            changes.lapsed.append(other)
        }
        changes.areMembersOther = members != before
        return changes
    }
}
