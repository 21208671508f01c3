import Journal
import TestSupport
import Testing

@testable import Store

@Suite struct EngineRecoveryTests {
    private static func offsets(_ answer: SubscribeAnswer) -> [UInt64]? {
        guard case .recovered(let publications) = answer.recovery else { return nil }
        return publications.map(\.offset)
    }

    private static func reason(_ answer: SubscribeAnswer) -> NotRecovered? {
        guard case .notRecovered(let why) = answer.recovery else { return nil }
        return why
    }

    private static func filled(_ count: Int, cacheBytes: Int = .max, size: UInt32 = 100, body: String = "{}") throws
        -> Bench
    {
        let bench = try Bench(TemporaryDirectory()) { $0.cacheBytes = cacheBytes }
        for _ in 0..<count { try bench.write(.publish("a", body, history: HistoryWindow(size: size, ttl: 600_000))) }
        return bench
    }

    private static func at(_ bench: Bench, _ offset: UInt64) throws -> Position {
        Position(epoch: try bench.history("a").position.epoch, offset: offset)
    }

    @Test func positions_areRecoveredFromMemory() throws {
        let bench = try Self.filled(10)
        for offset in 0...10 as ClosedRange<UInt64> {
            let answer = try bench.subscribe("a", from: Self.at(bench, offset))
            #expect(Self.offsets(answer) == Array((0...10).dropFirst(Int(offset) + 1)))
            #expect(answer.position.offset == 10 && answer.isSubscribed && !answer.isDenied)
        }
        #expect(bench.core.directory.totals == ["a": 11])
    }

    @Test func positions_areRecoveredFromTheFileWhereMemoryIsShort() throws {
        let bench = try Self.filled(40)
        for offset in [0, 1, 20, 38, 39, 40] as [UInt64] {
            bench.core.state.evict(toBytes: 0)
            let answer = try bench.subscribe("a", from: Self.at(bench, offset))
            #expect(Self.offsets(answer) == Array((0...40).dropFirst(Int(offset) + 1)), "from \(offset)")
        }
        bench.core.flush()
        bench.core.state.evict(toBytes: 0)
        #expect(bench.core.state.channels.isEmpty)
        try bench.write(.publish("a", "{}"))
        #expect(try Self.offsets(bench.subscribe("a", from: Self.at(bench, 35))) == [36, 37, 38, 39, 40, 41])
    }

    @Test func reasons_throughTheEngine() throws {
        let bench = try Self.filled(30, size: 10)
        let epoch = try Self.at(bench, 0).epoch
        let rows: [(Position, Int, NotRecovered.Reason)] = [
            (Position(epoch: "other", offset: 25), 0, .epoch), (Position(epoch: epoch, offset: 31), 0, .ahead),
            (Position(epoch: epoch, offset: 19), 0, .trimmed), (Position(epoch: epoch, offset: 22), 7, .limit),
        ]
        for (position, limit, reason) in rows {
            let answer = try bench.subscribe("a", from: position, limit: limit)
            #expect(Self.reason(answer)?.reason == reason)
            #expect(Self.reason(answer)?.oldest == 21)
            #expect(answer.isSubscribed)
        }
        #expect(bench.core.counters.notRecovered.values.reduce(0, +) == 4)
        let strict = SubscribeRequest(
            channel: "a", loop: 0, recover: rows[0].0, limit: 0, access: .granted, onlyIfRecovered: true)
        let answer = try bench.ask { .subscribe(strict, $0) }
        #expect(!answer.isSubscribed)
        #expect(bench.core.directory.totals == ["a": 4])
    }

    /// One recovery is bounded in bytes, from memory and from the file alike.
    @Test(arguments: [false, true])
    func recovery_thatIsTooLarge_isTold(fromFile: Bool) throws {
        let bench = try Self.filled(12, body: "\"\(String(repeating: "z", count: 100_000))\"")
        if fromFile { bench.core.state.evict(toBytes: 0) }
        #expect(try Self.reason(bench.subscribe("a", from: Self.at(bench, 0)))?.reason == .limit)
        if fromFile { bench.core.state.evict(toBytes: 0) }
        #expect(try Self.offsets(bench.subscribe("a", from: Self.at(bench, 6)))?.count == 6)
    }

    @Test func expiredWindow_isTrimmedAndTheTopIsNot() throws {
        let bench = try Self.filled(5)
        bench.clock.advance(600_001)
        #expect(try Self.reason(bench.subscribe("a", from: Self.at(bench, 4)))?.reason == .trimmed)
        #expect(try Self.offsets(bench.subscribe("a", from: Self.at(bench, 5))) == [])
    }

    /// Retention by bytes and by time deletes rows that the window still counts; both say so with the oldest that is left.
    @Test(arguments: [true, false])
    func retention_thatTookRows_isToldAsTrimmed(byBytes: Bool) throws {
        let bench = try Bench(TemporaryDirectory()) {
            if byBytes { $0.journalBytesMax = 4_000 } else { $0.journalRetention = 5_000 }
        }
        for _ in 0..<60 {
            try bench.write(.publish("a", "\"0123456789\""))
            bench.clock.advance(200)
        }
        bench.pass(2_000)
        let oldest = try #require(bench.core.journal.rows(after: .start, limit: 1).first?.outcome.offset)
        #expect(oldest > 10 && oldest < 61)
        bench.core.state.evict(toBytes: 0)
        let why = try Self.reason(bench.subscribe("a", from: Self.at(bench, 0)))
        #expect(why == NotRecovered(.trimmed, above: oldest - 1, top: 60))
        bench.core.state.evict(toBytes: 0)
        #expect(try Self.offsets(bench.subscribe("a", from: Self.at(bench, oldest - 1)))?.first == oldest)
        bench.core.state.evict(toBytes: 0)
        #expect(try bench.history("a").publications.map(\.offset) == Array(oldest...60))
        #expect(try bench.history("a", HistoryFilter(limit: 3)).publications.isEmpty == false || oldest > 3)
    }

    @Test func history_goesForwardsAndBackwardsAcrossMemoryAndFile() throws {
        let bench = try Self.filled(30)
        for evicts in [false, true] {
            if evicts { bench.core.state.evict(toBytes: 0) }
            #expect(try bench.history("a", HistoryFilter(limit: 3)).publications.map(\.offset) == [1, 2, 3])
            if evicts { bench.core.state.evict(toBytes: 0) }
            let since = HistoryFilter(limit: 3, since: try Self.at(bench, 10), reverse: true)
            #expect(try bench.history("a", since).publications.map(\.offset) == [9, 8, 7])
            #expect(try bench.history("a", HistoryFilter(limit: 0)).publications.isEmpty)
        }
        let foreign = HistoryFilter(limit: 3, since: Position(epoch: "x", offset: 1))
        #expect(try bench.history("a", foreign).failure == .unrecoverable)
        let zero = HistoryFilter(limit: 3, since: try Self.at(bench, 0), reverse: true)
        #expect(try bench.history("a", zero).failure == .badRequest)
        #expect(try bench.history("nothing").position.offset == 0)
    }

    @Test func removedHistory_isTrimmedAndOffsetsGoOn() throws {
        let bench = try Self.filled(5)
        try bench.write(Draft(channel: "a", kind: .historyRemove))
        #expect(try Self.reason(bench.subscribe("a", from: Self.at(bench, 3)))?.oldest == 6)
        #expect(try bench.history("a").publications.isEmpty)
        #expect(try bench.write(.publish("a")).receipt?.position == Self.at(bench, 6))
    }

    @Test func ephemeralPublication_hasNoOffsetAndNoRow() throws {
        let bench = try Bench()
        _ = try bench.subscribe("a")
        let head = bench.core.state.head
        bench.round(.ephemeral(channel: "a", Publication(offset: 0, data: Array("7".utf8))))
        #expect(bench.recorder.events == [.publication("a", 0, "7")])
        #expect(bench.core.state.head == head && bench.core.state.channels.isEmpty)
    }

    /// A channel that nobody wrote to for a month is forgotten; what clients saw of it never matches again.
    @Test func droppedChannel_leavesNoPositionThatMatches() throws {
        let bench = try Self.filled(5)
        let old = try Self.at(bench, 5)
        bench.core.flush()
        bench.clock.advance(31 * 24 * 3_600_000)
        bench.pass(1_000)
        #expect(bench.core.state.channels["a"] == nil)
        #expect(try Self.reason(bench.subscribe("a", from: old))?.reason == .epoch)
        for _ in 0..<5 { try bench.write(.publish("a")) }
        #expect(try Self.reason(bench.subscribe("a", from: old))?.reason == .epoch)
        let again = try bench.restartedAfterKill()
        #expect(try Self.reason(again.subscribe("a", from: old))?.reason == .epoch)
    }

    @Test func channelWithSubscribers_isNotDropped() throws {
        let bench = try Self.filled(1)
        _ = try bench.subscribe("a")
        bench.core.flush()
        bench.clock.advance(31 * 24 * 3_600_000)
        bench.pass(1_000)
        #expect(bench.core.state.channels["a"] != nil)
    }

    @Test func sessionChannel_isForThoseWhoMayUseTheSession() throws {
        let bench = try Bench()
        try bench.write(.session(.sessionCreate, "s", owner: "ann"))
        func subscribe(_ id: String, _ access: SessionAccess) throws -> SubscribeAnswer {
            let request = SubscribeRequest(channel: "session:\(id)", loop: 0, recover: nil, limit: 0, access: access)
            return try bench.ask { .subscribe(request, $0) }
        }
        #expect(try subscribe("s", .user("ann")).isSubscribed)
        #expect(try subscribe("s", .granted).isSubscribed)
        for (id, access) in [("s", SessionAccess.user("bob")), ("s", .user("")), ("x", .granted), ("x", .user("ann"))] {
            let answer = try subscribe(id, access)
            #expect(answer.isDenied && !answer.isSubscribed)
        }
        #expect(
            try bench.ask { .history(channel: "session:s", HistoryFilter(limit: 1), limitMax: 1, .user("bob"), $0) }
                .failure == .denied)
        #expect(bench.core.directory.totals == ["session:s": 2])
    }
}
