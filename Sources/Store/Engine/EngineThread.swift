import Dispatch
import Foundation

/// A thread for one engine: what it does may block.
public final class EngineThread: EngineHost {
    private let bell = DispatchSemaphore(value: 0)

    private static let stackBytes = 4 << 20

    /// Makes a host that starts its thread with the engine.
    public init() {}

    /// Starts the thread; see `EngineHost`.
    public func live(_ make: @escaping @Sendable () -> (any TurnTaker)?, ended: @escaping @Sendable () -> Void) {
        let bell = bell
        let thread = Thread {
            Self.takeTurns(of: make(), bell)
            ended()
        }
        thread.name = "anteroom.writer"
        thread.stackSize = Self.stackBytes
        thread.start()
    }

    /// Wakes the thread, or keeps it from sleeping once.
    public func ring() { bell.signal() }

    private static func takeTurns(of taker: (any TurnTaker)?, _ bell: DispatchSemaphore) {
        guard let taker else { return }
        while true {
            switch taker.turn() {
            case .now: continue
            case .within(let milliseconds):
                _ = bell.wait(timeout: .now() + .milliseconds(Int(clamping: max(0, milliseconds))))
            case .never: return
            }
        }
    }
}
