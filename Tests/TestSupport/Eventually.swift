/// A deadline passed before what was waited for came true.
package struct DeadlinePassed: Error, CustomStringConvertible {
    package let what: String
    package let limit: Duration

    /// The error for a wait of that length.
    package init(what: String, limit: Duration) {
        self.what = what
        self.limit = limit
    }

    package var description: String { "not within \(limit): \(what)" }
}

/// Waits until `condition` holds, and throws when it does not in time.
///
/// This is the one place of the test suite that lets time pass: it looks, yields for a few milliseconds, and looks again,
/// so that a test never waits longer than the thing it waits for.
/// - Parameters:
///   - limit: Units: wall time. The condition is looked at once more after it passed.
///   - what: what is awaited, for the message of the error.
package func eventually(
    within limit: Duration = .seconds(10),
    _ what: String,
    isolation: isolated (any Actor)? = #isolation,
    _ condition: () async throws -> Bool
) async throws {
    let clock = ContinuousClock()
    let end = clock.now.advanced(by: limit)
    while true {
        if try await condition() { return }
        if clock.now >= end { throw DeadlinePassed(what: what, limit: limit) }
        try await clock.sleep(for: .milliseconds(3))
    }
}

/// Waits until `probe` yields a value, and returns it.
///
/// Errors: `DeadlinePassed`, or whatever the probe throws.
package func eventuallySome<Value>(
    within limit: Duration = .seconds(10),
    _ what: String,
    isolation: isolated (any Actor)? = #isolation,
    _ probe: () async throws -> Value?
) async throws -> Value {
    var found: Value?
    try await eventually(within: limit, what, isolation: isolation) {
        found = try await probe()
        return found != nil
    }
    guard let found else { throw DeadlinePassed(what: what, limit: limit) }
    return found
}
