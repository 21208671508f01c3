extension Rule {
    static let documented = Rule(name: "documented") { file in
        file.code.indices.compactMap { index in
            guard let found = Exported.declaration(in: file.code[index]) else { return nil }
            if Exported.conformances.contains(found.name) { return nil }
            // In test code the plain fields of a record may speak for themselves.
            if file.isInTests && ["let", "var", "init"].contains(found.keyword) { return nil }
            if Exported.isDocumented(file, above: index) { return nil }
            return (index + 1, "\(found.keyword) \(found.name) has no /// comment right above")
        }
    }
}

/// Finds declarations that other targets can see.
enum Exported {
    private static let levels: Set = ["public", "package", "open"]
    private static let keywords: Set = [
        "var", "let", "func", "init", "subscript", "class", "struct", "enum", "actor", "protocol", "typealias", "macro",
        "associatedtype", "case",
    ]
    private static let modifiers: Set = [
        "static", "final", "override", "mutating", "nonmutating", "indirect", "lazy", "weak", "unowned", "convenience",
        "required", "nonisolated", "isolated", "consuming", "borrowing", "dynamic", "prefix", "postfix", "infix",
        "private",
        "fileprivate", "internal", "distributed", "set", "unsafe",
    ]

    /// Members whose meaning is the protocol's, not ours: its documentation is theirs.
    static let conformances: Set = [
        "description", "debugDescription", "=", "<", "hash", "encode", "makeAsyncIterator", "makeIterator",
        "errorDescription",
        "InboundIn", "InboundOut", "OutboundIn", "OutboundOut", "handlerAdded", "handlerRemoved", "channelActive",
        "channelInactive", "channelRead", "channelReadComplete", "channelWritabilityChanged",
        "userInboundEventTriggered",
        "errorCaught",
    ]

    /// Keyword and name of an exported declaration that starts in this line, or nil.
    static func declaration(in line: String) -> (keyword: String, name: String)? {
        guard levels.contains(where: line.contains) else { return nil }
        var words = Token.tokens(of: [withoutAttributes(line)]).map(\.text)[...]
        var isExported = false
        while let word = words.popFirst() {
            if levels.contains(word) {
                // public(set) says who may write, not who may see.
                isExported = isExported || words.first != "("
            } else if keywords.contains(word) && !(word == "class" && isModifier(words.first)) {
                return isExported ? (word, words.first ?? "") : nil
            } else if !modifiers.contains(word) && word != "(" && word != ")" && word != "class" {
                return nil
            }
        }
        return nil
    }

    private static func isModifier(_ word: String?) -> Bool { ["func", "var", "subscript"].contains(word) }

    private static func withoutAttributes(_ line: String) -> String {
        var rest = line.drop { $0 == " " }
        while rest.first == "@" {
            rest = rest.dropFirst().drop { $0.isLetter || $0.isNumber || $0 == "_" }
            if rest.first == "(", let close = rest.firstIndex(of: ")") { rest = rest[close...].dropFirst() }
            rest = rest.drop { $0 == " " }
        }
        return String(rest)
    }

    /// Whether the nearest line above that is not an attribute or a plain comment is a `///` comment.
    static func isDocumented(_ file: SourceFile, above index: Int) -> Bool {
        for line in file.lines[..<index].reversed() {
            let text = line.drop { $0 == " " }
            if text.hasPrefix("///") { return true }
            if !text.hasPrefix("@") && !text.hasPrefix("//") { return false }
        }
        return false
    }
}
