import Journal
import TestSupport

/// Mutations of the server and the nodes: what the rules of the shared journal keep from happening.
struct Rules {
    /// The server refuses a lineage below the stream's newest.
    var fences = true
    /// Appends never create a stream.
    var usesNoMakeStream = true
    /// The entry at the place is compared, not only the cursor.
    var comparesEntries = true
    /// The server is asked for again behind each read.
    var asksBehindReads = true
    /// New lineages begin with the server's clock instead of counting up.
    var lineagesBeginWithClock = true
}

/// What a server holds.
struct Dataset {
    struct Item {
        let arrived: ArrivedEntry
        let opening: Journal.Opening?
        var cursor: Cursor { arrived.cursor }
    }

    var items: [Item] = []
    /// Nil without a stream.
    var top: Cursor?
    var pointer: CheckpointPointer?
    var contents: [UInt64: SimulatedState] = [:]
    var rolls: [String: [UInt64: (place: Place, at: Int64)]] = [:]

    /// Where items after a cursor begin.
    func index(after cursor: Cursor) -> Int {
        var (low, high) = (0, items.count)
        while low < high {
            let middle = (low + high) / 2
            if items[middle].cursor > cursor { high = middle } else { low = middle + 1 }
        }
        return low
    }

    func item(at cursor: Cursor) -> Item? {
        let index = index(after: cursor) - 1
        return index >= 0 && items[index].cursor == cursor ? items[index] : nil
    }

    /// Loses everything after the oldest part of the stream.
    mutating func cut(to count: Int) {
        items = Array(items.prefix(count))
        top = items.last?.cursor ?? top
        if let pointer, let top, pointer.readsAfter > top || pointer.place.cursor > top { self.pointer = nil }
    }
}

/// Two Redis servers, of which one at a time is meant to be the primary; a client may know better or worse.
struct SimulatedRedis {
    struct Server {
        var replid: String
        var isPrimary: Bool
        var data = Dataset()
        /// Grows with each change of the keys that an opener watches.
        var touches = 0
        /// Grows when all connections break.
        var generation = 0
        var pausedUntil: Int64 = 0
    }

    enum AppendReply {
        case added
        case noStream
        case fenced
        case readOnly
    }

    let rules: Rules
    var servers: [Server]
    var primary = 0
    var lineages: Set<UInt64> = []
    private var replids = 2

    init(rules: Rules) {
        self.rules = rules
        servers = [Server(replid: "r1", isPrimary: true), Server(replid: "r1", isPrimary: false)]
    }

    mutating func drawReplid() -> String {
        replids += 1
        return "r\(replids)"
    }

    /// `XADD NOMKSTREAM lineage-*`.
    mutating func append(_ entry: Entry, lineage: UInt64, to index: Int) -> AppendReply {
        guard servers[index].isPrimary else { return .readOnly }
        guard let top = servers[index].data.top else {
            guard !rules.usesNoMakeStream else { return .noStream }
            add(
                Dataset.Item(
                    arrived: ArrivedEntry(cursor: Cursor(lineage: lineage, sequence: 0), entry: entry), opening: nil),
                to: index)
            return .added
        }
        guard lineage >= top.lineage || !rules.fences else { return .fenced }
        let cursor = lineage > top.lineage ? Cursor(lineage: lineage, sequence: 0) : top.next
        add(Dataset.Item(arrived: ArrivedEntry(cursor: cursor, entry: entry), opening: nil), to: index)
        return .added
    }

    mutating func add(_ item: Dataset.Item, to index: Int) {
        servers[index].data.items.append(item)
        servers[index].data.top = item.cursor
        servers[index].touches += 1
    }

    func view(of index: Int, place: Place) -> StreamView {
        let server = servers[index]
        let found = server.data.item(at: place.cursor)?.arrived.entry.id
        return StreamView(
            server: server.replid, isPrimary: server.isPrimary, top: server.data.top,
            first: server.data.items.first?.cursor,
            atPlace: found.map { rules.comparesEntries ? $0 : place.id }, pointer: server.data.pointer)
    }

    /// `XTRIM MINID`.
    mutating func trim(_ index: Int, before cursor: Cursor) {
        let kept = servers[index].data.items.firstIndex { $0.cursor >= cursor } ?? servers[index].data.items.count
        servers[index].data.items.removeFirst(kept)
        servers[index].touches += 1
    }

    mutating func replicate() {
        let replica = 1 - primary
        guard !servers[replica].isPrimary else { return }
        servers[replica].data = servers[primary].data
        servers[replica].replid = servers[primary].replid
    }

    /// The replica, with what it has, becomes the primary; the old one goes on until it is demoted.
    mutating func failOver() {
        primary = 1 - primary
        servers[primary].isPrimary = true
        servers[primary].replid = drawReplid()
        servers[primary].touches += 1
    }

    mutating func demote() {
        let old = 1 - primary
        servers[old].isPrimary = false
        servers[old].touches += 1
        replicate()
    }

    mutating func restart(keeping: Int?) {
        servers[primary].replid = drawReplid()
        servers[primary].generation += 1
        servers[primary].touches += 1
        if let keeping { servers[primary].data.cut(to: keeping) } else { servers[primary].data = Dataset() }
    }

    mutating func pause(until time: Int64) {
        servers[primary].pausedUntil = max(servers[primary].pausedUntil, time)
    }

    mutating func wipe() {
        servers[primary].data = Dataset()
        servers[primary].touches += 1
    }
}
