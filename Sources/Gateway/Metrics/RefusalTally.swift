import HTTPTypes
import Logging
import Synchronization

/// Counts what was refused over HTTP by its code, and logs each with the same code.
///
/// - Bounds: as many lines a second as `linesPerSecond`; whoever is refused more often is counted all the same.
public final class RefusalTally: Sendable {
    private struct State {
        var counts: [String: Int] = [:]
        var second: Int64 = 0
        var lines = 0
        var unlogged = 0
    }

    /// Lines of one second: enough to see what goes on, too few to fill a disk.
    static let linesPerSecond = 50

    private let state = Mutex(State())
    private let logger: Logger
    private let clock: @Sendable () -> Int64

    /// - Parameter clock: milliseconds of any clock that goes on.
    init(logger: Logger, clock: @escaping @Sendable () -> Int64) {
        self.logger = logger
        self.clock = clock
    }

    /// Takes a refusal.
    @Sendable func refused(_ problem: Problem, path: String) {
        refused(problem.code, status: problem.status.code, path: path)
    }

    /// Takes a refusal.
    ///
    /// - Parameter path: its query, which may hold secrets, is left out.
    func refused(_ code: String, status: Int, path: String) {
        let second = clock() / 1_000
        let (isLogged, missed) = state.withLock { state in
            state.counts[code, default: 0] += 1
            var missed = 0
            if state.second != second {
                missed = state.unlogged
                (state.second, state.lines, state.unlogged) = (second, 0, 0)
            }
            state.lines += 1
            guard state.lines > Self.linesPerSecond else { return (true, missed) }
            state.unlogged += 1
            return (false, missed)
        }
        if missed > 0 { logger.notice("More refusals than are logged", metadata: ["count": "\(missed)"]) }
        guard isLogged else { return }
        logger.info(
            "Refused",
            metadata: ["code": "\(code)", "status": "\(status)", "path": "\(path.prefix { $0 != "?" })"])
    }

    /// How many there were of each code.
    var counts: [String: Int] { state.withLock { $0.counts } }
}
