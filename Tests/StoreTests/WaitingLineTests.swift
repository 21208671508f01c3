import Journal
import TestSupport
import Testing

@testable import Store

@Suite struct WaitingLineTests {
    private static func id(_ counter: UInt64, origin: UInt64 = 1) -> EntryID {
        EntryID(origin: origin, counter: counter)
    }

    private static func line(_ waiters: String...) -> WaitingLine {
        var line = WaitingLine()
        for (index, waiter) in waiters.enumerated() {
            _ = line.join(waiter, name: nil, by: id(UInt64(index) + 1), at: 100)
        }
        return line
    }

    @Test func join_takesPlacesInOrder() {
        let line = Self.line("a", "b", "c")
        #expect(["a", "b", "c"].map { line.position(of: $0) } == [1, 2, 3])
        #expect(line.position(of: "d") == nil)
    }

    @Test func joinAgain_keepsPlaceTicketAndName() {
        var line = Self.line("a", "b")
        _ = line.join("a", name: "Ann", by: Self.id(7), at: 200)
        let wentAway = line.away("a", from: Self.id(7), at: 300)
        #expect(wentAway)
        let ticket = line.join("a", name: nil, by: Self.id(8, origin: 2), at: 400)
        #expect(ticket == 1)
        let place = line.place(of: "a")
        #expect(place?.name == "Ann" && place?.awayAt == nil && place?.joinedAt == 100)
        #expect(place?.holder == Self.id(8, origin: 2))
        #expect(line.position(of: "b") == 2)
    }

    /// The socket of before a reload may be told of its end after the page came back on another node.
    @Test func away_fromAConnectionOfBefore_changesNothing() {
        var line = Self.line("a")
        _ = line.join("a", name: nil, by: Self.id(9, origin: 2), at: 200)
        let wasHeldByTheFirst = line.away("a", from: Self.id(1), at: 300)
        #expect(!wasHeldByTheFirst)
        #expect(line.place(of: "a")?.awayAt == nil)
        let wasHeldByTheSecond = line.away("a", from: Self.id(9, origin: 2), at: 300)
        #expect(wasHeldByTheSecond)
        let wentTwice = line.away("a", from: Self.id(9, origin: 2), at: 400)
        #expect(!wentTwice)
        #expect(line.place(of: "a")?.awayAt == 300)
    }

    @Test func orphan_marksThePlacesOfOneProcess() {
        var line = Self.line("a", "b")
        _ = line.join("c", name: nil, by: Self.id(1, origin: 2), at: 100)
        let hadPlaces = line.orphan(1, at: 500)
        #expect(hadPlaces)
        let hadMore = line.orphan(1, at: 600)
        #expect(!hadMore)
        #expect(line.places.map(\.awayAt) == [500, 500, nil])
    }

    @Test func abandon_givesUpThoseWhoAreAwayForLong_andOthersMoveUp() {
        var line = Self.line("a", "b", "c")
        _ = line.away("a", from: Self.id(1), at: 100)
        _ = line.away("b", from: Self.id(2), at: 200)
        let gone = line.abandon(awaySince: 150)
        #expect(gone == 1)
        #expect(line.position(of: "a") == nil && line.position(of: "b") == 1 && line.position(of: "c") == 2)
        let goneAgain = line.abandon(awaySince: 150)
        #expect(goneAgain == 0)
        let newTicket = line.join("a", name: nil, by: Self.id(4), at: 300)
        #expect(newTicket == 4)
        #expect(line.position(of: "a") == 3)
    }

    @Test func admit_letsTheFirstInAndTellsTheLastTicket() {
        var line = Self.line("a", "b", "c")
        let firstTwo = line.admit(2, at: 1_000)
        #expect(firstTwo == 2)
        #expect(Set(line.admitted.keys) == ["a", "b"] && line.position(of: "c") == 1)
        let theRest = line.admit(5, at: 2_000)
        #expect(theRest == 3)
        let nobody = line.admit(1, at: 3_000)
        #expect(nobody == nil)
        line.forgetAdmitted()
        #expect(line.isEmpty)
    }

    @Test func estimate_isThePaceTimesThePosition() {
        var line = Self.line("a", "b", "c", "d")
        #expect(line.estimate(atPosition: 1) == nil)
        _ = line.admit(1, at: 1_000)
        #expect(line.estimate(atPosition: 1) == nil)
        _ = line.admit(2, at: 3_000)
        #expect(line.estimate(atPosition: 1) == 1_000)
        #expect(line.estimate(atPosition: 3) == 3_000)
    }

    @Test(arguments: 0..<50 as Range<UInt64>)
    func positions_afterRandomChanges_areThoseOfAPlainList(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (line, plain) = (WaitingLine(), [String]())
        for step in 0..<300 {
            let waiter = "w\(generator.index(below: 40))"
            if generator.happens(oneIn: 3) {
                let hadPlace = line.leave(waiter)
                #expect(hadPlace == plain.contains(waiter))
                plain.removeAll { $0 == waiter }
            } else {
                _ = line.join(waiter, name: nil, by: Self.id(UInt64(step) + 1), at: 0)
                if !plain.contains(waiter) { plain.append(waiter) }
            }
            #expect(line.places.map(\.waiter) == plain, "seed \(seed)")
            #expect(plain.indices.allSatisfy { line.position(of: plain[$0]) == $0 + 1 }, "seed \(seed)")
        }
    }
}
