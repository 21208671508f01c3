import Journal
import TestSupport
import Testing

@testable import Store

@Suite struct RoomTableTests {
    /// Looks at everybody at each attempt, and so can't be wrong about who may be forgotten.
    private struct PlainTable {
        var arrivals: [String: Int64] = [:]

        mutating func spend(_ token: String, _ burst: Int64, _ interval: Int64, at time: Int64) -> Int64? {
            arrivals = arrivals.filter { $0.value > time }
            let arrival = arrivals[token] ?? time
            let earliest = arrival - interval * (burst - 1)
            guard earliest <= time else { return earliest - time }
            arrivals[token] = arrival + interval
            return nil
        }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func attempts_afterRandomOnes_areThoseOfAPlainTable(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var (table, plain, time) = (RoomTable(), PlainTable(), Int64(1_000))
        for _ in 0..<500 {
            time += Int64(generator.pick([0, 0, 1, 10, 100, 1_000]))
            let (token, interval) = ("t\(generator.index(below: 12))", Int64(generator.pick([10, 300])))
            let waited = table.wait(token, burst: 3, interval: interval, at: time)
            let refused = table.spend(token, burst: 3, interval: interval, at: time)
            #expect(refused == plain.spend(token, 3, interval, at: time), "seed \(seed)")
            #expect(waited == refused, "seed \(seed)")
            #expect(table.attempts == plain.arrivals, "seed \(seed)")
        }
    }

    /// A node that came back from its file forgets the same as one that ran on: what is in memory decides who is refused.
    @Test func attempts_loadedFromAFile_areForgottenInTime() {
        var table = RoomTable()
        table.load(attempt: 2_000, of: "early")
        table.load(attempt: 9_000, of: "late")
        #expect(table.spend("other", burst: 1, interval: 10, at: 5_000) == nil)
        #expect(table.attempts.keys.sorted() == ["late", "other"])
        #expect(table.spend("other", burst: 1, interval: 10, at: 9_000) == nil)
        #expect(table.attempts.keys.sorted() == ["other"])
    }
}
