import Foundation
import Testing

@Suite
struct ScheduleTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }

    /// `SIMULATION_SEED` runs one schedule and prints what happens in it; `SIMULATION_SCHEDULES` says how many are run, from
    /// `SIMULATION_FIRST` on.
    @Test func fleet_whenAnythingFails_keepsEveryPromise() {
        if let seed = Self.setting("SIMULATION_SEED") {
            var fleet = SimulatedFleet(seed: seed, isVerbose: true)
            #expect(fleet.run() == [])
            return
        }
        let first = Self.setting("SIMULATION_FIRST") ?? 1
        var tally: [String: Int] = [:]
        for seed in first..<(first + (Self.setting("SIMULATION_SCHEDULES") ?? 1_000)) {
            var fleet = SimulatedFleet(seed: seed)
            for violation in fleet.run() { Issue.record("SIMULATION_SEED=\(seed): \(violation)") }
            tally.merge(fleet.tally, uniquingKeysWith: +)
        }
        // A schedule in which nothing goes wrong proves nothing.
        for name in ["acknowledged", "openings", "moves", "joins", "joins with surplus", "appended again", "halts"] {
            #expect(tally[name, default: 0] > 0, "no schedule had \(name)")
        }
    }

    /// `SIMULATION_MUTATED` counts violations over that many schedules instead of stopping at the first.
    @Test(arguments: [[Rule.noMakeStream], [.askedBeforeAppends], [.changingReplid], [.clockedLineages]])
    func model_whenARuleIsMissing_seesIt(missing: [Rule]) {
        let measured = Self.setting("SIMULATION_MUTATED")
        var seeds: [UInt64] = []
        for seed in 1...(measured ?? 400) where measured != nil || seeds.isEmpty {
            var fleet = SimulatedFleet(seed: seed, without: Set(missing))
            if !fleet.run().isEmpty { seeds.append(seed) }
        }
        #expect(!seeds.isEmpty)
        if measured != nil { print(missing.map(\.rawValue), seeds.count, seeds.prefix(5)) }
    }

    /// Each of these is a second line behind another rule: alone, and with it, they are counted by hand.
    @Test(
        .enabled(if: setting("SIMULATION_MUTATED") != nil),
        arguments: [
            [Rule.fencing], [.comparedEntries], [.askedBehindReads], [.noMakeStream, .comparedEntries],
            [.noMakeStream, .fencing], [.askedBeforeAppends, .comparedEntries],
            [.askedBeforeAppends, .askedBehindReads],
            [.askedBeforeAppends, .fencing], [.changingReplid, .comparedEntries],
        ])
    func model_whenASecondLineIsMissing_isCounted(missing: [Rule]) {
        var seeds: [UInt64] = []
        for seed in 1...(Self.setting("SIMULATION_MUTATED") ?? 1) {
            var fleet = SimulatedFleet(seed: seed, without: Set(missing))
            if !fleet.run().isEmpty { seeds.append(seed) }
        }
        print(missing.map(\.rawValue), seeds.count, seeds.prefix(5))
    }
}
