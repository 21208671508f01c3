extension CheckpointPointer {
    /// The form that this release writes, and the only one that it reads.
    static let form = "1"
    private static let partCount = 8

    /// The pointer as text, without spaces inside its parts:
    /// `1 place readsAfter nonce chunks checksum retainedFrom lineage|parent|server,…`.
    public var text: String {
        let links = chain.links.map { "\($0.lineage)|\($0.parent)|\($0.server)" }.joined(separator: ",")
        return [
            Self.form, place.description, readsAfter.description, String(nonce, radix: 16), String(chunks),
            String(checksum, radix: 16), retainedFrom.description, links,
        ].joined(separator: " ")
    }

    /// Reads what `text` wrote; nil for anything else.
    public init?(_ text: String) {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == Self.partCount, parts[0] == Self.form, let place = Place(parts[1]),
            let readsAfter = Cursor(parts[2]), let nonce = UInt64(parts[3], radix: 16), let chunks = Int(parts[4]),
            (0...CheckpointLimits.chunksMax).contains(chunks), let checksum = UInt64(parts[5], radix: 16),
            let retainedFrom = Cursor(parts[6])
        else { return nil }
        var links: [LineageChain.Link] = []
        for item in parts[7].split(separator: ",") {
            let fields = item.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 3, let lineage = UInt64(fields[0]), let parent = Place(fields[1]),
                lineage > links.last?.lineage ?? 0
            else { return nil }
            links.append(LineageChain.Link(lineage: lineage, parent: parent, server: fields[2]))
        }
        self.init(
            place: place, readsAfter: readsAfter, chain: LineageChain(links), nonce: nonce, chunks: chunks,
            checksum: checksum, retainedFrom: retainedFrom)
    }
}

/// Bounds of a shared checkpoint.
public enum CheckpointLimits {
    /// Chunks of one checkpoint, each of at most a mebibyte.
    public static let chunksMax = 4_096
    /// Chunks that are on their way at once.
    static let chunksInFlight = 8
    /// Bytes of publications before a checkpoint that a joining node takes along, the newest first.
    static let retainedBytesMax = 256 << 20
    /// Entries before a checkpoint that are read at once.
    static let retainedPage = 200
}
