import Journal
import Testing

@testable import Store

/// Channels, keys and epochs, entry by entry.
@Suite struct ApplyTests {
    @Test func keyedPublish_takesEffectOnce() {
        var state = State.opened
        let first = state.play(.publish("a", "1", key: "k"), at: 2_000)[0]
        let again = state.play(.publish("a", "1", key: "k"), at: 3_000)[0]
        let other = state.play(.publish("a", "2", key: "k"), at: 3_000)[0]
        #expect(first.outcome.offset == 1)
        #expect(again.outcome == Outcome(refusal: .duplicate))
        #expect(again.original?.offset == 1)
        #expect(other.outcome.refusal == .keyConflict && other.original == nil)
        #expect(state.channels["a"]?.top == 1)
        #expect(state.play(.publish("b", "1", key: "k"), at: 3_000)[0].outcome.offset == 1)
        // The window is exact: at its end the key is new again.
        #expect(state.play(.publish("a", "1", key: "k"), at: 301_999)[0].outcome.refusal == .duplicate)
        #expect(state.play(.publish("a", "1", key: "k"), at: 302_000)[0].outcome.offset == 2)
    }

    @Test func publish_whenNewerDataWasThere_isSuppressed() {
        func publish(_ number: UInt64, _ epoch: String = "", _ history: HistoryWindow? = Draft.history) -> Draft {
            var draft = Draft.publish("a", history: history)
            draft.header.dataVersion = DataVersion(number: number, epoch: epoch)
            return draft
        }
        var state = State.opened
        let drafts: [(Draft, UInt64?)] = [
            (publish(3), 1), (publish(3), nil), (publish(2), nil), (.publish("a"), 2), (publish(3), nil),
            // Another run counts anew; one that names none is compared with whatever is there.
            (publish(1, "e"), 3), (publish(1, "e"), nil), (publish(1), nil), (publish(2), 4), (publish(.max), 5),
        ]
        for (number, (draft, offset)) in drafts.enumerated() {
            let outcome = state.play(draft, at: 2_000)[0].outcome
            #expect(outcome.offset == offset, "draft \(number)")
            #expect(outcome.refusal == (offset == nil ? .outdated : nil), "draft \(number)")
        }
        state.play(Draft(channel: "a", kind: .historyRemove), at: 2_000)
        #expect(state.play(publish(7), at: 2_000)[0].outcome.refusal == .outdated, "what was newest stays known")
        // Without history there is no state of the channel to compare with.
        #expect(state.play(publish(1, "", nil), at: 2_000)[0].publication?.offset == 0)
    }

    /// A refused write is not remembered: the retry, once it can succeed, does.
    @Test func keyOfARefusedWrite_isFree() {
        var state = State.opened
        let put = Draft.session(.sessionPut, "s", "{}", key: "k")
        #expect(state.play(put, at: 2_000)[0].outcome.refusal == .notFound)
        state.play(.session(.sessionCreate, "s"), at: 2_000)
        #expect(state.play(put, at: 2_000)[0].outcome.version == 2)
        #expect(state.play(put, at: 2_000)[0].original?.version == 2)
    }

    @Test func keyedPublishWithoutHistory_takesEffectOnceAndHasNoOffset() {
        var state = State.opened
        let first = state.play(.publish("a", history: nil, key: "k"), at: 2_000)[0]
        #expect(first.outcome == Outcome() && first.publication?.offset == 0)
        #expect(state.play(.publish("a", history: nil, key: "k"), at: 2_000)[0].outcome.refusal == .duplicate)
        #expect(state.channels["a"] == nil)
    }

    @Test(arguments: [
        HistoryWindow(size: 0, ttl: 1_000), HistoryWindow(size: 5, ttl: 0), HistoryWindow(size: 5, ttl: -1),
    ])
    func windowThatKeepsNothing_takesNoOffset(window: HistoryWindow) {
        var state = State.opened
        let applied = state.play(.publish("a", history: window), at: 2_000)[0]
        #expect(applied.outcome.offset == nil && applied.publication?.offset == 0)
        #expect(state.channels.isEmpty && state.dirtyCount == 0)
    }

    @Test func removedHistory_keepsOffsetsAndEpoch() {
        var state = State.opened
        state.play(.publish("a"), .publish("a"), at: 2_000)
        let epoch = state.channels["a"]?.epoch
        #expect(state.play(Draft(channel: "a", kind: .historyRemove), at: 2_000)[0].outcome == Outcome())
        #expect(state.play(.publish("a"), at: 2_000)[0].outcome == Outcome(epoch: epoch, offset: 3))
        #expect(state.channels["a"]?.floor == 2)
        #expect(state.play(Draft(channel: "b", kind: .historyRemove), at: 2_000)[0].outcome.refusal == .notFound)
    }

    @Test func droppedChannel_changesTheEpochOfItsBucketAlone() throws {
        var state = State.opened
        state.play(.publish("a"), at: 2_000)
        let (old, due) = try (#require(state.channels["a"]?.epoch), #require(state.channels["a"]?.dueAt))
        let drop = Draft(channel: "a", kind: .channelDrop)
        #expect(state.play(drop, at: due - 1)[0].outcome.refusal == .notDue)
        #expect(state.play(drop, at: due)[0].outcome == Outcome())
        #expect(state.play(drop, at: due)[0].outcome.refusal == .notFound)
        let again = state.play(.publish("a"), at: due)[0]
        #expect(again.outcome.offset == 1 && again.outcome.epoch != old)
        let changed = (0..<2_000).map { "c\($0)" }.filter { state.birthEpoch(of: $0) != old }
        #expect(changed.allSatisfy { State.bucket(of: $0) == State.bucket(of: "a") })
        #expect(changed.count < 10)
    }

    @Test func openingALineage_changesEveryEpochAndKeepsOffsets() {
        var state = State.opened
        state.play(.publish("a"), at: 2_000)
        let (before, absent) = (
            state.text(of: state.channels["a"]?.epoch ?? .start), state.text(of: state.birthEpoch(of: "z"))
        )
        var opening = Draft.opening
        opening.body = Opening(salt: "other", secret: "ignored").body
        state.play(opening, at: 3_000)
        #expect(state.idSecret == Array("secret".utf8))
        let after = state.text(of: state.channels["a"]?.epoch ?? .start)
        #expect(
            after != before && after == "other-2.0" && state.text(of: state.birthEpoch(of: "z")) == after
                && absent == before)
        #expect(state.play(.publish("a"), at: 3_000)[0].outcome.offset == 2)
    }

    @Test func journalTime_neverGoesBack() {
        var state = State.opened
        state.play(.publish("a"), at: 9_000)
        state.play(.publish("a"), at: 5_000)
        #expect(state.journalTime == 9_000 && state.channels["a"]?.publishedAt == 9_000)
    }

    @Test(arguments: ["", "{", "[]", "{\"salt\":5}", "null"])
    func openingWithAnUnreadableBody_isAppliedAllTheSame(body: String) {
        var state = State()
        var opening = Draft.opening
        opening.body = Array(body.utf8)
        #expect(state.play(opening, at: 1)[0].outcome == Outcome())
        #expect(state.text(of: state.birthEpoch(of: "a")) == "-1.0")
    }

    /// The publication is rebuilt from its row byte for byte: recovery from the file equals live delivery.
    @Test func publication_rebuiltFromItsRow_isTheSame() {
        var state = State.opened
        var withInfo = Draft.publish("a", #"{"x":1}"#)
        withInfo.header.info = Array(#"{"user":"u"}"#.utf8)
        withInfo.header.tags = Array(#"{"t":"1"}"#.utf8)
        let drafts: [Draft] = [
            withInfo, .session(.sessionCreate, "s"), .session(.sessionPatch, "s", "{\"a\":1}"),
            .session(.sessionEnd, "s"),
        ]
        for (index, draft) in drafts.enumerated() {
            let entry = draft.entry(UInt64(index + 2), at: 2_000)
            let cursor = state.head.next
            let applied = state.apply(entry, at: cursor)
            #expect(applied.publication != nil)
            #expect(
                Publication(JournalRow(cursor: cursor, entry: entry, outcome: applied.outcome)) == applied.publication)
        }
        let touch = Draft.session(.sessionTouch, "s").entry(9, at: 2_000)
        #expect(Publication(JournalRow(cursor: .start, entry: touch, outcome: Outcome())) == nil)
    }
}
