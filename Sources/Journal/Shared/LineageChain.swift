/// Which lineage goes on from where: what tells a node that is merely behind from one whose entries were lost.
///
/// - Bounds: the newest `linksMax` lineages; a place in an older one counts as unknown.
public struct LineageChain: Hashable, Sendable {
    /// One lineage.
    public struct Link: Hashable, Sendable {
        /// The lineage.
        public let lineage: UInt64
        /// What the lineage goes on from.
        public let parent: Place
        /// The `master_replid` of the server that it was opened on; empty for a lineage of a node that ran alone.
        public let server: String

        /// Makes a link of its parts.
        public init(lineage: UInt64, parent: Place, server: String) {
            self.lineage = lineage
            self.parent = parent
            self.server = server
        }
    }

    /// Remembered lineages.
    public static let linksMax = 64

    /// Ascending by lineage.
    public private(set) var links: [Link]

    /// A chain of links that ascend.
    public init(_ links: [Link] = []) {
        self.links = Array(links.suffix(Self.linksMax))
    }

    /// The newest lineage's link.
    public var newest: Link? { links.last }

    /// Adds the next lineage.
    public mutating func append(_ link: Link) {
        links.append(link)
        if links.count > Self.linksMax { links.removeFirst() }
    }

    /// True when a node at the place has nothing that this chain doesn't have: the place is in the newest lineage, or not
    /// beyond the point from which the lineage after its own went on.
    public func holds(_ place: Place) -> Bool {
        if place == .start { return true }
        guard let newest else { return false }
        if place.cursor.lineage == newest.lineage { return true }
        guard let next = links.first(where: { $0.parent.cursor.lineage == place.cursor.lineage }) else { return false }
        let parent = next.parent
        return place.cursor.sequence < parent.cursor.sequence || place == parent
    }
}

extension LineageChain: LosslessStringConvertible {
    /// Reads what `description` wrote.
    public init?(_ description: String) {
        var links: [Link] = []
        for text in description.split(separator: " ") {
            let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 3, let lineage = UInt64(parts[0]), let parent = Place(parts[1]) else { return nil }
            links.append(Link(lineage: lineage, parent: parent, server: parts[2]))
        }
        self.init(links)
    }

    /// The links as `lineage/parent/server`, with spaces between them; a server's name has neither.
    public var description: String {
        links.map { "\($0.lineage)/\($0.parent)/\($0.server)" }.joined(separator: " ")
    }
}
