extension Rule {
    /// Names that say nothing about what a thing is. A name of the platform is not ours to choose.
    static let bannedName = Rule(name: "banned-name") { file in
        let foreign: Set = ["FileManager", "ServerQuiescingHelper"]
        let ends = ["Manager", "Helper", "Helpers", "Util", "Utils"]
        func isBanned(_ word: Substring) -> Bool {
            !foreign.contains(String(word)) && ends.contains { word.hasSuffix($0) }
        }
        let stem = file.name.prefix { $0 != "." && $0 != "+" }
        let ofFile = isBanned(stem) ? [(1, "file name \(stem)")] : []
        return ofFile
            + lines(of: file.code) { line in
                line.split { !($0.isLetter || $0.isNumber || $0 == "_") }.first(where: isBanned).map { "name \($0)" }
            }
    }

    /// Work that is not done belongs into an issue.
    static let bannedMark = Rule(name: "banned-mark") { file in
        let marks: Set<Substring> = ["TODO", "FIXME"]
        return lines(of: file.comments) { line in
            line.split { !$0.isLetter }.first(where: marks.contains).map { "\($0) in a comment" }
        }
    }

    /// A trap that input can reach is a remote kill.
    static let trap = Rule(name: "trap") { file in
        lines(of: file.code) { line in
            if Token.holds(line, glued: "try!") { return "a forced try" }
            if Token.holds(line, glued: "as!") { return "a forced cast" }
            if Token.holds(line, ["fatalError", "("]) { return "fatalError" }
            return nil
        }
    }

    static let unsafeProof = Rule(name: "unsafe-proof") { file in
        lines(of: file.code) { line in
            let isUnsafe =
                Token.holds(line, ["nonisolated", "(", "unsafe", ")"])
                || Token.holds(line, ["@", "unchecked", "Sendable"])
            return isUnsafe ? "escapes the checker without a SAFETY: comment in the three lines above" : nil
        }
        .filter { found in
            !file.comments[max(0, found.line - 4)..<found.line].contains { $0.contains("SAFETY:") }
        }
    }

    static let lostError = Rule(name: "lost-error") { file in
        lines(of: file.code) {
            Token.holds($0, glued: "try?") ? "try? without a comment on why losing the error is safe" : nil
        }
        .filter { found in
            file.comments[max(0, found.line - 2)..<found.line].allSatisfy { !$0.contains("//") }
        }
    }

    /// The lines about which `message` has something to say.
    private static func lines(of view: [String], message: (String) -> String?) -> [(line: Int, message: String)] {
        view.enumerated().compactMap { index, line in message(line).map { (index + 1, $0) } }
    }
}

extension Token {
    /// Whether the tokens `words` follow each other in a line of code.
    static func holds(_ line: String, _ words: [String]) -> Bool {
        guard words.allSatisfy(line.contains) else { return false }
        let texts = tokens(of: [line]).map(\.text)
        guard texts.count >= words.count else { return false }
        return (0...(texts.count - words.count)).contains { texts[$0...].starts(with: words) }
    }

    /// Whether a line of code holds `word` and its sign without a space between: `try !ready` is no forced try.
    static func holds(_ line: String, glued word: String) -> Bool {
        line.ranges(of: word).contains { range in
            line[..<range.lowerBound].last.map { !($0.isLetter || $0.isNumber || $0 == "_") } ?? true
        }
    }
}
