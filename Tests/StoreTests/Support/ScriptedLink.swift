import Journal
import TestSupport

@testable import Store

/// Takes what an engine asks of its link, and keeps it; what comes back is what the test hands to the engine itself.
final class ScriptedLink: JournalLink {
    struct Memory: Sendable {
        var appended: [Entry] = []
        var consumed = 0
        var reaches: [@Sendable (Result<Cursor, JournalError>) -> Void] = []
        var offers: [CheckpointContent] = []
        var applied = Cursor.start
        var hash: UInt64 = 0
        var discards = 0
        var status: SharedStatus = {
            var status = SharedStatus()
            status.lagMilliseconds = 0
            return status
        }()
        var isStopped = false
        var time: Int64?
    }

    let memory = Box(Memory())

    func start() {}

    func append(_ entries: [Entry]) { memory.with { $0.appended += entries } }

    func consumed(_ bytes: Int) { memory.with { $0.consumed += bytes } }

    func reach(_ completion: @escaping @Sendable (Result<Cursor, JournalError>) -> Void) {
        memory.with { $0.reaches.append(completion) }
    }

    func offer(checkpoint: CheckpointContent, _ done: @escaping @Sendable (Result<Void, JournalError>) -> Void) {
        memory.with { $0.offers.append(checkpoint) }
        done(.success(()))
    }

    func note(applied cursor: Cursor, hash: UInt64) { memory.with { ($0.applied, $0.hash) = (cursor, hash) } }

    func discardState() { memory.with { $0.discards += 1 } }

    func serverTime() -> Int64? { memory.value.time }

    var status: SharedStatus { memory.value.status }

    func stop(_ done: @escaping @Sendable () -> Void) {
        memory.with { $0.isStopped = true }
        done()
    }

    /// What was appended since the last call.
    func takeAppended() -> [Entry] {
        memory.with { memory in
            defer { memory.appended = [] }
            return memory.appended
        }
    }

    /// Answers who asked how far the journal is.
    func answerReaches(_ result: Result<Cursor, JournalError>) {
        let waiting = memory.with { memory in
            defer { memory.reaches = [] }
            return memory.reaches
        }
        for completion in waiting { completion(result) }
    }
}

/// An engine behind a shared journal whose arrivals the test hands over.
final class FleetBench {
    let bench: Bench
    let link: ScriptedLink
    /// Everything that arrived, in order.
    private(set) var stream: [ArrivedEntry] = []
    private var counter: UInt64 = 0

    /// What other nodes append has this origin.
    private let other = UInt64.random(in: 1_000 ... .max)

    init(
        waitsForReplicas: Bool = false, news: Box<[String]> = Box([]),
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) throws {
        let made = Box<ScriptedLink?>(nil)
        bench = try Bench(TemporaryDirectory()) { configuration in
            configuration.fleet = FleetTerms(
                waitsForReplicas: waitsForReplicas, notify: { item in news.with { $0.append("\(item)") } }
            ) { _ in
                let link = ScriptedLink()
                made.value = link
                return link
            }
            configure(&configuration)
        }
        guard let link = made.value else { throw JournalError(.unavailable, "no link was made") }
        self.link = link
    }

    var head: Cursor { bench.core.state.head }

    /// Makes the node live in a lineage of its own server.
    func begin(lineage: UInt64 = 10) {
        arrive([opening(lineage)], at: Cursor(lineage: lineage, sequence: 0), isDelivered: false)
        bench.round(.arrival(.resumed))
        _ = link.takeAppended()
        bench.recorder.clear()
    }

    /// The opening of a lineage that goes on from the head.
    func opening(_ lineage: UInt64) -> Entry {
        counter += 1
        let body = Opening(
            salt: "s\(lineage)", secret: "secret", parent: bench.core.state.place, server: "server"
        ).body
        return Entry(
            id: EntryID(origin: other, counter: counter), time: bench.clock.now, channel: "", kind: .open,
            body: body)
    }

    /// An entry of another node.
    func foreign(_ draft: Draft) -> Entry {
        counter += 1
        return Entry(
            id: EntryID(origin: other, counter: counter), time: bench.clock.now, channel: draft.channel,
            kind: draft.kind, header: draft.header, body: draft.body)
    }

    /// Hands entries over, in one round, as those that follow the head.
    func arrive(_ entries: [Entry], at first: Cursor? = nil, isDelivered: Bool = true) {
        var cursor = first ?? head.next
        var arrived: [ArrivedEntry] = []
        for entry in entries {
            arrived.append(ArrivedEntry(cursor: cursor, entry: entry))
            cursor = cursor.next
        }
        stream += arrived
        bench.round(.arrival(.entries(arrived, isDelivered: isDelivered)))
    }

    /// Hands over entries of other nodes.
    func arrive(_ drafts: Draft..., isDelivered: Bool = true) {
        arrive(drafts.map { foreign($0) }, isDelivered: isDelivered)
    }

    /// Hands over what this node appended.
    func bringBack(isDelivered: Bool = true) { arrive(link.takeAppended(), isDelivered: isDelivered) }

    func suspend(_ reason: TailStateMachine.Suspension) { bench.round(.arrival(.suspended(reason))) }

    func resume() { bench.round(.arrival(.resumed)) }

    /// Queues a write in a round of its own; the answer comes later.
    func write(_ draft: Draft, _ access: SessionAccess = .granted) -> Answer<WriteAnswer> {
        let answer = Answer<WriteAnswer>()
        bench.round(.write(draft, access, answer.address()))
        return answer
    }

    func subscribe(_ channel: String, from position: Position? = nil) -> Answer<SubscribeAnswer> {
        let answer = Answer<SubscribeAnswer>()
        let request = SubscribeRequest(channel: channel, loop: 0, recover: position, limit: 0, access: .granted)
        bench.round(.subscribe(request, answer.address()))
        return answer
    }

    func readSession(_ id: String) -> Answer<SessionAnswer> {
        let answer = Answer<SessionAnswer>()
        bench.round(.readSession(id: id, .granted, answer.address()))
        return answer
    }

    /// Has the node take a checkpoint.
    func join(_ content: CheckpointContent, hasSurplus: Bool) -> Result<Place, JournalError>? {
        let answer = Box<Result<Place, JournalError>?>(nil)
        bench.round(.arrival(.join(content, hasSurplus: hasSurplus) { answer.value = $0.map(\.place) }))
        return answer.value
    }
}
