import Journal

/// What a history request asks for.
public struct HistoryFilter: Sendable, Equatable {
    /// 0 asks for the position only; negative for everything that is retained, up to the bound of the caller.
    public var limit: Int
    /// Exclusive: forwards the offsets after it, backwards those before it.
    public var since: Position?
    /// Newest first.
    public var reverse: Bool

    /// Makes a filter of its parts.
    public init(limit: Int, since: Position? = nil, reverse: Bool = false) {
        self.limit = limit
        self.since = since
        self.reverse = reverse
    }
}

/// Decides which offsets a history request gets.
///
/// - Source: client-protocol reference, table of section 8.1.
enum HistoryDecision: Equatable, Sendable {
    case nothing
    case range(ClosedRange<UInt64>)
    /// Error 112: the epoch is another one.
    case unrecoverable
    /// Error 107: nothing lies before the first offset.
    case badRequest

    static func decide(
        _ filter: HistoryFilter, epoch: String, top: UInt64, above: UInt64, limitMax: Int
    ) -> HistoryDecision {
        if let since = filter.since {
            guard since.epoch.isEmpty || since.epoch == epoch else { return .unrecoverable }
            guard !(filter.reverse && since.offset == 0) else { return .badRequest }
        }
        guard filter.limit != 0, above < top else { return .nothing }
        let count = UInt64(max(0, filter.limit < 0 ? limitMax : min(filter.limit, limitMax)))
        var (low, high) = (above + 1, top)
        if let since = filter.since {
            guard filter.reverse || since.offset < top else { return .nothing }
            if filter.reverse { high = min(high, since.offset - 1) } else { low = max(low, since.offset + 1) }
        }
        guard count > 0, low <= high else { return .nothing }
        guard high - low >= count else { return .range(low...high) }
        if filter.reverse { low = high - count + 1 } else { high = low + (count - 1) }
        return .range(low...high)
    }
}
