import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// Who wrote an entry, and in which lineage: late copies, foreign writers, what the checkpoint remembers of both.
@Suite struct OriginTests {
    private func publish(_ origin: UInt64, _ counter: UInt64, at time: Int64 = 2_000) -> Entry {
        var entry = Draft.publish("a").entry(counter, at: time)
        entry.id = EntryID(origin: origin, counter: counter)
        return entry
    }

    /// Counters of two processes in the order of the journal, and which of them take effect.
    @Test(
        arguments: [
            ([(7, 1), (7, 2), (7, 3)], [true, true, true]),
            ([(7, 1), (7, 1)], [true, false]),
            ([(7, 5), (7, 4), (7, 5), (7, 6)], [true, false, false, true]),
            ([(7, 2), (8, 2), (8, 1), (7, 3)], [true, true, false, true]),
            ([(7, .max), (7, 1), (8, 1)], [true, false, true]),
        ] as [([(UInt64, UInt64)], [Bool])])
    func entry_notAboveTheLastOfItsOrigin_isStale(ids: [(UInt64, UInt64)], accepted: [Bool]) {
        var state = State.opened
        var top: UInt64 = 0
        for (id, isAccepted) in zip(ids, accepted) {
            let before = state.origins
            let outcome = state.apply(publish(id.0, id.1), at: state.head.next).outcome
            #expect(outcome.refusal == (isAccepted ? nil : .stale), "\(id)")
            if isAccepted { top += 1 } else { #expect(state.origins == before) }
            #expect(state.channels["a"]?.top == top)
        }
    }

    /// A refused entry counts, too: its copy may not take effect later.
    @Test func copyOfARefusedEntry_isStale() {
        var state = State.opened
        let put = Draft.session(.sessionPut, "s", "{}").entry(9, at: 2_000)
        #expect(state.apply(put, at: state.head.next).outcome.refusal == .notFound)
        state.play(.session(.sessionCreate, "s"), at: 2_000)
        #expect(state.apply(put, at: state.head.next).outcome.refusal == .stale)
        #expect(state.sessions["s"]?.version == 1)
    }

    @Test func origins_areForgottenByJournalTimeAlone_whenANewOneComes() {
        var table = OriginTable()
        table.note(EntryID(origin: 1, counter: 1), at: 0)
        table.note(EntryID(origin: 2, counter: 1), at: 5)
        let day = OriginTable.rememberedMilliseconds
        table.note(EntryID(origin: 2, counter: 2), at: day + 1)
        #expect(table.marks.count == 2, "an origin that is known makes no room")
        table.note(EntryID(origin: 3, counter: 1), at: day)
        #expect(table.marks.count == 3, "a day is kept whole")
        table.note(EntryID(origin: 4, counter: 1), at: day + 1)
        #expect(Set(table.marks.keys) == [2, 3, 4])
        #expect(!table.isStale(EntryID(origin: 1, counter: 1)) && table.isStale(EntryID(origin: 2, counter: 2)))
        #expect(table.dirty.contains(1), "what is gone has to go from the file")
    }

    @Test func origins_overTheBound_loseTheOldest() {
        var table = OriginTable()
        let most = UInt64(OriginTable.originsMax)
        for origin in 1...most { table.note(EntryID(origin: origin, counter: 1), at: Int64(origin)) }
        #expect(table.marks.count == OriginTable.originsMax)
        table.note(EntryID(origin: 1, counter: 2), at: Int64(most) + 1)
        table.note(EntryID(origin: most + 1, counter: 1), at: Int64(most) + 1)
        #expect(table.marks.count == OriginTable.originsMax)
        #expect(table.marks[2] == nil && table.marks[1] != nil && table.marks[3] != nil)
    }

    static let kinds: [EntryKind] = [.sessionPut, .sessionPatch, .sessionTouch, .sessionEnd]

    /// The node that took the request may not have had the session yet: apply has the last word.
    @Test(arguments: kinds, ["", "bob"])
    func sessionOfSomebodyElse_isForbidden(kind: EntryKind, user: String) {
        var state = State.opened
        state.play(.session(.sessionCreate, "s", owner: "ann"), .session(.sessionCreate, "n", owner: ""), at: 2_000)
        for id in ["s", "n"] {
            var draft = Draft.session(kind, id, "{}")
            draft.header.user = user
            let before = state.sessions[id]
            #expect(state.play(draft, at: 2_000)[0].outcome == Outcome(refusal: .forbidden), "\(id)")
            #expect(state.sessions[id] == before)
        }
        var draft = Draft.session(kind, "s", "{}")
        draft.header.user = "ann"
        #expect(state.play(draft, at: 2_000)[0].outcome.refusal == nil)
    }

    @Test func openingThatKeepsEpochs_changesNoPosition_andJoinsTheChain() {
        var state = State.opened
        state.play(.publish("a"), at: 2_000)
        let (place, before) = (state.place, state)
        var opening = Draft.opening
        opening.body = Opening(salt: "new", secret: "x", parent: place, server: "r", keepsEpochs: true).body
        state.play(opening, at: 3_000)
        for name in ["a", "z"] {
            #expect(state.text(of: state.birthEpoch(of: name)) == before.text(of: before.birthEpoch(of: name)))
        }
        #expect(state.chain.links.last == LineageChain.Link(lineage: 2, parent: place, server: "r"))
        #expect(state.chain.holds(place) && state.idSecret == before.idSecret)
        #expect(state.play(.publish("a"), at: 3_000)[0].outcome.offset == 2)
    }

    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func outcomeHash_isThatOfTheHistory(seed: UInt64) {
        var (drafts, chance) = (RandomDrafts(seed: seed), SeededGenerator(seed: seed))
        var (left, right) = (State.opened, State.opened)
        var seen: Set<UInt64> = []
        for _ in 0..<200 {
            let next = drafts.next(after: left)
            left.play(next.draft, at: next.time)
            right.play(next.draft, at: next.time)
            #expect(left.outcomeHash == right.outcomeHash && seen.insert(left.outcomeHash.value).inserted)
        }
        // One entry that went otherwise is seen from then on.
        left.play(.publish("a"), at: left.journalTime)
        right.play(Draft(channel: "absent", kind: .historyRemove), at: right.journalTime)
        for _ in 0...chance.index(below: 20) {
            #expect(left.outcomeHash != right.outcomeHash, "seed \(seed)")
            left.play(.publish("b"), at: left.journalTime)
            right.play(.publish("b"), at: right.journalTime)
        }
    }

    @Test func checkpoint_keepsOriginsChainAndHash() throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .os)
        var state = State.opened
        _ = state.apply(publish(7, 3), at: state.head.next)
        _ = state.apply(publish(.max, .max), at: state.head.next)
        try file.write { try Checkpoint.store($0, state, journalBytes: 0) }
        state.markFlushed()
        #expect(try Checkpoint.loadAll(from: file) == state)
        _ = state.apply(publish(8, 1, at: 3_000 + OriginTable.rememberedMilliseconds), at: state.head.next)
        #expect(state.origins.marks.count == 1)
        try file.write { try Checkpoint.store($0, state, journalBytes: 0) }
        let loaded = try Checkpoint.loadAll(from: file)
        #expect(loaded == state && loaded.origins == state.origins && loaded.outcomeHash == state.outcomeHash)
        #expect(loaded.place == state.place && loaded.chain == state.chain)
        try file.close()
    }
}
