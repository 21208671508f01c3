import Journal
import TestSupport
import Testing

@Suite struct BackoffTests {
    @Test func waits_stayBetweenTheBounds_andGrow() {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var backoff = Backoff()
            let waits = (0..<20).map { _ in backoff.next(using: &generator) }
            #expect(waits.allSatisfy { (Backoff.millisecondsMin...Backoff.millisecondsMax).contains($0) })
            #expect(waits[0] <= 100 && waits[1] <= 200 && waits[2] <= 400)
            backoff.reset()
            #expect(backoff.next(using: &generator) <= 100)
        }
    }
}
