import Journal
import Testing

@Suite
struct LeaseTableTests {
    private static let own = LeaseValue(stamp: 1, cursor: Cursor(lineage: 7, sequence: 3), outcomeHash: 11)

    private func value(_ stamp: UInt64, sequence: UInt64 = 1, hash: UInt64 = 5) -> LeaseValue {
        LeaseValue(stamp: stamp, cursor: Cursor(lineage: 7, sequence: sequence), outcomeHash: hash)
    }

    /// Looks once a second for some seconds; what changed.
    private func pass(
        _ table: inout LeaseTable, seconds: ClosedRange<Int64>, server: String = "a",
        _ values: (Int64) -> [UInt64: LeaseValue]
    ) -> [LeaseTable.Change] {
        seconds.flatMap { table.look(values($0), own: nil, server: server, at: $0 * 1_000) }
    }

    @Test func look_whenStampStandsStillForAFullLease_lapsesOnce() {
        var table = LeaseTable(origin: 1)
        #expect(pass(&table, seconds: 0...9) { _ in [2: value(4)] } == [.came(2)])
        #expect(pass(&table, seconds: 10...30) { _ in [2: value(4)] } == [.lapsed(2)])
        #expect(table.living == [])
    }

    @Test func look_whenStampGrows_neverLapses() {
        var table = LeaseTable(origin: 1)
        #expect(pass(&table, seconds: 0...60) { [2: value(UInt64(1 + $0 / 9))] } == [.came(2)])
    }

    @Test func look_whenLeaseIsMissing_lapsesAfterAFullLease() {
        var table = LeaseTable(origin: 1)
        _ = pass(&table, seconds: 0...1) { _ in [2: value(4)] }
        #expect(pass(&table, seconds: 2...9) { _ in [:] } == [])
        #expect(pass(&table, seconds: 10...12) { _ in [:] } == [.lapsed(2)])
    }

    @Test func look_whenRedisPaused_countsOnlyAnsweredTime() {
        var table = LeaseTable(origin: 1)
        _ = pass(&table, seconds: 0...6) { _ in [2: value(4)] }
        #expect(pass(&table, seconds: 66...69) { _ in [2: value(4)] } == [])
        #expect(pass(&table, seconds: 70...70) { _ in [2: value(4)] } == [.lapsed(2)])
    }

    @Test func look_whenLooksFailed_doesNotCountTheTime() {
        var table = LeaseTable(origin: 1)
        _ = pass(&table, seconds: 0...9) { _ in [2: value(4)] }
        table.lookFailed()
        #expect(pass(&table, seconds: 10...10) { _ in [2: value(4)] } == [])
        #expect(pass(&table, seconds: 11...11) { _ in [2: value(4)] } == [.lapsed(2)])
    }

    @Test func look_whenServerIsAnother_givesEverybodyAFullLease() {
        var table = LeaseTable(origin: 1)
        _ = pass(&table, seconds: 0...9) { _ in [2: value(4)] }
        #expect(pass(&table, seconds: 10...19, server: "b") { _ in [:] } == [])
        #expect(pass(&table, seconds: 20...20, server: "b") { _ in [:] } == [.lapsed(2)])
    }

    @Test func look_whenServerLostTheNewestRenewals_takesThemForNoSignOfLife() {
        var table = LeaseTable(origin: 1)
        #expect(pass(&table, seconds: 0...5) { [2: value(UInt64(10 + $0))] } == [.came(2)])
        #expect(pass(&table, seconds: 6...15) { _ in [2: value(3)] } == [.lapsed(2)])
    }

    @Test func look_whenLapsedNodeRenews_comesAgain() {
        var table = LeaseTable(origin: 1)
        _ = pass(&table, seconds: 0...15) { _ in [2: value(4)] }
        #expect(pass(&table, seconds: 16...16) { _ in [2: value(5)] } == [.came(2)])
    }

    @Test func look_whenOwnLeaseIsGone_saysSoOnceItWasWritten() {
        var table = LeaseTable(origin: 1)
        #expect(table.look([:], own: nil, server: "a", at: 0) == [])
        #expect(table.look([:], own: Self.own, server: "a", at: 1_000) == [.ownGone])
        #expect(table.look([1: Self.own], own: Self.own, server: "a", at: 2_000) == [])
    }

    @Test(arguments: [(3, 11, false), (3, 12, true), (4, 12, false)] as [(UInt64, UInt64, Bool)])
    func look_whenOutcomesDifferAtOneCursor_saysSoAtEveryLook(sequence: UInt64, hash: UInt64, differs: Bool) {
        var table = LeaseTable(origin: 1)
        let values: [UInt64: LeaseValue] = [1: Self.own, 2: value(4, sequence: sequence, hash: hash)]
        let expected: [LeaseTable.Change] = differs ? [.came(2), .diverged(2)] : [.came(2)]
        #expect(table.look(values, own: Self.own, server: "a", at: 0) == expected)
        let again: [LeaseTable.Change] = differs ? [.diverged(2)] : []
        #expect(table.look(values, own: Self.own, server: "a", at: 1_000) == again)
    }
}
