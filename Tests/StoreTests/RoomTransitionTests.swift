import Journal
import Testing

@testable import Store

/// What may happen to a waiting room, on the state alone.
@Suite struct RoomTransitionTests {
    static func draft(_ kind: EntryKind, _ change: (inout RoomTerms) -> Void = { _ in }) -> Draft {
        var draft = Draft(channel: WaitingRoom.channel(of: "r"), kind: kind)
        var terms = RoomTerms()
        change(&terms)
        draft.header.room = terms
        draft.header.history = Draft.history
        return draft
    }

    static func join(_ waiter: String) -> Draft { draft(.roomJoin) { $0.waiter = waiter } }

    static func start(_ session: String) -> Draft {
        var draft = draft(.roomStart) { $0.session = session }
        draft.header.session = SessionTerms(type: "quiz", owner: "", ttl: 10_000)
        draft.body = Array("{\"n\":1}".utf8)
        return draft
    }

    static let create = draft(.roomCreate) { $0.activity = "quiz" }

    /// A room in which three wait.
    private func waiting() -> State {
        var state = State.opened
        state.play(Self.create, Self.join("a"), Self.join("b"), Self.join("c"), at: 2_000)
        return state
    }

    private func room(_ state: State) throws -> WaitingRoom { try #require(state.rooms.rooms["r"]) }

    private func texts(_ applied: [Applied]) -> [String?] {
        applied.map { $0.publication.map { String(decoding: $0.data, as: UTF8.self) } }
    }

    @Test func withoutALink_nothingHappens() {
        let kinds = EntryKind.allCases.filter { $0.isRoom && $0 != .roomCreate && $0 != .roomAttempt }
        var state = State.opened
        for kind in kinds {
            let applied = state.play(Self.draft(kind) { $0.waiter = "a" }, at: 2_000)
            #expect(applied[0].outcome.refusal == .notFound, "\(kind)")
        }
        #expect(state.rooms.rooms.isEmpty && state.channels.isEmpty)
    }

    @Test func create_twice_isRefused() {
        var state = State.opened
        #expect(state.play(Self.create, Self.create, at: 2_000).map(\.outcome.refusal) == [nil, .exists])
    }

    @Test func join_givesTickets() throws {
        var state = waiting()
        #expect(state.play(Self.join("d"), Self.join("a"), at: 2_100).map(\.outcome.version) == [4, 1])
        #expect(try room(state).line.count == 4)
    }

    /// Fault A15: two teachers who start at once split the class.
    @Test func start_twiceAtOnce_makesOneSession() throws {
        var state = waiting()
        let applied = state.play(Self.start("s1"), Self.start("s2"), at: 3_000)
        #expect(applied.map(\.outcome.refusal) == [nil, .live])
        #expect(try room(state).session == "s1")
        #expect(state.sessions["s1"]?.version == 1 && state.sessions["s2"] == nil)
        #expect(texts(applied)[0] == "{\"type\":\"session-started\",\"sessionId\":\"s1\"}")
        #expect(try room(state).isAdmitted("a") && room(state).line.count == 0)
    }

    @Test func end_ofTheSession_sendsTheRoomBackToWaiting() throws {
        var state = waiting()
        state.play(Self.start("s1"), .session(.sessionEnd, "s1"), at: 3_000)
        #expect(try room(state).session == nil && room(state).hasEnded)
        #expect(state.play(Self.join("a"), at: 3_100)[0].outcome.version == 4)
        #expect(String(decoding: RoomEvent.tidings(of: try room(state)), as: UTF8.self).contains("session-ended"))
    }

    @Test func expiry_ofTheSession_sendsTheRoomBackToWaiting() throws {
        var state = waiting()
        state.play(Self.start("s1"), at: 3_000)
        var expiry = Draft.session(.sessionExpire, "s1")
        expiry.header.expectedDeadline = state.sessions["s1"]?.deadline
        #expect(state.play(expiry, at: 60_000)[0].outcome.refusal == nil)
        #expect(try room(state).session == nil)
    }

    @Test func pausedRoom_letsInWhoIsAdmitted() throws {
        var state = waiting()
        state.play(Self.draft(.roomAdmission) { $0.isPaused = true }, Self.start("s1"), at: 3_000)
        #expect(try !room(state).isAdmitted("a"))
        let admitted = state.play(Self.draft(.roomAdmit) { $0.count = 2 }, at: 3_100)
        #expect(texts(admitted) == ["{\"type\":\"admitted\",\"through\":2}"])
        #expect(try ["a", "b", "c"].map { try room(state).isAdmitted($0) } == [true, true, false])
        #expect(state.play(Self.join("a"), at: 3_200)[0].outcome.refusal == .live)
        state.play(Self.draft(.roomAdmission) { $0.isPaused = false }, at: 3_300)
        #expect(try room(state).isAdmitted("c") && room(state).line.count == 0)
    }

    @Test func admit_beforeTheStart_isNotDue() {
        var state = waiting()
        #expect(state.play(Self.draft(.roomAdmit) { $0.count = 1 }, at: 3_000)[0].outcome.refusal == .notDue)
    }

    @Test func closedOrFullRoom_takesNobodyNewButThoseWhoComeBack() {
        for change: (inout RoomTerms) -> Void in [{ $0.isClosed = true }, { $0.count = 3 }] {
            var state = waiting()
            state.play(Self.draft(.roomAdmission, change), at: 3_000)
            let applied = state.play(Self.join("d"), Self.join("b"), at: 3_100)
            #expect(applied.map(\.outcome.refusal) == [.full, nil])
        }
    }

    @Test func tell_isOnceForEachRevision() throws {
        var state = waiting()
        var tell = Self.draft(.roomTell)
        tell.header.expectedVersion = try room(state).revision
        tell.body = RoomEvent.tidings(of: try room(state))
        let applied = state.play(tell, tell, at: 3_000)
        #expect(applied.map(\.outcome.refusal) == [nil, .notDue])
        #expect(texts(applied)[0] == "{\"type\":\"waiter-count\",\"count\":3}")
        #expect(try !room(state).isUntold)
        state.play(Self.join("d"), at: 3_000)
        #expect(try room(state).isUntold)
    }

    /// Somebody came between the look and the message: the message is still news, and another one follows.
    @Test func tell_ofAnOlderRevision_leavesTheRestToTell() throws {
        var state = waiting()
        var tell = Self.draft(.roomTell)
        tell.header.expectedVersion = try room(state).revision
        state.play(Self.join("d"), tell, at: 3_000)
        #expect(try room(state).isUntold)
    }

    /// Fault A17: a limiter that counts nothing where it can't count. Here an attempt is an entry like any other.
    @Test func attempts_areSpentAndComeBack() {
        var state = State.opened
        let attempt = Self.draft(.roomAttempt) { ($0.token, $0.count, $0.life) = ("ann", 5, 12_000) }
        let other = Self.draft(.roomAttempt) { ($0.token, $0.count, $0.life) = ("ben", 5, 12_000) }
        for _ in 0..<5 { #expect(state.play(attempt, at: 10_000)[0].outcome.refusal == nil) }
        #expect(state.play(attempt, other, at: 10_000).map(\.outcome.refusal) == [.limited, nil])
        #expect(state.play(attempt, at: 21_999)[0].outcome.refusal == .limited)
        #expect(state.play(attempt, attempt, at: 22_000).map(\.outcome.refusal) == [nil, .limited])
        for _ in 0..<5 { #expect(state.play(attempt, at: 200_000)[0].outcome.refusal == nil) }
    }

    @Test func offer_isTakenOnce() throws {
        var state = waiting()
        var offer = Self.draft(.roomOffer) { ($0.token, $0.life) = ("t", 1_000) }
        offer.body = Array("{\"name\":\"Ann\"}".utf8)
        let take = Self.draft(.roomTake) { $0.token = "t" }
        #expect(state.play(offer, offer, at: 3_000).map(\.outcome.refusal) == [nil, .exists])
        #expect(try room(state).offer("t", at: 3_500) == offer.body)
        #expect(state.play(take, take, at: 3_500).map(\.outcome.refusal) == [nil, .notFound])
        state.play(offer, at: 4_000)
        #expect(state.play(take, at: 5_000)[0].outcome.refusal == .notFound)
    }

    @Test func forget_waitsUntilTheLinkIsOld() throws {
        var state = State.opened
        state.play(Self.create, at: 2_000)
        let forget = Self.draft(.roomForget)
        #expect(state.play(forget, at: 3_000)[0].outcome.refusal == .notDue)
        let due = try room(state).dueAt
        #expect(state.play(forget, at: due)[0].outcome.refusal == nil)
        #expect(state.rooms.rooms.isEmpty)
    }
}
