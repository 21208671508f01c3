import TestSupport
import Testing

@testable import Gateway

@Suite struct TokenBucketTests {
    private static let second: Int64 = 1_000_000_000

    /// How many of `count` messages at one moment pass.
    private func passing(_ bucket: inout TokenBucket, _ count: Int, at now: Int64) -> Int {
        (0..<count).reduce(0) { passed, _ in passed + (bucket.take(now: { now }) == .passes ? 1 : 0) }
    }

    @Test func messages_withinTheRate_allPass() {
        var bucket = TokenBucket(perMinute: 6_000, now: 0)
        for number in 0..<60_000 {
            #expect(bucket.take(now: { Int64(number) * Self.second / 100 }) == .passes)
        }
    }

    @Test func burst_afterAPause_passesOnce() {
        var bucket = TokenBucket(perMinute: 6_000, now: 0)
        #expect(passing(&bucket, 600, at: 0) == 500, "a fresh one has half a burst")
        var rested = TokenBucket(perMinute: 6_000, now: 0)
        #expect(passing(&rested, 1_200, at: 3_600 * Self.second) == 1_000, "however long the pause was")
    }

    @Test func messages_overTheRate_areRefusedAndThenCutOff() {
        var bucket = TokenBucket(perMinute: 6_000, now: 0)
        #expect(passing(&bucket, 500, at: 0) == 500)
        #expect((0..<499).allSatisfy { _ in bucket.take(now: { 0 }) == .refused })
        #expect(bucket.take(now: { 0 }) == .cutOff)
    }

    @Test func client_thatSlowsDownWhenRefused_goesOn() {
        var bucket = TokenBucket(perMinute: 6_000, now: 0)
        #expect(passing(&bucket, 600, at: 0) == 500)
        #expect(bucket.take(now: { 2 * Self.second }) == .passes)
    }

    @Test func limit_thatIsOff_letsEverythingPass() {
        var bucket = TokenBucket(perMinute: 0, now: 0)
        #expect(passing(&bucket, 100_000, at: 0) == 100_000)
    }

    @Test func client_ofASmallRate_mayStillBegin() {
        var bucket = TokenBucket(perMinute: 1, now: 0)
        #expect(passing(&bucket, 16, at: 0) == 16)
        #expect(bucket.take(now: { 59 * Self.second }) == .refused)
    }

    /// Row S13: never more than burst + rate × t in any window, whatever the pattern.
    @Test(arguments: 1...40) func messages_inAnyWindow_areBoundedByBurstAndRate(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let perMinute = generator.pick([60, 600, 6_000, 100_000])
        var bucket = TokenBucket(perMinute: perMinute, now: 0)
        let burst = Double(2 * max(16, perMinute / 12))
        var now: Int64 = 0
        var passes: [Int64] = []
        for _ in 0..<4_000 {
            if generator.happens(oneIn: 50) { now += Int64(generator.index(below: 20_000)) * 1_000_000 }
            now += Int64(generator.index(below: 3)) * 100_000
            if bucket.take(now: { now }) == .passes { passes.append(now) }
        }
        for first in stride(from: 0, to: passes.count, by: 37) {
            for last in stride(from: first, to: passes.count, by: 11) {
                let seconds = Double(passes[last] - passes[first]) / Double(Self.second)
                let most = burst + Double(perMinute) / 60 * seconds + 1
                #expect(Double(last - first + 1) <= most, "seed \(seed)")
            }
        }
    }
}
