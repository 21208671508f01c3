import Foundation
import Testing

@Suite
struct ScheduleTests {
    private static func setting(_ name: String) -> UInt64? {
        ProcessInfo.processInfo.environment[name].flatMap(UInt64.init)
    }

    /// `SIMULATION_SEED` runs one schedule and prints what happens in it; `SIMULATION_SCHEDULES` says how many are run.
    @Test func fleet_whenAnythingFails_keepsEveryPromise() {
        if let seed = Self.setting("SIMULATION_SEED") {
            var fleet = SimulatedFleet(seed: seed, isVerbose: true)
            #expect(fleet.run() == [])
            return
        }
        let first = Self.setting("SIMULATION_FIRST") ?? 1
        var (failures, tally) = (0, [String: Int]())
        for seed in first..<(first + (Self.setting("SIMULATION_SCHEDULES") ?? 1_000)) {
            var fleet = SimulatedFleet(seed: seed)
            let violations = fleet.run()
            tally.merge(fleet.tally, uniquingKeysWith: +)
            guard !violations.isEmpty else { continue }
            failures += 1
            if failures <= 15 { Issue.record("SIMULATION_SEED=\(seed): \(violations)") }
        }
        print("\(failures) failures", tally.sorted { $0.key < $1.key })
    }
}
