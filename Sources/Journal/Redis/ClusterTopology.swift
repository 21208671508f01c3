/// Which node of a Redis Cluster serves which slots, as one node sees it.
public struct ClusterTopology: Sendable, Equatable {
    /// A node's address.
    public struct Node: Sendable, Hashable {
        /// A name or an IP address without brackets.
        public let host: String
        /// From 1 to 65535.
        public let port: Int

        /// Makes an address of its parts.
        public init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    private struct Range: Sendable, Equatable {
        let slots: ClosedRange<UInt16>
        /// The primary first.
        let nodes: [Node]
    }

    private var ranges: [Range] = []

    /// Reads the reply of `CLUSTER SLOTS`.
    ///
    /// - Parameter askedHost: the host that was asked; a node that doesn't know its own leaves it empty.
    /// - Errors: `protocolViolation` for any other shape, `noCluster` for a server without cluster support.
    public init(slots reply: RESPValue, askedHost: String) throws(RedisError) {
        if case .error(let error) = reply {
            if error.message.contains("cluster support disabled") {
                throw .noCluster("REDIS_NODES names a single Redis, not a node of a cluster: use REDIS_URL")
            }
            throw .server(error)
        }
        guard let items = reply.elements, items.count <= Int(ClusterSlot.count) else {
            throw .protocolViolation("CLUSTER SLOTS replied with something else than ranges of slots")
        }
        for item in items { ranges.append(try Self.range(item, askedHost)) }
    }

    /// The node that takes the writes of a slot; nil when nobody serves it.
    public func primary(of slot: UInt16) -> Node? {
        ranges.first { $0.slots.contains(slot) }?.nodes.first
    }

    /// Every node that serves slots, each once, at most `RedisLimits.nodesKnownMax`.
    public var nodes: [Node] {
        var seen: Set<Node> = []
        // Not lazily: a lazy filter may ask twice about the same node.
        return Array(ranges.flatMap(\.nodes).filter { seen.insert($0).inserted }.prefix(RedisLimits.nodesKnownMax))
    }

    private static func range(_ item: RESPValue, _ askedHost: String) throws(RedisError) -> Range {
        guard let parts = item.elements, parts.count >= 3, let first = parts[0].integer, let last = parts[1].integer,
            first >= 0, first <= last, last < Int64(ClusterSlot.count)
        else { throw .protocolViolation("CLUSTER SLOTS replied with a range that is none") }
        let nodes = parts[2...].compactMap { node($0, askedHost) }
        guard nodes.count == parts.count - 2 else {
            throw .protocolViolation("CLUSTER SLOTS replied with a node without host and port")
        }
        return Range(slots: UInt16(first)...UInt16(last), nodes: nodes)
    }

    private static func node(_ item: RESPValue, _ askedHost: String) -> Node? {
        guard let parts = item.elements, parts.count >= 2, let port = parts[1].integer, (1...65_535).contains(port)
        else { return nil }
        // Null and "?" mean that the node doesn't know; it is then reached the same way as the one that was asked.
        let known = parts[0].text.flatMap { $0.isEmpty || $0 == "?" ? nil : $0 }
        return Node(host: known ?? askedHost, port: Int(port))
    }
}
