/// How many messages a client may send: so many a minute, some of them at once.
///
/// Messages are taken off a count, and only when it is used up the clock is looked at: one compare a message. The count is
/// filled up to half of the burst, because a half that was not used may be followed by a fresh one at once.
///
/// - Guarantee: within any time t at most burst + rate × t messages pass. Whoever goes on beyond that gets into debt, and is
///   cut off when the debt is as large as half the burst: those who slow down when they are told to never come to it.
/// - Units: times are nanoseconds of a clock that never goes back.
package struct TokenBucket: Equatable, Sendable {
    /// What becomes of a message.
    package enum Verdict: Equatable, Sendable {
        case passes
        /// Too many: answer it with an error.
        case refused
        /// The error was ignored: end the connection.
        case cutOff
    }

    /// Most messages a minute that can be asked for; more are as good as no limit.
    package static let perMinuteMax: Int32 = 60_000_000
    /// Half a burst is what comes in five seconds, and at least this: a client begins with several messages.
    private static let halfBurstMin: Int32 = 16
    private static let halfBurstsPerMinute: Int32 = 12
    private static let nanosecondsPerMinute: Int64 = 60_000_000_000

    /// Messages that pass before the clock is looked at; negative for a debt.
    private var left: Int32
    /// 0 for no limit.
    private let perMinute: Int32
    private var filledAt: Int64

    /// A full bucket; 0 a minute is no limit.
    package init(perMinute: Int, now: Int64) {
        self.perMinute = min(Int32(clamping: max(0, perMinute)), Self.perMinuteMax)
        filledAt = now
        left = 0
        left = half
    }

    private var half: Int32 {
        perMinute == 0 ? .max : max(Self.halfBurstMin, perMinute / Self.halfBurstsPerMinute)
    }

    /// Takes a message; looks at the clock only when what was filled in is used up.
    package mutating func take(now: () -> Int64) -> Verdict {
        left -= 1
        guard left < 0 else { return .passes }
        guard perMinute > 0 else {
            left = half
            return .passes
        }
        fill(now())
        if left >= 0 { return .passes }
        return left > -half ? .refused : .cutOff
    }

    private mutating func fill(_ now: Int64) {
        // A minute fills any bucket of a size that matters, and keeps the product far below the largest number.
        let elapsed = min(max(0, now - filledAt), Self.nanosecondsPerMinute)
        let earned = elapsed * Int64(perMinute) / Self.nanosecondsPerMinute
        guard earned > 0 else { return }
        let filled = Int64(left) + earned
        // The message that asks is already taken off.
        if filled >= Int64(half) - 1 {
            left = half - 1
            filledAt = now
        } else {
            left = Int32(clamping: filled)
            // What the division left over still counts.
            filledAt += earned * Self.nanosecondsPerMinute / Int64(perMinute)
        }
    }
}
