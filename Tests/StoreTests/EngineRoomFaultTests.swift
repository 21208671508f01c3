import Journal
import TestSupport
import Testing

@testable import Store

/// What went wrong with waiting rooms elsewhere, and can't here.
@Suite struct EngineRoomFaultTests {
    private typealias Rooms = RoomTransitionTests

    /// Fault A4: whoever swept saw only those who waited on the own node, and forgot a link at which others waited.
    @Test func roomOfAnotherNode_whenNobodyWaitsHere_staysWithItsLine() throws {
        let fleet = try FleetBench()
        fleet.begin()
        fleet.arrive(Rooms.create, Rooms.join("a"))
        let there = try #require(fleet.bench.core.state.rooms.rooms["r"]?.line.place(of: "a")?.holder.origin)
        fleet.link.memory.with { ($0.status.members, $0.status.isCheckpointer) = ([there], true) }
        fleet.bench.pass(Self.hour, step: Self.minute)
        #expect(fleet.link.takeAppended().isEmpty)
        let room = try #require(fleet.bench.core.state.rooms.rooms["r"])
        #expect(room.line.position(of: "a") == 1 && room.line.place(of: "a")?.awayAt == nil)
    }

    /// Faults A4 and A21: ten minutes without a visitor, or a day, and what a teacher had chosen was gone.
    @Test func link_thatNobodyUses_isKeptForMoreThanAYear() throws {
        let bench = try Bench()
        var create = Rooms.create
        create.header.room?.policy = "solo-allowed"
        create.header.room?.options = Array(#"{"n":"3"}"#.utf8)
        try bench.write(create)
        bench.pass(399 * 24 * Self.hour, step: 7 * 24 * Self.hour)
        let again = try bench.restartedAfterKill()
        let room = try #require(again.core.state.rooms.rooms["r"])
        #expect(room.policy == "solo-allowed" && String(decoding: room.options, as: UTF8.self) == #"{"n":"3"}"#)
        again.pass(2 * 24 * Self.hour, step: Self.hour)
        #expect(again.core.state.rooms.rooms.isEmpty)
    }

    /// A token that somebody was just given on another node was "used already" here.
    @Test func offer_thatThisNodeDoesNotKnow_isGoneOnlyOnceTheJournalSaysSo() throws {
        let fleet = try FleetBench()
        fleet.begin()
        fleet.arrive(Rooms.create)
        let (left, missing) = (Answer<[UInt8]?>(), Answer<[UInt8]?>())
        fleet.bench.round(.readOffer(hash: "r", token: "t", left.address()))
        fleet.bench.round(.readOffer(hash: "r", token: "u", missing.address()))
        #expect(left.isMissing && missing.isMissing)
        let completions = fleet.link.memory.value.reaches
        try #require(completions.count == 2)
        completions[0](.success(fleet.head.next))
        completions[1](.success(fleet.head))
        fleet.bench.roundFromMailbox()
        #expect(left.isMissing)
        #expect(try missing.get() == nil)
        var offer = Rooms.draft(.roomOffer) { ($0.token, $0.life) = ("t", 1_000) }
        offer.body = Array("{}".utf8)
        fleet.arrive(offer)
        #expect(try left.get() == offer.body)
    }

    /// Fault A14: every session left its subscriptions behind, on every node.
    @Test func subscriptions_afterEverybodyLeft_areNone() throws {
        let bench = try Bench()
        try bench.write(Rooms.create)
        for _ in 0..<3 { _ = try bench.subscribe("waiting:r") }
        #expect(try bench.ask { .channels($0) } == ["waiting:r": 3])
        for _ in 0..<3 { bench.round(.unsubscribe(channel: "waiting:r", loop: 0)) }
        #expect(try bench.ask { .channels($0) } == [:])
        #expect(!bench.core.directory.contains("waiting:r"))
    }

    private static let minute: Int64 = 60_000
    private static let hour = 60 * minute
}
