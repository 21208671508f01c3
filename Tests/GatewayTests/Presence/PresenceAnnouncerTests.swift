import Testing

@testable import Gateway

@Suite struct PresenceAnnouncerTests {
    @Test func changes_untilTheyAreFetched_shareADelta() {
        var announcer = PresenceAnnouncer()
        #expect(announcer.note(.join(1)) == true)
        #expect(announcer.note(.leave(1)) == false)
        #expect(announcer.takeDeltas() == [.delta(counter: 1, [.join(1), .leave(1)])])
        #expect(announcer.takeDeltas().isEmpty)
        #expect(announcer.note(.join(2)) == true)
        #expect(announcer.takeDeltas() == [.delta(counter: 2, [.join(2)])])
        #expect(announcer.counter == 2)
    }

    @Test func deltas_areBoundedInNumberAndBytes() throws {
        var announcer = PresenceAnnouncer()
        for number in 0..<UInt64(PresenceLimits.deltaChangesMax + 1) { _ = announcer.note(.join(number)) }
        #expect(announcer.takeDeltas().map(\.changeCount) == [PresenceLimits.deltaChangesMax, 1])
        let large = PresenceMember.sample(1, info: "\"" + String(repeating: "x", count: 600_000) + "\"")
        for _ in 0..<3 { _ = announcer.note(PresenceChange(channel: "c", member: large, isJoin: true)) }
        #expect(announcer.takeDeltas().map(\.changeCount) == [1, 1, 1])
        #expect(announcer.counter == 5)
    }

    /// More than may wait are dropped, but never silently: the counter has a gap.
    @Test func changes_overTheBound_leaveAGap() {
        var announcer = PresenceAnnouncer()
        for number in 0...UInt64(PresenceLimits.pendingMax) { _ = announcer.note(.join(number)) }
        #expect(announcer.takeDeltas() == [.delta(counter: 2, [.join(UInt64(PresenceLimits.pendingMax))])])
    }

    @Test func table_whoeverAsks_goesOutOnceAnInterval() {
        var announcer = PresenceAnnouncer()
        #expect(announcer.due(at: 1_000) == PresenceAnnouncer.Due(digest: true))
        announcer.asked()
        #expect(announcer.due(at: 1_010) == PresenceAnnouncer.Due(table: true))
        announcer.asked()
        announcer.asked()
        #expect(announcer.due(at: 1_500) == PresenceAnnouncer.Due())
        #expect(announcer.due(at: 3_000) == PresenceAnnouncer.Due(digest: true))
        #expect(announcer.due(at: 3_010) == PresenceAnnouncer.Due(table: true))
        #expect(announcer.due(at: 3_020) == PresenceAnnouncer.Due())
    }

    @Test func node_isAskedAgainAfterAWhile() {
        var announcer = PresenceAnnouncer()
        #expect(announcer.mayAsk(0xB, at: 0) == true)
        #expect(announcer.mayAsk(0xB, at: 999) == false)
        #expect(announcer.mayAsk(0xC, at: 999) == true)
        #expect(announcer.mayAsk(0xB, at: 1_000) == true)
        announcer.look([0xC])
        #expect(announcer.mayAsk(0xB, at: 1_001) == true, "it has gone and come back")
        #expect(announcer.mayAsk(0xC, at: 1_001) == false)
    }
}

extension PresenceMessage {
    fileprivate var changeCount: Int {
        if case .delta(_, let changes) = self { changes.count } else { 0 }
    }
}
