import Testing

@testable import Gateway

@Suite struct PresenceTableTests {
    private static func table(foreignMax: Int = 100) -> PresenceTable {
        PresenceTable(own: 0xA, foreignMax: foreignMax)
    }

    /// A table that knows node B with some members.
    private static func knowing(_ numbers: UInt64..., counter: UInt64 = 5, foreignMax: Int = 100) -> PresenceTable {
        var table = table(foreignMax: foreignMax)
        let page = PresencePage(counter: counter, page: 0, pages: 1, entries: numbers.map { .sample($0) })
        _ = table.take(.table(page), from: 0xB)
        return table
    }

    @Test func own_whenTheyJoinAndLeave_areThereOnce() {
        var table = Self.table()
        #expect(table.join(.sample(1), "c") == true)
        #expect(table.join(.sample(1), "c") == false)
        #expect(table.join(.sample(1), "d") == true)
        #expect(table.join(.sample(2, user: ""), "c") == true)
        #expect(table.join(.sample(3), "c") == true)
        #expect((table.count(in: "c"), table.users(in: "c")) == (3, 1))
        #expect(table.leave(ClientID(high: 1, low: 1), "c") == .sample(1))
        #expect(table.leave(ClientID(high: 1, low: 1), "c") == nil)
        #expect(table.numbers() == [2, 3])
        #expect(table.numbers(in: "d") == [1])
        #expect(table.ownEntries.count == 3)
        #expect(table.digest.count == 3)
    }

    @Test func digest_whateverTheOrder_isThatOfTheMembers() {
        var (one, two) = (Self.table(), Self.table())
        for number in [1, 2, 3, 4] as [UInt64] { _ = one.join(.sample(number), "c") }
        for number in [4, 9, 2, 1, 3] as [UInt64] { _ = two.join(.sample(number), "c") }
        #expect(one.digest != two.digest)
        _ = two.leave(ClientID(high: 1, low: 9), "c")
        #expect(one.digest == two.digest)
        _ = one.leave(ClientID(high: 1, low: 4), "c")
        _ = one.join(.sample(4, user: "bob"), "c")
        #expect(one.digest != two.digest, "what others see of a member counts, too")
    }

    @Test func delta_whenTheNodeIsNotKnown_asksAndChangesNothing() {
        var table = Self.table()
        let consequence = table.take(.delta(counter: 1, [.join(1)]), from: 0xB)
        #expect(consequence == PresenceTable.Consequence(asks: true))
        #expect(table.unknown(among: [0xA, 0xB]) == [0xB])
        #expect(table.take(.table(1, 1, 2), from: 0xB).changes.count == 2)
        #expect(table.unknown(among: [0xA, 0xB]).isEmpty)
        #expect(table.numbers() == [1, 2])
    }

    @Test func delta_whenItIsNext_isApplied() {
        var table = Self.knowing(1)
        let changes = [PresenceChange.join(2), .leave(1), .join(1, "d")]
        #expect(table.take(.delta(counter: 6, changes), from: 0xB) == PresenceTable.Consequence(changes: changes))
        #expect((table.numbers(), table.numbers(in: "d")) == ([2], [1]))
    }

    @Test(arguments: [0, 4, 5] as [UInt64])
    func delta_whenItIsOld_changesNothing(counter: UInt64) {
        var table = Self.knowing(1)
        #expect(table.take(.delta(counter: counter, [.join(2), .leave(1)]), from: 0xB) == PresenceTable.Consequence())
        #expect(table.numbers() == [1])
    }

    @Test func delta_afterAGap_isAppliedAndTheTableAskedFor() {
        var table = Self.knowing(1)
        let consequence = table.take(.delta(counter: 8, [.join(2), .leave(7)]), from: 0xB)
        #expect(consequence == PresenceTable.Consequence(changes: [.join(2)], asks: true))
        // What was lost in between comes with the table, each change said once.
        #expect(table.take(.table(8, 2, 3), from: 0xB).changes == [.leave(1), .join(3)])
    }

    @Test func leave_ofAnotherNodesMember_changesNothing() {
        var table = Self.knowing(1)
        _ = table.join(.sample(2), "c")
        _ = table.take(.table(1), from: 0xC)
        let consequence = table.take(.delta(counter: 2, [.leave(1), .leave(2), .join(1)]), from: 0xC)
        #expect(consequence.changes.isEmpty)
        #expect(table.numbers() == [1, 2])
        #expect(table.take(.delta(counter: 3, [.join(9)]), from: 0xA) == PresenceTable.Consequence(), "its own words")
    }

    @Test func digest_asksOnlyWhereItDiffers() {
        var sender = PresenceTable(own: 0xB)
        _ = sender.join(.sample(1), "c")
        var table = Self.knowing(1)
        let good = sender.digest
        #expect(!table.take(.digest(counter: 5, good), from: 0xB).asks)
        #expect(table.take(.digest(counter: 6, good), from: 0xB).asks, "a delta was lost")
        #expect(!table.take(.digest(counter: 4, PresenceMark()), from: 0xB).asks, "it is from before")
        #expect(table.take(.digest(counter: 5, PresenceMark()), from: 0xB).asks, "the members are others")
        #expect(table.take(.digest(counter: 0, PresenceMark()), from: 0xC).asks, "it is not known at all")
    }

    @Test func table_inPages_countsOnceAllCame() throws {
        var table = Self.table()
        let entries = (1...3).map { PresencePage.Entry.sample(UInt64($0)) }
        let pages = (0..<3).map { index in
            PresencePage(counter: 9, page: UInt32(index), pages: 3, entries: [entries[index]])
        }
        #expect(table.take(.table(pages[0]), from: 0xB) == PresenceTable.Consequence())
        // One page is lost: nothing is taken from half a table.
        #expect(table.take(.table(pages[2]), from: 0xB) == PresenceTable.Consequence())
        #expect(table.unknown(among: [0xB]) == [0xB])
        for page in pages.dropLast() { #expect(table.take(.table(page), from: 0xB) == PresenceTable.Consequence()) }
        #expect(table.take(.table(pages[2]), from: 0xB).changes == [.join(1), .join(2), .join(3)])
        #expect(table.numbers() == [1, 2, 3])
    }

    @Test func table_fromBeforeWhatIsKnown_changesNothing() {
        var table = Self.knowing(1, 2)
        #expect(table.take(.table(4, 3), from: 0xB) == PresenceTable.Consequence())
        #expect(table.numbers() == [1, 2])
    }

    @Test func node_whenItHasGone_takesItsMembersAlongAtOnce() {
        var table = Self.knowing(1, 2)
        _ = table.join(.sample(3), "c")
        _ = table.take(.table(1, 4), from: 0xC)
        #expect(table.look([0xA, 0xB, 0xC]).isEmpty)
        let left = table.look([0xA, 0xC])
        #expect(left.map(\.isJoin) == [false, false])
        #expect(Set(left.map(\.member.client.low)) == [1, 2])
        #expect(table.numbers() == [3, 4])
        #expect(table.look([0xA, 0xC]).isEmpty)
        // It comes back: what it says now counts from its table on, whatever its counter was.
        #expect(table.take(.delta(counter: 99, [.join(1)]), from: 0xB).asks)
        #expect(table.take(.table(2, 1), from: 0xB).changes == [.join(1)])
    }

    @Test func node_withMoreMembersThanAreTaken_isForgotten() {
        var table = Self.knowing(1, 2, foreignMax: 3)
        #expect(table.take(.table(1, 3, 4), from: 0xC).changes.isEmpty)
        #expect(table.unknown(among: [0xB, 0xC]) == [0xC])
        let left = table.take(.delta(counter: 6, [.join(5), .join(6)]), from: 0xB).changes.filter { !$0.isJoin }
        #expect(left.count == 4)
        #expect(table.numbers().isEmpty)
        #expect(table.unknown(among: [0xB]) == [0xB], "presence is refused, not told by half")
    }
}
