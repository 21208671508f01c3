import Journal
import Migrations
import TestSupport

@testable import Store

/// A node's file and state behind a shared journal, whose entries the test hands over.
final class FleetNode {
    let directory: TemporaryDirectory
    let file: DatabaseFile
    let rows: JournalRows
    var state: State

    init() throws {
        directory = try TemporaryDirectory()
        file = try DatabaseFile(directory.data, durability: .os)
        rows = try JournalRows(file: file, home: .shared)
        state = State()
    }

    @discardableResult
    func take(_ entries: some Sequence<ArrivedEntry>) throws -> [JournalRow] {
        var taken: [JournalRow] = []
        for arrived in entries {
            try state.loadRows(of: arrived.entry, from: file)
            let applied = state.apply(arrived.entry, at: arrived.cursor)
            taken.append(JournalRow(cursor: arrived.cursor, entry: arrived.entry, outcome: applied.outcome))
        }
        try rows.append(taken)
        return taken
    }

    func checkpoint() throws {
        try file.write { try Checkpoint.store($0, state, journalBytes: rows.sizeBytes) }
        state.markFlushed()
    }

    /// The state as content; what recovery may use comes along as if read from the stream.
    func content(
        of stream: [ArrivedEntry], milliseconds: Int64 = .max, bytesMax: Int = .max
    ) throws -> CheckpointContent {
        try checkpoint()
        var content = try file.read {
            try CheckpointContent.write(
                from: $0, retention: RetainedPublications.Retention(milliseconds: milliseconds, bytesMax: bytesMax))
        }
        content.retained = stream.filter { content.retainedFrom <= $0.cursor && $0.cursor <= content.place.cursor }
        return content
    }

    func adopt(_ content: CheckpointContent) throws {
        state = try CheckpointContent.adopt(content, into: file)
        try rows.reload(from: file)
    }

    func whole() throws -> State {
        var whole = state
        try whole.loadEverything(from: file)
        return whole
    }

    /// What recovery may use of a channel, read from the file.
    func window(of name: String) throws -> [Publication] {
        guard let channel = try whole().channels[name] else { return [] }
        let above = channel.retainedAbove(at: state.journalTime)
        guard above < channel.top else { return [] }
        return try file.read {
            try HistoryReader.page($0, above + 1...channel.top, of: name, epoch: channel.epoch, bytesMax: .max)
        }.publications
    }

    /// What `anteroom check` finds wrong.
    func faults() throws -> [String] {
        var faults: [String] = []
        _ = try DirectoryCheck.run(directory.data, bootID: "b") { if !$0.isOK { faults.append($0.line) } }
        return faults
    }
}

/// Random entries as a shared journal has them.
struct FleetStream {
    var entries: [ArrivedEntry] = []
    private var drafts: RandomDrafts
    private var counter: UInt64 = 0

    init(seed: UInt64) { drafts = RandomDrafts(seed: seed) }

    /// The opening of a lineage that goes on from a place.
    mutating func open(_ lineage: UInt64, from place: Place, keepsEpochs: Bool = false) -> ArrivedEntry {
        var draft = Draft.opening
        draft.body =
            Opening(
                salt: "s\(lineage)", secret: "secret", parent: place, server: "server", keepsEpochs: keepsEpochs
            ).body
        return add(draft, at: Cursor(lineage: lineage, sequence: 0), time: 1_000)
    }

    /// The next random entry after a state.
    mutating func next(after state: State) -> ArrivedEntry {
        let next = drafts.next(after: state)
        return add(next.draft, at: state.head.next, time: next.time)
    }

    /// A draft of one's own after a state.
    mutating func add(_ draft: Draft, after state: State) -> ArrivedEntry {
        add(draft, at: state.head.next, time: state.journalTime)
    }

    private mutating func add(_ draft: Draft, at cursor: Cursor, time: Int64) -> ArrivedEntry {
        counter += 1
        let arrived = ArrivedEntry(cursor: cursor, entry: draft.entry(counter, at: time))
        entries.append(arrived)
        return arrived
    }
}
