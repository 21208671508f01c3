import Journal
import Migrations
import NIOCore
import NIOPosix
import TestSupport

/// The journal of a node that shares it, in a real Redis; nobody else is there.
final class SharedHome: JournalHome {
    let directory: TemporaryDirectory
    private let server: RedisServer
    /// What the engine's checkpoint would say: where the node is, across openings.
    private let mark = Box((place: Place.start, chain: LineageChain()))

    init() async throws {
        directory = try TemporaryDirectory()
        server = try await RedisServer()
    }

    func open() async throws -> any OpenJournal {
        let address = RedisAddress(endpoint: .tcp(host: "127.0.0.1", port: server.port), credentials: nil)
        let journal = try OpenSharedJournal(self, at: address, mark)
        try await journal.becomeLive()
        return journal
    }

    /// Redis loses the stream; the file keeps what it has.
    func breakLineage(_ rows: [JournalRow]) async throws -> [JournalRow] {
        try await server.restart()
        return rows
    }
}

private final class OpenSharedJournal: OpenJournal {
    let journal: any EntryJournal
    private(set) var opening: [JournalRow] = []
    private let link: SharedLink
    private let shared: SharedJournal
    private let file: DatabaseFile
    private let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    private let arrivals = Box<[SharedArrival]>([])
    private let mark: Box<(place: Place, chain: LineageChain)>
    /// Its server and its directory live as long as what uses them.
    private let home: SharedHome
    private var isLive = false
    private var taken: [JournalRow] = []

    init(
        _ home: SharedHome, at address: RedisAddress, _ mark: Box<(place: Place, chain: LineageChain)>
    ) throws {
        (self.home, self.mark) = (home, mark)
        file = try DatabaseFile(home.directory.data, durability: .os)
        let origin = UInt64.random(in: 100 ... .max)
        var configuration = SharedConfiguration(target: .single(address))
        // No canaries: what arrives is what the test appended.
        configuration.terms.tick = 600_000
        configuration.terms.block = 100
        var terms = TailStateMachine.Terms()
        (terms.roll, terms.lease, terms.look, terms.pause) = (100, 200, 100, 20)
        let start = mark.value
        let tail = TailStateMachine(origin: origin, place: start.place, chain: start.chain, terms: terms)
        link = SharedLink(configuration, tail: tail, eventLoop: group.next()) { [arrivals] arrival in
            arrivals.with { $0.append(arrival) }
        }
        shared = SharedJournal(link: link, copy: try JournalRows(file: file, home: .shared))
        journal = shared
        link.start()
    }

    func becomeLive() async throws {
        try await eventually(within: .seconds(20), "the node is live") {
            try takeArrivals()
            return isLive
        }
        opening = taken
        taken = []
    }

    func append(_ entries: [Entry]) async throws -> [JournalRow] {
        for entry in entries where journal.propose(entry) != nil {
            throw JournalError(.corrupt, "a shared journal gave a place by itself")
        }
        try journal.commit()
        let wanted = Set(entries.map(\.id))
        try await eventually(within: .seconds(20), "the entries come back") {
            try takeArrivals()
            return wanted.isSubset(of: taken.map(\.entry.id))
        }
        defer { taken = [] }
        return taken
    }

    /// What the engine does with arrivals; at the end everything is written behind.
    private func takeArrivals() throws {
        let arrivals = arrivals.with { arrivals in
            defer { arrivals = [] }
            return arrivals
        }
        for arrival in arrivals { try take(arrival) }
        guard journal.unwritten > 0 else { return }
        let insertion = try shared.takeBehind()
        shared.wroteBehind(try file.write { try insertion.write($0) })
    }

    private func take(_ arrival: SharedArrival) throws {
        switch arrival {
        case .entries(let entries, _):
            for arrived in entries { take(arrived) }
            link.consumed(entries.reduce(0) { $0 + $1.cost })
        case .resumed: isLive = true
        case .suspended, .confirmed: isLive = false
        case .checkpointWanted(let reply):
            let (place, chain) = mark.value
            reply(.success(CheckpointContent(place: place, chain: chain, retainedFrom: place.cursor, chunks: [[1]])))
        case .failed(_, let error): throw error
        case .join, .halted: throw JournalError(.corrupt, "nobody else is there: \(arrival)")
        }
    }

    private func take(_ arrived: ArrivedEntry) {
        let outcome = ContractEngine.outcome(arrived.entry, arrived.cursor)
        let row = JournalRow(cursor: arrived.cursor, entry: arrived.entry, outcome: outcome)
        journal.record(row)
        taken.append(row)
        mark.with { mark in
            mark.place = Place(cursor: arrived.cursor, id: arrived.entry.id)
            if arrived.entry.kind == .open { mark.chain.append(Opening(arrived.entry).link(at: arrived.cursor)) }
        }
    }

    func close() async throws {
        let link = link
        await withCheckedContinuation { continuation in link.stop { continuation.resume() } }
        try await group.shutdownGracefully()
        try takeArrivals()
        try file.close()
    }
}
