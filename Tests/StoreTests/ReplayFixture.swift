import Foundation
import JSONText
import Journal
import Migrations
import Store
import Synchronization
import TestSupport

/// A running engine whose clock a test moves by hand.
struct ReplayFixture {
    let directory: TemporaryDirectory
    let engine: Engine
    /// Milliseconds since 1970.
    let clock: Box<Int64>

    /// 2026-09-14T07:15:00Z.
    static let start: Int64 = 1_789_370_100_000

    init(in directory: TemporaryDirectory, at start: Int64 = ReplayFixture.start) throws {
        self.directory = directory
        let (clock, monotonic) = (Box(start), EngineClock.system().monotonic)
        var configuration = EngineConfiguration(directory: directory.data, durability: .os)
        configuration.flushInterval = 1
        configuration.clock = EngineClock(entryTime: { clock.value }, monotonic: monotonic)
        self.clock = clock
        engine = try Engine(configuration)
    }

    /// Moves the clock on, writes and waits for the answer.
    @discardableResult
    func write(after seconds: Double = 1, _ draft: Draft) async throws -> WriteAnswer {
        clock.with { $0 += Int64(seconds * 1_000) }
        return try await engine.ask { .write(draft, .granted, $0) }
    }

    /// The newest entry's place.
    func head() async throws -> Journal.Cursor {
        try await engine.ask { (to: Return<EngineStatus>) in .status(to) }.head
    }

    /// Waits until the journal has an entry of a kind, such as one that the sweeper makes.
    func waitFor(_ kind: EntryKind) throws -> Bool {
        let reader = try JournalReader(directory.data)
        var filter = EntryFilter()
        filter.kinds = [kind]
        return eventually {
            // A page that can't be read now is read again.
            ((try? EntrySource(reader, filter).next()) ?? []).isEmpty == false
        }
    }

    static func draft(
        _ kind: EntryKind, _ channel: String, _ body: String = "", key: String? = nil,
        _ change: (inout EntryHeader) -> Void = { _ in }
    ) -> Draft {
        var draft = Draft(channel: channel, kind: kind, body: Array(body.utf8))
        if kind != .sessionTouch { draft.header.history = HistoryWindow(size: 1_000, ttl: 86_400_000) }
        draft.header.idempotency = key.map {
            IdempotencyClaim(key: $0, bodyHash: RowChecksum.of((kind.rawValue + body).utf8), window: 300_000)
        }
        change(&draft.header)
        return draft
    }

    static func create(_ id: String, _ body: String, ttl: Int64 = 600_000, owner: String = "ines", key: String? = nil)
        -> Draft
    {
        draft(.sessionCreate, Session.channel(of: id), body, key: key) {
            $0.session = SessionTerms(type: "lesson", owner: owner, ttl: ttl)
        }
    }

    /// A bit of everything: sessions and channels, refusals, an end and an expiry.
    func fill() async throws {
        try await write(Self.create("a", #"{"n":0}"#))
        try await write(Self.create("b", #"{"n":0}"#, key: "make-b"))
        for n in 1...20 {
            try await write(Self.draft(.sessionPatch, "session:a", #"{"n":\#(n)}"#))
            try await write(Self.draft(.publish, "chat:1", #"{"text":"\#(n)"}"#, key: "k\(n)"))
            try await write(Self.draft(.publish, "chat:\(n)", #"{"text":"\#(n)"}"#))
        }
        try await write(Self.draft(.publish, "chat:1", #"{"text":"20"}"#, key: "k20"))
        try await write(Self.draft(.sessionEnd, "session:b"))
        try await write(Self.draft(.sessionPut, "session:b", "{}"))
        try await write(Self.draft(.historyRemove, "chat:2"))
    }
}
