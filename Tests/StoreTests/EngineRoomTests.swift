import Journal
import TestSupport
import Testing

@testable import Store

/// Waiting rooms in an engine: what it tells, whom it gives up, what a restart keeps.
@Suite struct EngineRoomTests {
    private typealias Rooms = RoomTransitionTests

    private func room(_ bench: Bench) throws -> WaitingRoom {
        let answer = Answer<WaitingRoom?>()
        bench.round(.readRoom(hash: "r", answer.address()))
        return try #require(try answer.get())
    }

    private func tick(_ bench: Bench, after milliseconds: Int64 = 500) {
        bench.clock.advance(milliseconds)
        bench.core.tend()
    }

    private func told(_ bench: Bench) -> [String] {
        bench.recorder.events.compactMap { event in
            if case .publication("waiting:r", _, let text) = event { text } else { nil }
        }
    }

    @Test func joins_areToldTwiceASecondAtMost() throws {
        let bench = try Bench()
        try bench.write(Rooms.create)
        _ = try bench.subscribe("waiting:r")
        for number in 1...20 {
            try bench.write(Rooms.join("w\(number)"))
            bench.core.tend()
        }
        #expect(told(bench).count <= 1)
        tick(bench)
        #expect(told(bench).last == "{\"type\":\"waiter-count\",\"count\":20}")
        let before = told(bench).count
        tick(bench)
        tick(bench)
        #expect(told(bench).count == before)
    }

    @Test func start_thatCameSecond_isAnsweredWithTheFirstSession() throws {
        let bench = try Bench()
        try bench.write(Rooms.create)
        guard case .accepted(let first) = try bench.write(Rooms.start("s1")),
            case .duplicate(let second) = try bench.write(Rooms.start("s2"))
        else { throw EngineError(.unavailable, "not accepted, and not a duplicate") }
        #expect(first.room?.session == "s1" && second.room?.session == "s1")
    }

    /// Faults A2 and A3: whoever waits, waits on through a crash.
    @Test func restart_keepsPlaces_andGivesUpThoseWhoDontComeBack() throws {
        let bench = try Bench()
        try bench.write(Rooms.create)
        for waiter in ["a", "b", "c"] { try bench.write(Rooms.join(waiter)) }
        let copy = try bench.directory.copyAsKilled()
        let again = try Bench(copy, clock: bench.clock)
        #expect(try room(again).line.position(of: "c") == 3)
        tick(again)
        try again.write(Rooms.join("b"))
        tick(again, after: EngineLimits.strangerMilliseconds)
        #expect(try room(again).line.places.map { $0.awayAt == nil } == [false, true, false])
        tick(again, after: again.core.configuration.roomGrace)
        tick(again)
        #expect(try room(again).line.places.map(\.waiter) == ["b"])
        #expect(try room(again).line.position(of: "b") == 1)
    }

    @Test func roomThatNobodyUses_takesPeopleAsUsualAgain() throws {
        let bench = try Bench()
        try bench.write(Rooms.create)
        try bench.write(Rooms.draft(.roomAdmission) { ($0.isPaused, $0.isClosed, $0.count) = (true, true, 3) })
        tick(bench, after: bench.core.configuration.roomTTL - 1_000)
        #expect(try room(bench).isClosed)
        tick(bench, after: 1_000)
        #expect(try !room(bench).isClosed && !room(bench).isPaused && room(bench).capacity == 0)
    }

    @Test func end_isToldAtOnce() throws {
        let bench = try Bench()
        try bench.write(Rooms.create)
        _ = try bench.subscribe("waiting:r")
        try bench.write(Rooms.start("s1"))
        try bench.write(.session(.sessionEnd, "s1"))
        tick(bench)
        #expect(told(bench).last == "{\"type\":\"session-ended\",\"count\":0}")
        #expect(try room(bench).session == nil)
    }

    @Test func attempts_areNotResetByARestart() throws {
        let bench = try Bench()
        let attempt = Rooms.draft(.roomAttempt) { ($0.token, $0.count, $0.life) = ("ann", 2, 30_000) }
        for _ in 0..<2 { try bench.write(attempt) }
        #expect(bench.stop())
        let again = try Bench(bench.directory.copyAsKilled(), clock: bench.clock)
        guard case .refused(.limited) = try again.write(attempt) else {
            throw EngineError(.unavailable, "the attempts were forgotten")
        }
    }
}
