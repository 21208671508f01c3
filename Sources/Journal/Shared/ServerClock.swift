/// An estimate of the Redis server's clock: what it said, and the time since by one's own monotonic clock.
///
/// - Units: milliseconds; the server's since 1970.
/// - Source: DESIGN section 2, rule 8.
public struct ServerClock: Sendable, Equatable {
    /// A jump that is more than what a slow answer explains.
    public static let jumpMax: Int64 = 1_000

    private var offset: Int64
    private var askedAt: Int64
    /// True when the newest answer differed from what was expected by more than `jumpMax`.
    public private(set) var hasJumped = false

    /// The clock after a first answer.
    public init(server: Int64, sentAt: Int64, receivedAt: Int64) {
        offset = Self.offset(server, sentAt, receivedAt)
        askedAt = receivedAt
    }

    /// Takes another answer.
    public mutating func take(server: Int64, sentAt: Int64, receivedAt: Int64) {
        let new = Self.offset(server, sentAt, receivedAt)
        hasJumped = abs(new.subtractingReportingOverflow(offset).partialValue) > Self.jumpMax
        (offset, askedAt) = (new, receivedAt)
    }

    /// The server's clock now.
    public func time(at now: Int64) -> Int64 { now &+ offset }

    /// True when it was asked longer ago than that.
    public func isOlder(than age: Int64, at now: Int64) -> Bool { now - askedAt >= age }

    private static func offset(_ server: Int64, _ sentAt: Int64, _ receivedAt: Int64) -> Int64 {
        server &- (sentAt &+ (receivedAt &- sentAt) / 2)
    }
}
