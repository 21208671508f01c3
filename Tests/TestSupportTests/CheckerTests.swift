import TestSupport
import Testing

/// The checker must be able to fail: every invariant is fed a log that breaks it, and one that doesn't.
@Suite struct CheckerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let invariant: Violation.Invariant?
        let events: [LogEvent]

        var testDescription: String { name }

        init(_ name: String, _ invariant: Violation.Invariant?, _ events: [LogEvent]) {
            self.name = name
            self.invariant = invariant
            self.events = events
        }
    }

    @Test(arguments: Self.cases)
    func violations_inLog_nameTheBrokenInvariant(_ example: Case) {
        let found = Checker().violations(in: example.events)
        #expect(found.first?.invariant == example.invariant, "\(found)")
    }

    @Test func violation_whenPrinted_showsTheEventsThatProveIt() throws {
        let events = [Self.subscribed(0), Self.recv(1), Self.recv(3)]
        let violation = try #require(Checker().violations(in: events).first)
        #expect(violation.excerpt.map(\.offset) == [1, 3])
        #expect(violation.description.contains("I4"))
        #expect(violation.description.contains(#""offset":3"#))
    }

    @Test func violations_whenEpochMayChange_excuseOnlyTheOldEpoch() {
        let changed = [Self.ack(1), Self.read(1, epoch: "f", key: "k9")]
        #expect(Checker(.keptOrTold).violations(in: changed).isEmpty)
        let lostUnderTheSameEpoch = [Self.ack(1), Self.ack(2), Self.read(1)]
        #expect(Checker(.keptOrTold).violations(in: lostUnderTheSameEpoch).first?.invariant == .acknowledgedReadable)
    }

    @Test func violations_whenEpochsChangedAndNothingMayBeLost_wantItUnderTheNewEpoch() {
        let carried = [Self.ack(1), Self.ackWithoutOffset("k2"), Self.read(1, epoch: "f"), Self.read(2, epoch: "f")]
        #expect(Checker(.carriedOver).violations(in: carried).isEmpty)
        let movedOn = [Self.ack(1), Self.read(1, epoch: "f", key: "k9"), Self.read(2, epoch: "f", key: "k1")]
        #expect(Checker(.carriedOver).violations(in: movedOn).isEmpty, "submitted again")
        var elsewhere = Self.read(2, epoch: "f", key: "k1")
        elsewhere.who = "final2"
        let inOnePlace = [Self.ack(1), Self.emptyRead(epoch: "f"), elsewhere]
        #expect(Checker(.carriedOver).violations(in: inOnePlace).isEmpty, "one node has it")
        let lost = [Self.ack(1), Self.read(1, epoch: "f", key: "k9")]
        #expect(Checker(.carriedOver).violations(in: lost).first?.invariant == .acknowledgedReadable)
    }

    @Test func violations_whenAnAcknowledgementNamesNoEpoch_excuseItOnlyBeforeTheChange() {
        let (old, new) = (Self.read(1, epoch: "e"), Self.read(1, epoch: "f", key: "k9"))
        let before = [Self.ack(1), Self.ackWithoutOffset("k2"), new]
        #expect(Checker(.keptOrTold).violations(in: before).isEmpty)
        let after = [Self.ack(1), Self.recv(1, epoch: "f", key: "k9"), Self.ackWithoutOffset("k2"), new]
        #expect(Checker(.keptOrTold).violations(in: after).first?.invariant == .acknowledgedReadable)
        let unchanged = [Self.ack(1), Self.ackWithoutOffset("k2"), old]
        #expect(Checker(.keptOrTold).violations(in: unchanged).first?.invariant == .acknowledgedReadable)
    }

    @Test func violations_whenOneOfTwoReadersLacksIt_sayThatItIsNotReadable() {
        var other = Self.emptyRead()
        other.who = "final2"
        #expect(Checker().violations(in: [Self.ack(1), Self.read(1)]).isEmpty)
        let found = Checker().violations(in: [Self.ack(1), Self.read(1), other])
        #expect(found.first?.invariant == .acknowledgedReadable)
        #expect(Checker(.trimmed).violations(in: [Self.ack(1), Self.read(1), other]).isEmpty, "one has it")
        let nobody = [Self.ack(1), Self.read(2), other]
        #expect(Checker(.trimmed).violations(in: nobody).first?.invariant == .acknowledgedReadable)
    }

    @Test func violations_whenEventsDidNotFit_sayThatTheLogIsNotWhole() {
        let log = EventLog(eventsMax: 1)
        log.record(Self.recv(1))
        log.record(Self.recv(2))
        #expect(Checker().violations(in: log).contains { $0.invariant == .completeLog })
    }

    @Test func violations_whenThereAreMany_areBounded() {
        let events = (0..<100).map { Self.ack($0) }
        #expect(Checker().violations(in: events).count == Checker.violationsMax)
    }

    static let cases: [Case] =
        [
            Case("an empty log is fine", nil, []),
            Case("acknowledged and readable", nil, [send(1), ack(1), read(1)]),
            Case("acknowledged, gone", .acknowledgedReadable, [send(1), send(2), ack(1), ack(2), read(1)]),
            Case("acknowledged, channel empty at the end", .acknowledgedReadable, [ack(1), emptyRead()]),
            Case("acknowledged without an offset, found by key", nil, [ackWithoutOffset("k1"), read(1)]),
            Case("acknowledged without an offset, gone", .acknowledgedReadable, [ackWithoutOffset("k2"), read(1)]),
            Case("epoch changed", .epochKept, [ack(1), read(1, epoch: "f")]),
            Case("epoch of an empty channel changed", .epochKept, [ack(1), emptyRead(epoch: "f")]),
            Case("one offset, two contents", .oneContent, [subscribed(0), recv(1), read(1, key: "k9")]),
            Case(
                "one offset, two contents in two epochs", nil,
                [subscribed(0), recv(1), closed(nil), read(1, epoch: "f", key: "k9")]),
            Case("hole in the journal", .contiguousJournal, [read(1), read(3)]),
            Case("repetition in the journal", .contiguousJournal, [read(1), read(1)]),
            Case("one key, two offsets", .onceOnly, [read(1), read(2, key: "k1")]),
            Case("one key acknowledged twice", .onceOnly, [ack(1), ack(2, key: "k1"), read(1), read(2, key: "k1")]),
            Case(
                "readers disagree", .agreement,
                [subscribed(0), recv(1, key: "k1"), subscribed(1, "s2"), recv(2, "s2", key: "k1")]),
            Case("never sent", .noInvention, [send(1), subscribed(0), recv(1), recv(2)]),
        ] + subscriberCases

    private static let subscriberCases: [Case] = [
        Case("contiguous from the position", nil, [subscribed(4), recv(5), recv(6)]),
        Case("gap after the position", .contiguousSubscriber, [subscribed(4), recv(6)]),
        Case("gap", .contiguousSubscriber, [subscribed(0), recv(1), recv(3)]),
        Case("repetition", .contiguousSubscriber, [subscribed(0), recv(1), recv(1)]),
        Case("reordering", .contiguousSubscriber, [subscribed(0), recv(2), recv(1)]),
        Case("before the reply", .contiguousSubscriber, [recv(1), subscribed(1)]),
        Case("after the end of the subscription", .contiguousSubscriber, [subscribed(0), closed("ch"), recv(1)]),
        Case("after the end of the connection", .contiguousSubscriber, [subscribed(0), closed(nil), recv(1)]),
        Case("another client's end does not matter", nil, [subscribed(0), closed(nil, "s2"), recv(1)]),
        Case("in the last epoch at the end", nil, [subscribed(0), recv(1), closed(nil), read(1)]),
        Case(
            "left before the end, in an older epoch", nil,
            [subscribed(0), recv(1), closed(nil), read(1, epoch: "f")]),
        Case(
            "still in an older epoch at the end", .told,
            [subscribed(0), recv(1), read(1, epoch: "f"), closed(nil)]),
        Case("never told, with no later event", .told, [subscribed(0), recv(1), read(1, epoch: "f")]),
        Case("another epoch", .contiguousSubscriber, [subscribed(0), recv(1), recv(2, epoch: "f")]),
        Case("recovered where it left off", nil, [subscribed(0), recv(1), closed(nil), recovered(1), recv(2)]),
        Case(
            "recovered too far on", .contiguousSubscriber, [subscribed(0), recv(1), closed(nil), recovered(2), recv(3)]),
        Case(
            "recovered into another epoch", .contiguousSubscriber,
            [subscribed(0), recv(1), closed(nil), recovered(1, epoch: "f")]),
        Case("told that it is not recovered", nil, [subscribed(0), recv(1), closed(nil), resync(7), recv(8)]),
        Case("told, then a gap", .contiguousSubscriber, [subscribed(0), recv(1), closed(nil), resync(7), recv(9)]),
    ]

    private static func send(_ number: Int) -> LogEvent {
        LogEvent(.send, who: "p1", channel: "ch", key: "k\(number)")
    }

    private static func ack(_ offset: Int, key: String? = nil) -> LogEvent {
        placed(.ack, "p1", offset, epoch: "e", key: key)
    }

    private static func ackWithoutOffset(_ key: String) -> LogEvent {
        LogEvent(.ack, who: "p1", channel: "ch", key: key)
    }

    private static func recv(_ offset: Int, _ who: String = "s1", epoch: String = "e", key: String? = nil) -> LogEvent {
        placed(.recv, who, offset, epoch: epoch, key: key)
    }

    private static func read(_ offset: Int, epoch: String = "e", key: String? = nil) -> LogEvent {
        placed(.read, "final", offset, epoch: epoch, key: key)
    }

    private static func emptyRead(epoch: String = "e") -> LogEvent {
        LogEvent(.read, who: "final", channel: "ch", epoch: epoch)
    }

    private static func placed(_ kind: LogEvent.Kind, _ who: String, _ offset: Int, epoch: String, key: String?)
        -> LogEvent
    {
        let key = key ?? "k\(offset)"
        return LogEvent(kind, who: who, channel: "ch", epoch: epoch, offset: offset, key: key, digest: "d" + key)
    }

    private static func subscribed(_ offset: Int, _ who: String = "s1") -> LogEvent {
        LogEvent(.subscribed, who: who, channel: "ch", epoch: "e", offset: offset)
    }

    private static func recovered(_ offset: Int, epoch: String = "e") -> LogEvent {
        LogEvent(.recovered, who: "s1", channel: "ch", epoch: epoch, offset: offset)
    }

    private static func resync(_ offset: Int) -> LogEvent {
        LogEvent(.resync, who: "s1", channel: "ch", epoch: "e", offset: offset)
    }

    private static func closed(_ channel: String?, _ who: String = "s1") -> LogEvent {
        LogEvent(.closed, who: who, channel: channel)
    }
}
