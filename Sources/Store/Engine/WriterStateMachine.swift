import Journal

/// Decides whether rounds may write, and when to try again after a failure.
///
/// - Guarantee: after a failed commit nothing is written until a probe was: the file was reopened, its rows verified, its
///   write-ahead log emptied and a probe row forced to the disk.
struct WriterStateMachine: Equatable {
    enum Mode: Equatable, Sendable {
        case serving
        /// Reads go on; writes are refused with the reason until a probe succeeds.
        case failing(EngineError, probeAt: Int64, attempt: Int)
    }

    private(set) var mode = Mode.serving

    /// Milliseconds between probes: doubled from the first to the second bound.
    static let probeMillisecondsMin: Int64 = 100
    static let probeMillisecondsMax: Int64 = 2_000

    /// What a write is told at once; nil when it may be staged.
    var refusal: EngineError? {
        guard case .failing(let error, _, _) = mode else { return nil }
        // The failed round's outcome may be unknown; that of a write refused now is known: it was not made.
        return EngineError(error.code == .outcomeUnknown ? .unavailable : error.code, error.message)
    }

    /// When the next probe is due; nil while serving.
    var probeAt: Int64? {
        guard case .failing(_, let probeAt, _) = mode else { return nil }
        return probeAt
    }

    /// A commit failed at a monotonic time in milliseconds.
    mutating func commitFailed(_ error: EngineError, at time: Int64) {
        mode = .failing(error, probeAt: time + Self.probeMillisecondsMin, attempt: 1)
    }

    /// A probe ended; nil means that the file takes writes again.
    mutating func probed(_ error: EngineError?, at time: Int64) {
        guard case .failing(_, _, let attempt) = mode else { return }
        guard let error else {
            mode = .serving
            return
        }
        let wait = min(Self.probeMillisecondsMax, Self.probeMillisecondsMin << Int64(min(attempt, 10)))
        mode = .failing(error, probeAt: time + wait, attempt: attempt + 1)
    }
}
