import Journal
import Migrations
import Testing

@Suite struct LineageDecisionTests {
    private static let recorded = Cursor(lineage: 3, sequence: 40)

    private static func record(_ durability: HeadRecord.Durability, clean: Bool, boot: String) -> HeadRecord {
        HeadRecord(lineage: 3, sequence: 40, checksum: 77, durability: durability, bootID: boot, isClean: clean)
    }

    /// Every combination of record, head, checksum, clean mark, mode and boot, against the rule of DESIGN in one line.
    @Test func decision_overAllCombinations_keepsOnlyWhatIsProven() {
        let heads: [Cursor?] = [
            nil, Cursor(lineage: 2, sequence: 90), Cursor(lineage: 3, sequence: 39), recorded(),
            Cursor(lineage: 3, sequence: 41), Cursor(lineage: 4, sequence: 0),
        ]
        var kept = 0
        for head in heads {
            for checksum in [nil, 77, 78] as [UInt64?] {
                for durability in [HeadRecord.Durability.disk, .os] {
                    for clean in [true, false] {
                        for (boot, now) in [("a", "a"), ("a", "b"), ("", ""), ("a", ""), ("", "a")] {
                            let decision = LineageDecision.decide(
                                record: Self.record(durability, clean: clean, boot: boot), head: head,
                                checksumAtRecord: checksum, bootID: now)
                            let isWhole = head.map { $0 >= Self.recorded } ?? false && checksum == 77
                            let isSafe = clean || durability == .disk || (boot == now && !now.isEmpty)
                            let expected: LineageDecision =
                                !isWhole ? .open(.tailLost) : isSafe ? .keep : .open(.powerCut)
                            #expect(
                                decision == expected,
                                "\(head?.description ?? "-") \(checksum ?? 0) \(durability) \(clean) \(boot)|\(now)")
                            kept += decision == .keep ? 1 : 0
                        }
                    }
                }
            }
        }
        // 3 heads that reach it × right checksum × (disk: 2 × 5, os: clean 5 + same boot 1).
        #expect(kept == 3 * 16)
    }

    @Test(arguments: [nil, 77] as [UInt64?])
    func decision_withoutARecord_dependsOnTheLogAlone(checksum: UInt64?) {
        #expect(
            LineageDecision.decide(record: nil, head: nil, checksumAtRecord: checksum, bootID: "a") == .open(.newFile))
        #expect(
            LineageDecision.decide(record: nil, head: Self.recorded, checksumAtRecord: checksum, bootID: "a")
                == .open(.recordMissing))
    }

    /// The fleet may have gone on: no record of this node alone can prove that nothing was.
    @Test(arguments: [nil, recordedHead()] as [Cursor?], [nil, 77] as [UInt64?])
    func decision_onAFileOfAFleet_neverKeeps(head: Cursor?, checksum: UInt64?) {
        for record in [nil, Self.record(.disk, clean: true, boot: "a")] {
            func decide(_ home: JournalHome?) -> LineageDecision {
                LineageDecision.decide(
                    home: home, record: record, head: head, checksumAtRecord: checksum, bootID: "a")
            }
            #expect(decide(.shared) == .open(.leftFleet))
            #expect(decide(.embedded) == decide(nil) && decide(nil) != .open(.leftFleet))
        }
    }

    private static func recordedHead() -> Cursor { recorded }

    private func recorded() -> Cursor { Self.recorded }
}
