import Journal
import TestSupport
import Testing

@testable import Store

@Suite struct EngineSessionTests {
    private static func kinds(_ bench: Bench) throws -> [String] {
        try bench.core.journal.rows(after: .start, limit: 10_000).map {
            "\($0.entry.kind.rawValue) \($0.outcome.verdict)"
        }
    }

    /// 10 s of life, 1 s of coalescing.
    private static func withSession(ttl: Int64 = 10_000) throws -> Bench {
        let bench = try Bench()
        try bench.write(.session(.sessionCreate, "s", #"{"v":1}"#, ttl: ttl))
        bench.core.flush()
        return bench
    }

    @Test func session_thatNobodyTouches_endsAndSaysSo() throws {
        let bench = try Self.withSession()
        bench.pass(11_000)
        guard case .ended = try bench.session("s") else {
            Issue.record("the session is still served")
            return
        }
        #expect(bench.core.state.sessions["s"]?.endReason == "expired")
        let last = try bench.history("session:s").publications.last
        #expect(
            last.map { String(decoding: $0.data, as: UTF8.self) }
                == #"{"type":"session.end","version":2,"reason":"expired"}"#)
        #expect(last?.offset == 2)
    }

    /// From the deadline on it is over, also before the sweeper came by: reads, writes and touches agree.
    @Test func session_pastItsDeadline_isOverAtOnce() throws {
        let bench = try Self.withSession()
        bench.clock.advance(10_999)
        guard case .refused(.ended) = try Self.afterDeadline(bench, .session(.sessionPut, "s")),
            case .refused(.ended) = try bench.write(.session(.sessionTouch, "s")),
            case .refused(.exists) = try bench.write(.session(.sessionCreate, "s")),
            case .ended = try bench.session("s")
        else {
            Issue.record("an ended session was served")
            return
        }
    }

    private static func afterDeadline(_ bench: Bench, _ draft: Draft) throws -> WriteAnswer {
        bench.clock.advance(1)
        return try bench.write(draft)
    }

    @Test func tombstone_refusesLateWritesForADay_thenIsForgotten() throws {
        let bench = try Self.withSession()
        try bench.write(.session(.sessionEnd, "s"))
        for kind in [EntryKind.sessionPut, .sessionPatch, .sessionTouch, .sessionEnd] {
            guard case .refused(.ended) = try bench.write(.session(kind, "s")) else {
                Issue.record("\(kind) brought an ended session back")
                return
            }
        }
        guard case .refused(.exists) = try bench.write(.session(.sessionCreate, "s")) else {
            Issue.record("an ended session was made anew")
            return
        }
        bench.core.flush()
        bench.clock.advance(Session.tombstoneMilliseconds)
        bench.pass(1_000)
        #expect(bench.core.state.sessions["s"] == nil && bench.core.state.channels["session:s"] == nil)
        guard case .notFound = try bench.session("s") else {
            Issue.record("a forgotten session was found")
            return
        }
        bench.pass(1_500)
        #expect(try Checkpoint.loadAll(from: bench.core.file) == bench.core.state)
    }

    @Test func touches_nearToEachOther_makeOneEntry() throws {
        let bench = try Self.withSession()
        for _ in 0..<20 {
            bench.clock.advance(100)
            #expect(try bench.write(.session(.sessionTouch, "s")).receipt?.session?.id == "s")
            _ = try bench.session("s")
        }
        #expect(try Self.kinds(bench).filter { $0 == "session.touch ok" }.count == 2)
        #expect(bench.core.state.channels["session:s"]?.top == 1)
    }

    @Test(arguments: ["read", "touch", "subscription"])
    func session_thatShowsASign_livesOn(sign: String) throws {
        let bench = try Self.withSession()
        if sign == "subscription" { _ = try bench.subscribe("session:s") }
        for _ in 0..<100 {
            bench.pass(1_000)
            if sign == "read" { _ = try bench.session("s") }
            if sign == "touch" { try bench.write(.session(.sessionTouch, "s")) }
        }
        #expect(bench.core.state.sessions["s"]?.endedAt == nil)
        // Its full time begins with the last sign; the last unsubscribe is one.
        if sign == "subscription" { bench.round(.unsubscribe(channel: "session:s", loop: 0)) }
        let touched = try #require(bench.core.state.sessions["s"]?.touchedAt)
        #expect(bench.clock.now - touched <= 1_000)
        bench.pass(9_000)
        #expect(bench.core.state.sessions["s"]?.endedAt == nil)
        bench.pass(3_500)
        #expect(bench.core.state.sessions["s"]?.endedAt != nil)
    }

    @Test func touchLessSubscriptions_costFewEntries() throws {
        let bench = try Self.withSession(ttl: 60_000)
        _ = try bench.subscribe("session:s")
        bench.pass(120_000, step: 1_000)
        #expect(try Self.kinds(bench).filter { $0 == "session.touch ok" }.count <= 6)
    }

    @Test func access_isCheckedByTheOwnerForEveryKind() throws {
        let bench = try Self.withSession()
        for kind in [EntryKind.sessionPut, .sessionPatch, .sessionTouch, .sessionEnd] {
            guard case .forbidden = try bench.write(.session(kind, "s"), .user("bob")) else {
                Issue.record("\(kind) by a stranger")
                return
            }
        }
        guard case .forbidden = try bench.session("s", .user("bob")), case .found = try bench.session("s", .user("ann"))
        else {
            Issue.record("reads go by the owner")
            return
        }
        #expect(try bench.write(.session(.sessionPut, "s", "{\"v\":2}"), .user("ann")).receipt?.version == 2)
    }

    @Test func derivedIDs_meetTheSameSession() throws {
        let directory = try TemporaryDirectory()
        let engine = try Engine(EngineConfiguration(directory: directory.data))
        let id = engine.sessionID(forKey: "k", owner: "ann")
        #expect(id.count == 32 && id.allSatisfy(\.isHexDigit))
        #expect(engine.sessionID(forKey: "k", owner: "bob") != id && engine.sessionID(forKey: "l", owner: "ann") != id)
        #expect(engine.stop() == nil)
        let again = try Engine(EngineConfiguration(directory: directory.data))
        #expect(again.sessionID(forKey: "k", owner: "ann") == id)
        #expect(again.stop() == nil)
    }

    /// A start after a long stop finds sessions whose time ran out meanwhile: nobody is served one of them.
    @Test func sessionsThatRanOutWhileStopped_endAtTheStart() throws {
        let bench = try Self.withSession()
        let copy = try bench.kill()
        bench.clock.advance(3_600_000)
        let again = try Bench(copy, clock: bench.clock)
        guard case .ended = try again.session("s") else {
            Issue.record("a session that ran out was served")
            return
        }
        again.pass(500)
        #expect(again.core.state.sessions["s"]?.endReason == "expired")
    }

    /// A clock that went back over a restart may not serve what writes would find ended.
    @Test func clockThatWentBack_readsByTheJournalsTime() throws {
        let bench = try Self.withSession()
        bench.clock.advance(20_000)
        try bench.write(.publish("later"))
        let again = try Bench(bench.kill(), clock: ManualClock(bench.clock.now - 20_000))
        guard case .ended = try again.session("s"), case .refused(.ended) = try again.write(.session(.sessionPut, "s"))
        else {
            Issue.record("reads and writes disagree")
            return
        }
    }
}
