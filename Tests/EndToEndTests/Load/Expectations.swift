import TestSupport
import Testing

/// Checks a log, and records an issue for each broken promise with the excerpt that shows it.
func expectNoViolation(
    _ log: EventLog,
    _ promise: EpochPromise = .kept,
    _ context: String = "",
    _ location: SourceLocation = #_sourceLocation
) {
    for violation in Checker(promise).violations(in: log) {
        Issue.record("\(context) \(violation)", sourceLocation: location)
    }
}
