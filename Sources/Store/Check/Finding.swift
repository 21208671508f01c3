import Journal

/// What a check of one invariant found.
public struct Finding: Sendable, Equatable {
    /// The invariant's short name.
    public let name: String
    /// True when the invariant holds.
    public let isOK: Bool
    /// What was looked at, or what is wrong.
    public let detail: String

    init(_ name: String, isOK: Bool = true, _ detail: String) {
        (self.name, self.isOK, self.detail) = (name, isOK, detail)
    }

    /// Fails when there are faults, and then names the first.
    init(_ name: String, _ faults: JournalScan.Faults, ok detail: @autoclosure () -> String) {
        guard faults.count > 0 else {
            self.init(name, detail())
            return
        }
        let more = faults.count > faults.first.count ? "; \(faults.count) in all" : ""
        self.init(name, isOK: false, faults.first.joined(separator: "; ") + more)
    }

    /// One line for people.
    public var line: String { "\(isOK ? "ok    " : "FAILED") \(name): \(detail)" }
}
