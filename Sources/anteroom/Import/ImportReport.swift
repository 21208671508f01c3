/// What an import did so far.
struct ImportReport: Sendable, Equatable {
    /// Skipped keys that are named one by one; the others are only counted.
    static let listedMax = 20
    /// Different reasons that are told apart; an error text of the other side could make any number of them.
    static let reasonsMax = 50
    /// Characters of a key that are shown.
    private static let keyCharactersMax = 80

    /// A key that was not brought.
    struct Skipped: Sendable, Equatable {
        let key: String
        let reason: SkipReason
    }

    /// Keys that were listed.
    private(set) var found = 0
    private(set) var sessions = 0
    private(set) var links = 0
    private(set) var mappings = 0
    private(set) var existing = 0
    private(set) var skipped = 0
    private(set) var refused = 0
    private(set) var reasons: [SkipReason: Int] = [:]
    private(set) var listed: [Skipped] = []

    /// True when at least one key could be read.
    var hasRead: Bool { sessions + links + mappings + existing + refused > 0 }

    mutating func find(_ count: Int) { found += count }
    mutating func importSession() { sessions += 1 }
    mutating func importLink() { links += 1 }
    mutating func useMapping() { mappings += 1 }
    mutating func meetExisting() { existing += 1 }

    mutating func skip(_ key: String, _ reason: SkipReason) {
        skipped += 1
        if reason.isRefusal { refused += 1 }
        if reasons[reason] != nil || reasons.count < Self.reasonsMax { reasons[reason, default: 0] += 1 }
        if listed.count < Self.listedMax { listed.append(Skipped(key: Self.shown(key), reason: reason)) }
    }

    /// One line for those who wait.
    var progress: String {
        "\(found) keys found, \(sessions + links) imported, \(existing) already there, \(skipped) skipped"
    }

    /// The lines for standard output.
    var lines: [String] {
        var lines = [
            "imported       \(sessions) \(sessions == 1 ? "session" : "sessions"), \(links) \(links == 1 ? "link" : "links")",
            "already there  \(existing)",
            "skipped        \(skipped)",
        ]
        let ranked = reasons.sorted { ($1.value, $0.key.description) < ($0.value, $1.key.description) }
        lines += ranked.map { "  \($0.value) × \($0.key)" }
        if !listed.isEmpty { lines.append("skipped keys") }
        lines += listed.map { "  \($0.key): \($0.reason)" }
        if skipped > listed.count { lines.append("  … and \(skipped - listed.count) more") }
        return lines
    }

    /// A key as it may go to a terminal.
    static func shown(_ key: String) -> String {
        let plain = key.unicodeScalars.prefix(keyCharactersMax).map { scalar in
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value) ? "\u{FFFD}" : Character(scalar)
        }
        return String(plain) + (key.unicodeScalars.count > keyCharactersMax ? "…" : "")
    }
}
