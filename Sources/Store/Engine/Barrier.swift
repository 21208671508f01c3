import Journal

/// Requests that wait until this node has applied what the journal already has.
///
/// - Bounds: each waits at most `EngineLimits.barrierMilliseconds`; at most `waitingMax` do.
struct Barrier {
    private struct Waiting {
        let cursor: Cursor
        let request: Request
        let deadline: Int64
    }

    /// Requests of the round in hand that need to know how far the journal is: one question for all of them.
    private var asking: [Request] = []
    private var waiting: [Waiting] = []
    /// The first cursor that anybody waits for: most rounds reach none.
    private var lowest: Cursor?

    static let waitingMax = 65_536

    /// True when a question is due at the end of the round.
    var hasQuestion: Bool { !asking.isEmpty }

    mutating func ask(_ request: Request) { asking.append(request) }

    mutating func takeAsking() -> [Request] {
        defer { asking = [] }
        return asking
    }

    /// False when too many wait already.
    mutating func wait(_ request: Request, for cursor: Cursor, deadline: Int64) -> Bool {
        guard waiting.count < Self.waitingMax else { return false }
        waiting.append(Waiting(cursor: cursor, request: request, deadline: deadline))
        lowest = min(lowest ?? cursor, cursor)
        return true
    }

    /// Those that have what they waited for.
    mutating func takeReached(_ head: Cursor) -> [Request] {
        guard let lowest, lowest <= head else { return [] }
        return take { $0.cursor <= head }
    }

    /// Those whose time is over.
    mutating func takeOverdue(at now: Int64) -> [Request] {
        // The first to come is the first to be late.
        guard let first = waiting.first, first.deadline <= now else { return [] }
        return take { $0.deadline <= now }
    }

    /// All of them, those of the round in hand too.
    mutating func takeAll() -> [Request] { take { _ in true } + takeAsking() }

    private mutating func take(_ isDue: (Waiting) -> Bool) -> [Request] {
        let due = waiting.filter(isDue)
        waiting.removeAll(where: isDue)
        lowest = waiting.map(\.cursor).min()
        return due.map(\.request)
    }
}
