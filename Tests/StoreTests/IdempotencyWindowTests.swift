import Journal
import TestSupport
import Testing

@testable import Store

@Suite struct IdempotencyWindowTests {
    private static func record(_ hash: UInt64, expiresAt: Int64) -> IdempotencyWindow.Record {
        IdempotencyWindow.Record(
            bodyHash: hash, epoch: Cursor(lineage: 1, sequence: 0), offset: hash, version: nil, expiresAt: expiresAt)
    }

    private static func claim(_ key: String, _ hash: UInt64 = 1) -> IdempotencyClaim {
        IdempotencyClaim(key: key, bodyHash: hash, window: 100)
    }

    @Test func key_isScopedToItsChannelAndBody() {
        var window = IdempotencyWindow()
        window.remember(Self.record(1, expiresAt: 100), as: .init(channel: "a", key: "k"))
        #expect(window.verdict(on: Self.claim("k"), channel: "a") == .duplicate(Self.record(1, expiresAt: 100)))
        #expect(window.verdict(on: Self.claim("k", 2), channel: "a") == .conflict)
        #expect(window.verdict(on: Self.claim("k"), channel: "b") == .new)
        #expect(window.verdict(on: Self.claim("l"), channel: "a") == .new)
    }

    /// Windows of different lengths in any order: each key is forgotten exactly at its time.
    @Test(arguments: 0..<20 as Range<UInt64>)
    func expiry_ofMixedWindows_isExact(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var window = IdempotencyWindow()
        var expected: [String: Int64] = [:]
        for time in 0..<400 as Range<Int64> {
            window.expire(at: time)
            expected = expected.filter { $0.value > time }
            #expect(Set(window.records.keys.map(\.key)) == Set(expected.keys), "seed \(seed), time \(time)")
            let key = "k\(generator.index(below: 40))"
            guard expected[key] == nil else { continue }
            let expiry = time + Int64(generator.pick([1, 2, 50, 300]))
            window.remember(Self.record(1, expiresAt: expiry), as: .init(channel: "a", key: key))
            expected[key] = expiry
        }
    }

    @Test func fullWindow_refusesNewKeysAndKeepsTheOldOnes() {
        var window = IdempotencyWindow()
        for index in 0..<IdempotencyWindow.recordsMax {
            window.load(Self.record(1, expiresAt: Int64(1_000 + index)), as: .init(channel: "a", key: "\(index)"))
        }
        #expect(window.verdict(on: Self.claim("new"), channel: "a") == .full)
        #expect(window.verdict(on: Self.claim("0"), channel: "a") == .duplicate(Self.record(1, expiresAt: 1_000)))
        #expect(window.unflushed.isEmpty)
        window.expire(at: 1_000)
        #expect(window.verdict(on: Self.claim("new"), channel: "a") == .new)
        #expect(window.verdict(on: Self.claim("0"), channel: "a") == .new)
    }

    /// A shorter window after many longer ones used to walk past all of them.
    @Test func shorterWindows_behindManyLongerOnes_costNoWalk() {
        var window = IdempotencyWindow()
        for index in 0..<60_000 {
            window.load(Self.record(1, expiresAt: 1_000_000), as: .init(channel: "a", key: "\(index)"))
        }
        let clock = ContinuousClock()
        let took = clock.measure {
            for index in 0..<20_000 {
                window.load(Self.record(1, expiresAt: Int64(10 + index)), as: .init(channel: "b", key: "\(index)"))
            }
        }
        #expect(took < .seconds(4))
    }

    @Test func unflushedKeys_areThoseSinceTheLastCheckpoint() {
        var window = IdempotencyWindow()
        window.remember(Self.record(1, expiresAt: 100), as: .init(channel: "a", key: "1"))
        window.markFlushed()
        window.remember(Self.record(1, expiresAt: 100), as: .init(channel: "a", key: "2"))
        #expect(window.unflushed.map(\.key) == ["2"])
    }
}
