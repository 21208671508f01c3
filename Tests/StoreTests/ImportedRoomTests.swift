import Journal
import Testing

@testable import Store

/// Links that come from elsewhere, with what is live behind them.
@Suite struct ImportedRoomTests {
    private typealias Rooms = RoomTransitionTests

    private static func create(live session: String) -> Draft {
        Rooms.draft(.roomCreate) { ($0.activity, $0.session) = ("quiz", session) }
    }

    @Test func link_whoseSessionIsThere_isLiveUntilThatEnds() throws {
        var state = State.opened
        state.play(.session(.sessionCreate, "s1"), Self.create(live: "s1"), Rooms.join("a"), at: 2_000)
        #expect(try #require(state.rooms.rooms["r"]).isAdmitted("a"))
        #expect(state.play(Rooms.start("s2"), at: 2_000)[0].outcome.refusal == .live)
        state.play(.session(.sessionEnd, "s1"), at: 3_000)
        let room = try #require(state.rooms.rooms["r"])
        #expect(room.session == nil && room.hasEnded)
    }

    @Test func link_whoseSessionIsGoneOrAnothers_waits() throws {
        var state = State.opened
        state.play(Self.create(live: "s1"), at: 2_000)
        #expect(try #require(state.rooms.rooms["r"]).session == nil)

        state = .opened
        state.play(.session(.sessionCreate, "s1"), .session(.sessionEnd, "s1"), Self.create(live: "s1"), at: 2_000)
        #expect(try #require(state.rooms.rooms["r"]).session == nil)

        state = .opened
        state.play(.session(.sessionCreate, "s1"), at: 2_000)
        state.play(Self.create(live: "s1"), at: 900_000)
        #expect(try #require(state.rooms.rooms["r"]).session == nil, "its life is over, whether it was swept or not")

        state = .opened
        var other = Self.create(live: "s1")
        other.channel = WaitingRoom.channel(of: "other")
        state.play(.session(.sessionCreate, "s1"), Self.create(live: "s1"), other, at: 2_000)
        #expect(state.rooms.rooms["r"]?.session == "s1" && state.rooms.rooms["other"]?.session == nil)
    }

    /// The session may be in the file only: a node that forgot to look there would make another room than its neighbour.
    @Test func link_whoseSessionIsOnlyInTheFile_isLive() throws {
        let bench = try Bench()
        try bench.write(.session(.sessionCreate, "s1"))
        bench.core.flush()
        bench.core.state.evict(toBytes: 0)
        #expect(bench.core.state.sessions["s1"] == nil)
        try bench.write(Self.create(live: "s1"))
        #expect(bench.core.state.rooms.rooms["r"]?.session == "s1")
        #expect(try bench.replayed().rooms.rooms["r"]?.session == "s1")
    }
}
