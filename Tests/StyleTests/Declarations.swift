/// A word, a number or one sign of the code view, with its line.
struct Token {
    let text: String
    let line: Int

    static let lineBreak = "\n"

    /// Cuts the code view into tokens; `->` is one token, line breaks are tokens too.
    static func tokens(of code: [String]) -> [Token] {
        var tokens: [Token] = []
        for (index, text) in code.enumerated() {
            var word = ""
            for character in text {
                if character.isLetter || character.isNumber || character == "_" {
                    word.append(character)
                    continue
                }
                if !word.isEmpty { tokens.append(Token(text: word, line: index + 1)) }
                word = ""
                if character == ">", tokens.last?.text == "-", tokens.last?.line == index + 1 {
                    tokens[tokens.count - 1] = Token(text: "->", line: index + 1)
                } else if !character.isWhitespace {
                    tokens.append(Token(text: String(character), line: index + 1))
                }
            }
            if !word.isEmpty { tokens.append(Token(text: word, line: index + 1)) }
            tokens.append(Token(text: lineBreak, line: index + 1))
        }
        return tokens
    }
}

/// A function, initializer, subscript or computed property with its first and last line.
struct FunctionSpan: Equatable {
    let name: String
    let first: Int
    let last: Int

    var lineCount: Int { last - first + 1 }

    /// Every span of a file; a function inside another is listed too.
    static func spans(in file: SourceFile) -> [FunctionSpan] {
        let tokens = Token.tokens(of: file.code)
        return tokens.indices.compactMap { index in
            guard declaresBody(tokens, index), let open = bodyStart(tokens, after: index),
                let close = bodyEnd(tokens, open)
            else { return nil }
            let word = tokens[index].text
            let name = word == "func" || word == "var" ? tokens[index + 1].text : word
            return FunctionSpan(name: name, first: tokens[index].line, last: tokens[close].line)
        }
    }

    private static func declaresBody(_ tokens: [Token], _ index: Int) -> Bool {
        guard index + 1 < tokens.count else { return false }
        let next = tokens[index + 1].text
        let isMember = index > 0 && tokens[index - 1].text == "."
        switch tokens[index].text {
        case "func", "var": return next != Token.lineBreak
        case "init": return !isMember && ["(", "<", "?", "!"].contains(next)
        case "subscript": return !isMember && ["(", "<"].contains(next)
        case "deinit": return next == "{"
        default: return false
        }
    }

    /// The brace that opens the body, or nil for a requirement or a stored property.
    private static func bodyStart(_ tokens: [Token], after start: Int) -> Int? {
        var depth = 0
        for index in (start + 1)..<tokens.count {
            switch tokens[index].text {
            case "(", "[": depth += 1
            case ")", "]": depth -= 1
            case "{" where depth == 0: return index
            case "}" where depth == 0: return nil
            case "=" where depth == 0 && tokens[start].text == "var": return nil
            case Token.lineBreak where depth == 0 && !goesOn(tokens, index): return nil
            default: break
            }
            if depth < 0 { return nil }
        }
        return nil
    }

    private static func goesOn(_ tokens: [Token], _ lineBreak: Int) -> Bool {
        let next = tokens[lineBreak...].first { $0.text != Token.lineBreak }?.text ?? ""
        let continuations: Set = ["{", "->", "where", "throws", "rethrows", "async", "&", ">"]
        return continuations.contains(next) || [",", "->", "&", ":", "where"].contains(tokens[lineBreak - 1].text)
    }

    private static func bodyEnd(_ tokens: [Token], _ open: Int) -> Int? {
        var depth = 0
        for index in open..<tokens.count {
            if tokens[index].text == "{" { depth += 1 }
            if tokens[index].text == "}" {
                depth -= 1
                if depth == 0 { return index }
            }
        }
        return nil
    }
}
