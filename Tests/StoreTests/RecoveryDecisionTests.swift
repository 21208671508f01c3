import Journal
import Testing

@testable import Store

/// What a returning client is told, over real channels.
struct RecoveryRow: Sendable, CustomStringConvertible {
    let name: String
    let size: UInt32
    let ttl: Int64
    let publications: UInt64
    let since: UInt64
    let epoch: String
    let waited: Int64
    let limit: Int
    let expected: RecoveryDecision
    var description: String { name }

    init(
        _ name: String, size: UInt32 = 10, ttl: Int64 = 60_000, publications: UInt64, since: UInt64,
        epoch: String = "now",
        waited: Int64 = 0, limit: Int = 0, _ expected: RecoveryDecision
    ) {
        (self.name, self.size, self.ttl, self.publications, self.since) = (name, size, ttl, publications, since)
        (self.epoch, self.waited, self.limit, self.expected) = (epoch, waited, limit, expected)
    }

    static func not(_ reason: NotRecovered.Reason, oldest: UInt64) -> RecoveryDecision {
        .notRecovered(NotRecovered(reason, above: oldest - 1, top: .max))
    }
}

@Suite struct RecoveryDecisionTests {
    /// The rows that centrifuge has in its `clientRecoverTests`, by their names.
    static let parity: [RecoveryRow] = [
        RecoveryRow("empty_stream", publications: 0, since: 0, .upToDate),
        RecoveryRow("from_position", publications: 10, since: 8, .recover(9...10)),
        RecoveryRow("from_position_limited", publications: 10, since: 5, limit: 2, RecoveryRow.not(.limit, oldest: 1)),
        RecoveryRow(
            "from_position_with_server_limit", publications: 10, since: 5, limit: 1, RecoveryRow.not(.limit, oldest: 1)),
        RecoveryRow(
            "from_position_that_already_gone", publications: 20, since: 8, RecoveryRow.not(.trimmed, oldest: 11)),
        RecoveryRow(
            "from_position_that_not_exist_yet", publications: 20, since: 108, RecoveryRow.not(.ahead, oldest: 11)),
        RecoveryRow("same_position_no_pubs_expected", publications: 7, since: 7, .upToDate),
        RecoveryRow("empty_position_recover_expected", publications: 4, since: 0, .recover(1...4)),
        RecoveryRow(
            "from_position_in_expired_stream", ttl: 1_000, publications: 10, since: 8, waited: 3_000,
            RecoveryRow.not(.trimmed, oldest: 11)),
        RecoveryRow(
            "from_same_position_in_expired_stream", ttl: 1_000, publications: 1, since: 1, waited: 3_000, .upToDate),
    ]

    /// Our own: epochs, edges of the window, edges of the time, edges of the numbers.
    static let own: [RecoveryRow] = [
        RecoveryRow(
            "wrong epoch, position inside", publications: 10, since: 8, epoch: "old", RecoveryRow.not(.epoch, oldest: 1)
        ),
        RecoveryRow(
            "wrong epoch, position at the top", publications: 10, since: 10, epoch: "old",
            RecoveryRow.not(.epoch, oldest: 1)),
        RecoveryRow(
            "wrong epoch, empty stream", publications: 0, since: 0, epoch: "old", RecoveryRow.not(.epoch, oldest: 1)),
        RecoveryRow(
            "wrong epoch goes before ahead", publications: 3, since: 9, epoch: "old", RecoveryRow.not(.epoch, oldest: 1)
        ),
        RecoveryRow("empty epoch matches any", publications: 10, since: 8, epoch: "", .recover(9...10)),
        RecoveryRow("empty epoch ahead", publications: 10, since: 11, epoch: "", RecoveryRow.not(.ahead, oldest: 1)),
        RecoveryRow("oldest position in the window", publications: 20, since: 10, .recover(11...20)),
        RecoveryRow("one before the window", publications: 20, since: 9, RecoveryRow.not(.trimmed, oldest: 11)),
        RecoveryRow("position 0 after trimming", publications: 20, since: 0, RecoveryRow.not(.trimmed, oldest: 11)),
        RecoveryRow("limit met exactly", publications: 10, since: 5, limit: 5, .recover(6...10)),
        RecoveryRow(
            "trimmed goes before limit", publications: 20, since: 0, limit: 3, RecoveryRow.not(.trimmed, oldest: 11)),
        RecoveryRow("negative limit is none", publications: 10, since: 0, limit: -1, .recover(1...10)),
        RecoveryRow(
            "last millisecond of the time", ttl: 1_000, publications: 10, since: 8, waited: 1_000, .recover(9...10)),
        RecoveryRow(
            "first millisecond after it", ttl: 1_000, publications: 10, since: 8, waited: 1_001,
            RecoveryRow.not(.trimmed, oldest: 11)),
        RecoveryRow("largest offset", publications: 10, since: .max, RecoveryRow.not(.ahead, oldest: 1)),
        RecoveryRow("window of one", size: 1, publications: 10, since: 9, .recover(10...10)),
        RecoveryRow("ahead of an empty stream", publications: 0, since: 1, RecoveryRow.not(.ahead, oldest: 1)),
    ]

    @Test(arguments: parity + own)
    func position_isRecoveredOrToldWhy(row: RecoveryRow) {
        var channel = Channel(epoch: Cursor(lineage: 1, sequence: 0))
        for offset in 0..<row.publications {
            channel.append(
                Publication(offset: offset + 1, data: Array("1".utf8)),
                window: HistoryWindow(size: row.size, ttl: row.ttl),
                at: 5_000)
        }
        let decision = RecoveryDecision.decide(
            position: Position(epoch: row.epoch, offset: row.since), epoch: "now", top: channel.top,
            above: channel.retainedAbove(at: 5_000 + row.waited), limit: row.limit)
        #expect(decision == row.expected)
    }

    /// Over small numbers, against the promise itself: every offset after the position, all of them retained, or nothing.
    @Test func decision_overSmallNumbers_isNeverPartial() {
        for top in 0...6 as ClosedRange<UInt64> {
            for above in 0...top {
                for since in 0...8 as ClosedRange<UInt64> {
                    for limit in 0...7 {
                        let decision = RecoveryDecision.decide(
                            position: Position(epoch: "e", offset: since), epoch: "e", top: top, above: above,
                            limit: limit)
                        let missed = since < top ? Array((since + 1)...top) : []
                        let canGive =
                            since <= top && missed.allSatisfy { $0 > above } && (limit == 0 || missed.count <= limit)
                        switch decision {
                        case .upToDate: #expect(since == top)
                        case .recover(let range): #expect(canGive && Array(range) == missed && !missed.isEmpty)
                        case .notRecovered(let why):
                            #expect(!canGive)
                            #expect(why.oldest == above + 1)
                        }
                    }
                }
            }
        }
    }
}
