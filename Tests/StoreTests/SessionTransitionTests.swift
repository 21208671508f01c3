import Journal
import Testing

@testable import Store

/// What may happen to a session in each of its states.
@Suite struct SessionTransitionTests {
    private static let id = "s1"
    private static let start: Int64 = 10_000
    /// 10 s of life and 1 s of coalescing after the last sign of it.
    private static let deadline = start + 11_000

    enum Phase: CaseIterable, Sendable { case absent, alive, pastDeadline, ended }

    private static func state(_ phase: Phase) -> State {
        var state = State.opened
        guard phase != .absent else { return state }
        state.play(.session(.sessionCreate, id, #"{"a":1}"#), .session(.sessionPut, id, #"{"a":2}"#), at: start)
        if phase == .ended { state.play(.session(.sessionEnd, id), at: start) }
        return state
    }

    private static func time(_ phase: Phase) -> Int64 { phase == .pastDeadline ? deadline : start + 5_000 }

    private static func draft(_ kind: EntryKind, version: UInt64?, deadline: Int64? = nil) -> Draft {
        var draft = Draft.session(kind, id, #"{"b":3}"#, version: version)
        draft.header.expectedDeadline = deadline
        return draft
    }

    /// Row by row: kind, expected version, and the verdict in each phase; nil is accepted.
    private static let table: [(EntryKind, UInt64?, [Refusal?])] = [
        (.sessionCreate, nil, [nil, .exists, .exists, .exists]),
        (.sessionPut, nil, [.notFound, nil, .ended, .ended]),
        (.sessionPut, 2, [.notFound, nil, .ended, .ended]),
        (.sessionPut, 1, [.notFound, .versionMismatch, .ended, .ended]),
        (.sessionPut, 3, [.notFound, .versionMismatch, .ended, .ended]),
        (.sessionPatch, nil, [.notFound, nil, .ended, .ended]),
        (.sessionPatch, 2, [.notFound, nil, .ended, .ended]),
        (.sessionPatch, 9, [.notFound, .versionMismatch, .ended, .ended]),
        (.sessionTouch, nil, [.notFound, nil, .ended, .ended]),
        (.sessionEnd, nil, [.notFound, nil, .ended, .ended]),
        (.sessionEnd, 2, [.notFound, nil, .ended, .ended]),
        (.sessionEnd, 1, [.notFound, .versionMismatch, .ended, .ended]),
        (.sessionExpire, nil, [.notFound, .notDue, nil, .ended]),
        (.sessionForget, nil, [.notFound, .notDue, .notDue, .notDue]),
    ]

    @Test func everyEvent_inEveryPhase_hasItsVerdict() {
        for (kind, version, verdicts) in Self.table {
            for (phase, verdict) in zip(Phase.allCases, verdicts) {
                var state = Self.state(phase)
                let before = state
                let applied = state.play(
                    Self.draft(kind, version: version, deadline: Self.deadline), at: Self.time(phase))[0]
                #expect(applied.outcome.refusal == verdict, "\(kind) \(version.map(String.init) ?? "-") \(phase)")
                guard verdict != nil else { continue }
                (state.head, state.headID, state.outcomeHash) = (before.head, before.headID, before.outcomeHash)
                (state.journalTime, state.origins) = (before.journalTime, before.origins)
                #expect(state == before, "\(kind) \(phase) was refused and changed something")
                #expect(applied.publication == nil && applied.outcome.offset == nil)
            }
        }
    }

    @Test func acceptedEvents_countVersionsAndPublishInOrder() {
        var state = Self.state(.absent)
        let applied = state.play(
            .session(.sessionCreate, Self.id, #"{"a":1}"#), .session(.sessionPut, Self.id, #"{"a":2,"b":1}"#),
            .session(.sessionTouch, Self.id), .session(.sessionPatch, Self.id, #"{"b":null}"#, version: 2),
            .session(.sessionEnd, Self.id), at: Self.start)
        #expect(applied.map(\.outcome.version) == [1, 2, 2, 3, 4])
        #expect(applied.map(\.outcome.offset) == [1, 2, nil, 3, 4])
        let texts = applied.compactMap(\.publication).map { String(decoding: $0.data, as: UTF8.self) }
        #expect(
            texts == [
                #"{"type":"session.put","version":1,"document":{"a":1}}"#,
                #"{"type":"session.put","version":2,"document":{"a":2,"b":1}}"#,
                #"{"type":"session.patch","version":3,"patch":{"b":null}}"#,
                #"{"type":"session.end","version":4,"reason":"ended"}"#,
            ])
        #expect(state.sessions[Self.id]?.document.isEmpty == true)
        #expect(state.sessions[Self.id]?.endReason == "ended")
    }

    @Test func patch_keepsUntouchedBytesAndRefusesWhatIsNoJSON() {
        var state = Self.state(.absent)
        state.play(.session(.sessionCreate, Self.id, #"{"x": 1.50,"y":{"z": [1, 2]}}"#), at: Self.start)
        let applied = state.play(.session(.sessionPatch, Self.id, #"{"y":{"q":1}}"#), at: Self.start)
        #expect(applied[0].outcome.version == 2)
        #expect(state.sessions[Self.id]?.document == Array(#"{"x": 1.50,"y":{"z": [1, 2],"q":1}}"#.utf8))
        let before = state.sessions[Self.id]
        for bad in ["", "{", "{\"a\":}", "{\"a\":\(String(repeating: "[", count: 40))"] {
            #expect(state.play(.session(.sessionPatch, Self.id, bad), at: Self.start)[0].outcome.refusal == .badPatch)
        }
        let large = "{\"big\":\"\(String(repeating: "x", count: SessionTransition.documentBytesMax))\"}"
        #expect(state.play(.session(.sessionPatch, Self.id, large), at: Self.start)[0].outcome.refusal == .tooLarge)
        #expect(state.sessions[Self.id] == before)
    }

    @Test func deadline_movesWithEverySign() {
        var state = Self.state(.alive)
        #expect(state.sessions[Self.id]?.deadline == Self.deadline)
        for kind in [EntryKind.sessionTouch, .sessionPut, .sessionPatch] {
            let time = state.journalTime + 3_000
            state.play(Self.draft(kind, version: nil), at: time)
            #expect(state.sessions[Self.id]?.deadline == time + 11_000)
        }
    }

    /// The sweeper names the deadline that it saw: a touch in between makes the expiry void.
    @Test func expiry_afterATouch_isNotDue() {
        var state = Self.state(.alive)
        let seen = state.sessions[Self.id]?.deadline
        state.play(.session(.sessionTouch, Self.id), at: Self.start + 2_000)
        let applied = state.play(Self.draft(.sessionExpire, version: nil, deadline: seen), at: Self.deadline)
        #expect(applied[0].outcome.refusal == .notDue)
        #expect(state.sessions[Self.id]?.endedAt == nil)
    }

    @Test func tombstone_isForgottenADayLaterWithItsChannel() {
        var state = Self.state(.ended)
        let channel = Session.channel(of: Self.id)
        let epoch = state.channels[channel]?.epoch
        let due = Self.start + Session.tombstoneMilliseconds
        #expect(state.play(.session(.sessionForget, Self.id), at: due - 1)[0].outcome.refusal == .notDue)
        #expect(state.play(.session(.sessionForget, Self.id), at: due)[0].outcome.refusal == nil)
        #expect(state.sessions[Self.id] == nil && state.channels[channel] == nil)
        #expect(state.birthEpoch(of: channel) == state.head && state.head != epoch)
        #expect(state.play(.session(.sessionForget, Self.id), at: due)[0].outcome.refusal == .notFound)
    }

    /// At the end of a channel's numbers the write is refused whole: it used to change the session first.
    @Test(arguments: [EntryKind.sessionPut, .sessionPatch, .sessionEnd])
    func write_atTheEndOfTheNumbers_changesNothing(kind: EntryKind) {
        var state = Self.state(.alive)
        let last = Channel(
            epoch: Cursor(lineage: 1, sequence: 0), top: UInt64(Int64.max), floor: 0, window: Draft.history,
            publishedAt: 0)
        state.load(last, as: Session.channel(of: Self.id))
        let before = state.sessions[Self.id]
        #expect(state.play(Self.draft(kind, version: nil), at: Self.start)[0].outcome.refusal == .tooLarge)
        #expect(state.sessions[Self.id] == before)
    }

    @Test func extremeTimes_neverTrap() {
        for ttl in [Int64.min, -1, 0, 1, .max] {
            var state = State.opened
            state.play(.session(.sessionCreate, Self.id, ttl: ttl), at: Self.start)
            state.play(.session(.sessionTouch, Self.id), .session(.sessionEnd, Self.id), at: .max)
            _ = state.sessions[Self.id]?.isTouchDue(at: .max)
            #expect(state.sessions[Self.id] != nil)
        }
    }
}
