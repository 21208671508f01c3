import Journal
import Testing

@Suite
struct ResubmissionTests {
    private func entry(_ counter: UInt64, by origin: UInt64 = 1, kind: EntryKind = .publish) -> Entry {
        Entry(id: EntryID(origin: origin, counter: counter), time: 0, channel: "chat:a", kind: kind)
    }

    private func decide(_ surplus: [Entry], waiting: [Entry] = [], last: UInt64 = 0) -> Resubmission {
        Resubmission(
            surplus: surplus.map { ArrivedEntry(cursor: Cursor(lineage: 1, sequence: $0.id.counter), entry: $0) },
            waiting: waiting, origin: 1, acknowledged: { $0 != 3 }, last: last)
    }

    @Test func surplus_whenOwnAndAcknowledged_isAppendedAgainInOrder() {
        let decision = decide([entry(2), entry(3), entry(4), entry(7, by: 5), entry(1, by: 6, kind: .open)])
        #expect(decision.again.map(\.id.counter) == [2, 4])
        #expect(decision.lost == [EntryID(origin: 1, counter: 3), EntryID(origin: 5, counter: 7)])
    }

    @Test func surplus_whenTheFleetIsBeyondIt_canTakeNoEffectAnyMore() {
        let decision = decide([entry(2), entry(4)], last: 3)
        #expect(decision.again.map(\.id.counter) == [4])
        #expect(decision.lost == [EntryID(origin: 1, counter: 2)])
    }

    @Test func surplus_whenSomeWasWaitingAlready_isMergedByCounter() {
        let decision = decide([entry(4), entry(6)], waiting: [entry(2), entry(4), entry(5)], last: 2)
        #expect(decision.again.map(\.id.counter) == [4, 5, 6])
    }
}
