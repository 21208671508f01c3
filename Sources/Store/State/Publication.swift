import JSONBytes
import Journal

/// What subscribers see: one numbered message of a channel, encoded once.
public struct Publication: Sendable, Equatable {
    /// 1-based and contiguous inside an epoch; 0 for an ephemeral publication, which has no place in the log.
    public let offset: UInt64
    /// The publication object of the client protocol: `{"data":…,"offset":…,"info":…,"tags":…}`.
    public let encoded: [UInt8]
    private let dataCount: Int

    private static let prefix = Array("{\"data\":".utf8)

    /// Encodes a publication; `info` and `tags` are JSON objects.
    public init(offset: UInt64, data: some Collection<UInt8>, info: [UInt8]? = nil, tags: [UInt8]? = nil) {
        self.offset = offset
        dataCount = data.count
        var out: [UInt8] = []
        out.reserveCapacity(Self.prefix.count + data.count + 32 + (info?.count ?? 0) + (tags?.count ?? 0))
        out.append(contentsOf: Self.prefix)
        out.append(contentsOf: data)
        if offset > 0 {
            out.appendASCII(",\"offset\":")
            out.appendDecimal(offset)
        }
        if let info {
            out.appendASCII(",\"info\":")
            out.append(contentsOf: info)
        }
        if let tags {
            out.appendASCII(",\"tags\":")
            out.append(contentsOf: tags)
        }
        out.append(UInt8(ascii: "}"))
        encoded = out
    }

    /// The payload as it came, one JSON value.
    public var data: ArraySlice<UInt8> { encoded[Self.prefix.count..<(Self.prefix.count + dataCount)] }

    /// Rebuilds what an accepted entry published; nil when it published nothing.
    package init?(_ row: JournalRow) {
        guard row.outcome.refusal == nil, let offset = row.outcome.offset else { return nil }
        self.init(row.entry, offset: offset, version: row.outcome.version)
    }

    /// Builds what an entry publishes at an offset.
    init(_ entry: Entry, offset: UInt64, version: UInt64?) {
        let header = entry.header
        if entry.kind.isRoom {
            self.init(offset: offset, data: RoomEvent.data(of: entry, version: version))
            return
        }
        guard entry.kind.isSession else {
            self.init(offset: offset, data: entry.body, info: header.info, tags: header.tags)
            return
        }
        var data: [UInt8] = Array("{".utf8)
        switch entry.kind {
        case .sessionPatch:
            data.appendMember("type", string: "session.patch")
            data.appendMember("version", number: version ?? 0)
            data.appendMember("patch", json: entry.body)
        case .sessionEnd, .sessionExpire:
            data.appendMember("type", string: "session.end")
            data.appendMember("version", number: version ?? 0)
            data.appendMember("reason", string: header.reason ?? "ended")
        default:
            data.appendMember("type", string: "session.put")
            data.appendMember("version", number: version ?? 0)
            data.appendMember("document", json: entry.body)
        }
        data[data.count - 1] = UInt8(ascii: "}")
        self.init(offset: offset, data: data, info: header.info, tags: header.tags)
    }

    /// Memory that the publication holds, for the cache budget.
    var sizeBytes: Int { encoded.count + 64 }
}

/// What a client has seen: shown when it comes back.
public struct Position: Sendable, Hashable {
    /// Opaque; never empty when we gave it out.
    public var epoch: String
    /// The newest offset seen; 0 before the first.
    public var offset: UInt64

    /// Makes a position of its parts.
    public init(epoch: String, offset: UInt64) {
        self.epoch = epoch
        self.offset = offset
    }
}
