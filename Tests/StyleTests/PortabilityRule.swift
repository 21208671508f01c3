/// Nothing in the repository may depend on one machine: no absolute home of somebody, no host of a package registry.
enum PortabilityRule {
    /// Put together here, so that this file does not break its own rule.
    static let folders = ["work", "root", "home"].map { "/" + $0 }
    static let hosts = [
        ["pypi", "org"], ["pythonhosted", "org"], ["registry", "npmjs"], ["crates", "io"], ["proxy", "golang"],
        ["deb", "debian"], ["archive", "ubuntu"],
    ].map { $0.joined(separator: ".") }
    static let options = ["index", "extra-index"].map { "--" + $0 + "-url" }

    static func violations(path: String, text: String) -> [Violation] {
        let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
        return lines.enumerated().compactMap { index, line in
            finding(in: line).map { Violation(path: path, line: index + 1, rule: "portable", message: $0) }
        }
    }

    private static func finding(in line: Substring) -> String? {
        if let host = hosts.first(where: line.contains) { return "names the registry host \(host)" }
        if let option = options.first(where: line.contains) { return "names a registry by \(option)" }
        return folders.first { isAbsolute($0, in: line) }.map { "names the machine path \($0)" }
    }

    /// Whether `folder` stands at the start of a path: not after a letter (`a/work`), a dot or a brace, not before one.
    private static func isAbsolute(_ folder: String, in line: Substring) -> Bool {
        var rest = line[...]
        while let range = rest.firstRange(of: folder) {
            let before = line[..<range.lowerBound].last
            let after = line[range.upperBound...].first
            let startsPath = before.map { !($0.isLetter || $0.isNumber || "._-/}>)*~$<".contains($0)) } ?? true
            let endsName = after.map { !($0.isLetter || $0.isNumber || "_-.".contains($0)) } ?? true
            if startsPath && endsName { return true }
            rest = rest[range.upperBound...]
        }
        return false
    }
}
