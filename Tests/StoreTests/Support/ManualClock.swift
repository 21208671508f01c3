import Store
import TestSupport

/// Both clocks of an engine, moved by hand.
final class ManualClock: Sendable {
    private let time: Box<Int64>

    init(_ start: Int64 = 1_800_000_000_000) { time = Box(start) }

    var now: Int64 { time.value }

    func advance(_ milliseconds: Int64) { time.with { $0 += milliseconds } }

    var clock: EngineClock {
        let time = time
        return EngineClock(entryTime: { time.value }, monotonic: { time.value })
    }
}
