/// One Swift file as the rules see it.
struct SourceFile {
    /// From the root of the repository, with forward slashes.
    let path: String
    let lines: [String]
    let code: [String]
    let comments: [String]

    init(path: String, text: String) {
        self.path = path
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        if lines.last?.isEmpty == true { lines.removeLast() }
        self.lines = lines
        let views = SourceText(text)
        code = views.code
        comments = views.comments
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
    var isInTests: Bool { path.hasPrefix("Tests/") }

    /// The target that the file belongs to: the second part of its path.
    var module: String {
        let parts = path.split(separator: "/")
        return parts.count > 2 ? String(parts[1]) : ""
    }
}

/// One place that breaks a rule.
struct Violation: Equatable, CustomStringConvertible {
    let path: String
    let line: Int
    let rule: String
    let message: String

    var description: String { "\(path):\(line): [\(rule)] \(message)" }
}

/// A rule is a name and a pure function over one file.
struct Rule: Sendable, CustomStringConvertible {
    let name: String
    let find: @Sendable (SourceFile) -> [(line: Int, message: String)]

    var description: String { name }

    func violations(in file: SourceFile) -> [Violation] {
        find(file).map { Violation(path: file.path, line: $0.line, rule: name, message: $0.message) }
    }

    /// Every rule that looks at one Swift file.
    static let all =
        [fileLength, functionLength, lineLength, importDirection, pureFile, bannedName, bannedMark, trap, unsafeProof]
        + [lostError, sleepInTest, documented, testFile]
}
