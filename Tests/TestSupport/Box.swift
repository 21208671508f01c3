import Foundation
import Synchronization

/// A value that a test shares with the closures it hands out.
package final class Box<Value: Sendable>: Sendable {
    private let storage: Mutex<Value>

    /// Holds a value.
    package init(_ value: Value) { storage = Mutex(value) }

    /// What it holds now.
    package var value: Value {
        get { storage.withLock { $0 } }
        set { storage.withLock { $0 = newValue } }
    }

    /// Reads and changes the value in one step.
    @discardableResult
    package func with<Result: Sendable>(_ body: (inout sending Value) -> sending Result) -> Result {
        storage.withLock { body(&$0) }
    }
}

/// Waits for a condition, a bounded time.
///
/// - Returns: whether the condition came true.
package func eventually(within seconds: Double = 10, _ condition: () -> Bool) -> Bool {
    let deadline = Date().addingTimeInterval(seconds)
    let pause = NSCondition()
    while !condition() {
        guard Date() < deadline else { return condition() }
        pause.lock()
        _ = pause.wait(until: Date().addingTimeInterval(0.002))
        pause.unlock()
    }
    return true
}
