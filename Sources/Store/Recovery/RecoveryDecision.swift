import Journal

/// Decides whether a returning client can be given exactly what it missed.
///
/// - Guarantee: `.recover` is returned only if every offset in the range is inside the window and belongs to the
///   position's epoch; otherwise `.notRecovered` with the reason. There is no partial answer.
/// - Units: offsets are 1-based and contiguous; `limit` counts publications.
/// - Source: Centrifugo "History and recovery"; the rows of the tests follow centrifuge's `clientRecoverTests`.
enum RecoveryDecision: Equatable, Sendable {
    /// The client has seen everything.
    case upToDate
    case recover(ClosedRange<UInt64>)
    case notRecovered(NotRecovered)

    /// - Parameters:
    ///   - position: what the client shows; an empty epoch matches any.
    ///   - epoch: the channel's epoch as clients see it.
    ///   - top: the newest offset.
    ///   - above: offsets above this one are retained.
    static func decide(
        position: Position, epoch: String, top: UInt64, above: UInt64, limit: Int
    ) -> RecoveryDecision {
        guard position.epoch.isEmpty || position.epoch == epoch else {
            return .notRecovered(NotRecovered(.epoch, above: above, top: top))
        }
        guard position.offset <= top else { return .notRecovered(NotRecovered(.ahead, above: above, top: top)) }
        guard position.offset < top else { return .upToDate }
        guard position.offset >= above else { return .notRecovered(NotRecovered(.trimmed, above: above, top: top)) }
        guard limit <= 0 || top - position.offset <= UInt64(limit) else {
            return .notRecovered(NotRecovered(.limit, above: above, top: top))
        }
        return .recover((position.offset + 1)...top)
    }
}

/// Why a client must load its state anew instead of going on.
public struct NotRecovered: Sendable, Equatable {
    /// The four reasons of DESIGN section 3.
    public enum Reason: String, Sendable, CaseIterable {
        /// The numbering that the client saw has ended.
        case epoch
        /// What it missed is no longer retained.
        case trimmed
        /// It missed more than one recovery may carry.
        case limit
        /// It has seen an offset that this log never had.
        case ahead
    }

    /// Which of the four it is.
    public let reason: Reason
    /// The oldest offset still there; `top + 1` when none is.
    public let oldest: UInt64

    init(_ reason: Reason, above: UInt64, top: UInt64) {
        self.reason = reason
        oldest = min(above, top) &+ 1
    }
}
