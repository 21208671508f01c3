import HTTPTypes
import NIOCore
import Synchronization

/// When each of many sockets may open: at most so many in a second, those that come earlier wait in line.
///
/// After a restart all clients return at once. Each costs a handshake, a connect and a recovery, and without a pace those who
/// are served already wait behind all of them.
///
/// - Bounds: nobody waits longer than ``waitMax``: who would have to is told to come back.
/// - Units: nanoseconds of a clock that never goes back.
package struct OpeningPace: Sendable {
    /// Longest wait in line.
    package static let waitMax: Int64 = 4_000_000_000
    /// A pause in which so much time passed lets as many open at once as the pace allows in it.
    package static let burst: Int64 = 100_000_000
    private static let second: Int64 = 1_000_000_000

    private let step: Int64
    /// When the next in line opens.
    private var next: Int64 = 0

    /// A pace of at least one socket in a second.
    package init(perSecond: Int) { step = Self.second / Int64(min(max(1, perSecond), Int(Self.second))) }

    /// Takes a place in line: how long to wait, nil when the line is too long.
    package mutating func wait(now: Int64) -> Int64? {
        let start = max(next, now - Self.burst)
        guard start - now <= Self.waitMax else { return nil }
        next = start + step
        return max(0, start - now)
    }
}

/// The line in which the sockets of all event loops wait to open.
package final class OpeningLine: Sendable {
    private let pace: Mutex<OpeningPace>

    /// A line without anybody in it.
    package init(perSecond: Int) { pace = Mutex(OpeningPace(perSecond: perSecond)) }

    /// Takes a place in line; nil when it is too long.
    package func wait(now: NIODeadline) -> TimeAmount? {
        pace.withLock { $0.wait(now: Int64(clamping: now.uptimeNanoseconds)) }.map { .nanoseconds($0) }
    }
}

extension Problem {
    /// The answer to sockets that would have to wait too long.
    static let tooManyOpenings = Problem(
        .serviceUnavailable, code: "opening-limit", detail: "Too many clients come at once.", retryAfter: 2)
}
