import Dispatch
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// An engine whose host is the test: rounds happen when the test says so.
final class Bench {
    let directory: TemporaryDirectory
    let clock: ManualClock
    let recorder: Recorder
    let core: EngineCore
    let shared: EngineShared
    private let mailbox: Mailbox
    private let bell = DispatchSemaphore(value: 0)

    init(
        _ directory: TemporaryDirectory, clock: ManualClock = ManualClock(), durability: HeadRecord.Durability = .disk,
        configure: (inout EngineConfiguration) -> Void = { _ in }
    ) throws {
        (self.directory, self.clock) = (directory, clock)
        var configuration = EngineConfiguration(directory: directory.data, durability: durability, loops: 2)
        configuration.clock = clock.clock
        configure(&configuration)
        shared = EngineShared(clock: clock.clock)
        mailbox = Mailbox { [bell] in bell.signal() }
        core = try EngineCore(configuration, mailbox: mailbox, shared: shared)
        recorder = Recorder()
        _ = shared.attach(recorder)
    }

    convenience init() throws { try self.init(TemporaryDirectory()) }

    /// One round of requests, and of what parked reads bring back for it.
    func round(_ requests: Request...) { round(requests) }

    func round(_ requests: [Request]) { core.round { for request in requests { core.handle(request) } } }

    /// Takes the first turn of a stop.
    func beginStop() -> NextTurn {
        mailbox.close()
        return core.turn()
    }

    /// Stops as a node does: turns until there are no more, and time passes in between. True when it ended.
    @discardableResult
    func stop() -> Bool {
        var next = beginStop()
        for _ in 0..<10 {
            switch next {
            case .never: return true
            case .now: break
            case .within(let milliseconds): clock.advance(milliseconds)
            }
            next = core.turn()
        }
        return next == .never
    }

    /// Takes what other threads queued and handles it as a round; waits for it a bounded time.
    func roundFromMailbox() {
        if mailbox.mayRest() { _ = bell.wait(timeout: .now() + .seconds(5)) }
        let batch = mailbox.take(max: 100)
        core.round { for request in batch.requests { core.handle(request) } }
    }

    /// Writes in a round of its own and gives the answer.
    @discardableResult
    func write(_ draft: Draft, _ access: SessionAccess = .granted) throws -> WriteAnswer {
        let answer = Answer<WriteAnswer>()
        round(.write(draft, access, answer.address()))
        return try answer.get()
    }

    /// Asks in a round of its own, with a second round where the answer waits for the file.
    func ask<Value>(_ request: (Return<Value>) -> Request) throws -> Value {
        let answer = Answer<Value>()
        round(request(answer.address()))
        for _ in 0..<5 where answer.isMissing { roundFromMailbox() }
        return try answer.get()
    }

    /// Asks for something that is answered from another thread.
    func askElsewhere<Value>(_ request: (Return<Value>) -> Request) throws -> Value {
        let answer = Answer<Value>()
        round(request(answer.address()))
        _ = eventually { !answer.isMissing }
        return try answer.get()
    }

    func subscribe(_ channel: String, from position: Position? = nil, limit: Int = 0) throws -> SubscribeAnswer {
        try ask { to in
            .subscribe(
                SubscribeRequest(channel: channel, loop: 0, recover: position, limit: limit, access: .granted), to)
        }
    }

    func history(_ channel: String, _ filter: HistoryFilter = HistoryFilter(limit: -1)) throws -> HistoryAnswer {
        try ask { .history(channel: channel, filter, limitMax: 1_000, .granted, $0) }
    }

    func session(_ id: String, _ access: SessionAccess = .granted) throws -> SessionAnswer {
        try ask { .readSession(id: id, access, $0) }
    }

    func status() throws -> EngineStatus { try askElsewhere { .status($0) } }

    /// Lets time pass and looks after what is due, in steps of the housekeeping.
    func pass(_ milliseconds: Int64, step: Int64 = EngineLimits.housekeepingMilliseconds) {
        var rest = milliseconds
        while rest > 0 {
            clock.advance(min(step, rest))
            rest -= step
            core.tend()
            // What is written behind is in the file before the test looks.
            if let fleet = core.fleet { core.awaitFlush(fleet) }
        }
    }

    /// The directory as a kill -9 at this moment would leave it.
    func kill() throws -> TemporaryDirectory { try directory.copyAsKilled() }

    /// A new engine on what a kill -9 at this moment would leave.
    func restartedAfterKill(configure: (inout EngineConfiguration) -> Void = { _ in }) throws -> Bench {
        try Bench(kill(), clock: clock, configure: configure)
    }

    /// The whole state as the file has it, replayed by somebody else.
    func replayed() throws -> State {
        let copy = try kill()
        let file = try DatabaseFile(copy.data, durability: .disk)
        let journal = try EmbeddedJournal(
            file: file, headFile: try HeadFile(copy.data), durability: .disk, bootID: currentBootID())
        #expect(journal.opening == nil)
        var state = try State.rebuild(from: file, journal: journal, cacheBytes: .max)
        try state.loadEverything(from: file)
        try file.close()
        return state
    }
}

extension State {
    /// Brings every cold row into memory, so that states can be compared whole.
    mutating func loadEverything(from file: DatabaseFile) throws {
        let all = try Checkpoint.loadAll(from: file)
        for (name, channel) in all.channels where !isResident(channel: name) { load(channel, as: name) }
        for (id, session) in all.sessions where !isResident(session: id) { load(session) }
    }
}

/// Waits for one answer; a second one is a failure.
final class Answer<Value: Sendable>: Sendable {
    private let box = Box<Result<Value, EngineError>?>(nil)

    func address(loop: Int? = nil) -> Return<Value> {
        Return(loop: loop) { [box] result in
            let isFirst = box.with { stored in
                defer { stored = result }
                return stored == nil
            }
            #expect(isFirst, "a request was answered twice")
        }
    }

    var isMissing: Bool { box.value == nil }

    func get() throws -> Value { try #require(box.value, "no answer came").get() }

    var error: EngineError? {
        guard case .failure(let error) = box.value else { return nil }
        return error
    }
}

/// Keeps what a loop was handed over, in order.
final class Recorder: RoundReceiver {
    enum Event: Sendable, Equatable {
        case publication(String, UInt64, String)
        case mark(String)
    }

    private let box = Box<[Event]>([])

    func receive(_ handOver: HandOver) {
        for item in handOver.items {
            switch item {
            case .publications(let channel, let publications):
                box.with { events in
                    events += publications.map {
                        .publication(channel, $0.offset, String(decoding: $0.data, as: UTF8.self))
                    }
                }
            case .answer(let body): body(handOver.error)
            case .epochsChanged: box.with { $0.append(.mark("epochs")) }
            }
        }
    }

    /// An address whose answer shows up in the order of events.
    func address<Value>(_ name: String) -> Return<Value> {
        Return(loop: 0) { [box] result in
            let failed = if case .failure(let error) = result { " \(error.code)" } else { "" }
            box.with { $0.append(.mark(name + failed)) }
        }
    }

    var events: [Event] { box.value }

    func clear() { box.value = [] }
}
