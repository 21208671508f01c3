/// The keys of a fleet in Redis. All hold the tag `{0}`, so that a cluster keeps them on one node.
public struct StreamKeys: Sendable, Equatable {
    /// The fleet's name, and the part of the journal: `prefix:{0}:`.
    public let base: String

    /// The keys of the fleet with a prefix.
    public init(prefix: String) { base = prefix + ":{0}:" }

    /// True for a prefix that keys can begin with: printable, without braces, which mark the tag.
    public static func accepts(prefix: String) -> Bool {
        !prefix.isEmpty && prefix.utf8.allSatisfy { (0x21...0x7e).contains($0) && $0 != 0x7b && $0 != 0x7d }
    }

    /// The stream.
    public var journal: String { base + "journal" }
    /// The newest checkpoint.
    public var pointer: String { base + "pointer" }
    /// The checkpoint before it, whose content is still kept.
    public var previousPointer: String { base + "pointer:previous" }
    /// The form of all that is kept under the prefix.
    public var meta: String { base + "meta" }
    /// Leases of the nodes, by origin.
    public var nodes: String { base + "nodes" }
    /// The lease of the node that writes checkpoints.
    public var checkpointer: String { base + "checkpointer" }
    /// There while a node can't go on without a newer checkpoint.
    public var checkpointWanted: String { base + "checkpoint:wanted" }
    /// The channel between the nodes.
    public var lane: String { base + "lane" }

    /// Where the nodes post how far they came, once a server is not the one that the lineage is bound to.
    public func roll(of server: String) -> String { base + "roll:" + server }

    /// The chunks of a checkpoint, by their number.
    public func checkpoint(at cursor: Cursor, nonce: UInt64) -> String {
        base + "checkpoint:\(cursor):" + String(nonce, radix: 16)
    }
}
