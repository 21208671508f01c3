import Journal

/// Requests that wait until this node has applied what the journal already has.
///
/// - Bounds: each waits at most `EngineLimits.barrierMilliseconds`; the engine's queue bounds their number.
struct Barrier {
    private struct Waiting {
        let cursor: Cursor
        let request: Request
        let deadline: Int64
    }

    /// Requests of the round in hand that need to know how far the journal is: one question for all of them.
    private var asking: [Request] = []
    private var waiting: [Waiting] = []

    /// True when a question is due at the end of the round.
    var hasQuestion: Bool { !asking.isEmpty }

    mutating func ask(_ request: Request) { asking.append(request) }

    mutating func takeAsking() -> [Request] {
        defer { asking = [] }
        return asking
    }

    mutating func wait(_ request: Request, for cursor: Cursor, deadline: Int64) {
        waiting.append(Waiting(cursor: cursor, request: request, deadline: deadline))
    }

    /// Those that have what they waited for.
    mutating func takeReached(_ head: Cursor) -> [Request] {
        guard waiting.contains(where: { $0.cursor <= head }) else { return [] }
        defer { waiting.removeAll { $0.cursor <= head } }
        return waiting.filter { $0.cursor <= head }.map(\.request)
    }

    /// Those whose time is over.
    mutating func takeOverdue(at now: Int64) -> [Request] {
        guard waiting.contains(where: { $0.deadline <= now }) else { return [] }
        defer { waiting.removeAll { $0.deadline <= now } }
        return waiting.filter { $0.deadline <= now }.map(\.request)
    }
}
