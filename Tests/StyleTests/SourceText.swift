/// Splits Swift text into what runs and what is said about it, so that a rule never trips over a string literal.
///
/// Both views have the lines of the text; what does not belong to a view is blank there. The quotes of a literal stay
/// in the code view. Not understood: regular expression literals with bare slashes (none of them may hold a quote).
struct SourceText {
    private(set) var code: [String] = []
    private(set) var comments: [String] = []

    private enum Context {
        case code(parentheses: Int)
        case literal(hashes: Int, quotes: Int)
    }

    private let bytes: [UInt8]
    private var index = 0
    private var codeBytes: [UInt8] = []
    private var commentBytes: [UInt8] = []
    private var contexts: [Context] = [.code(parentheses: 0)]

    init(_ text: String) {
        bytes = Array(text.utf8)
        codeBytes.reserveCapacity(bytes.count)
        commentBytes.reserveCapacity(bytes.count)
        while index < bytes.count {
            switch contexts.last ?? .code(parentheses: 0) {
            case .code(let parentheses): stepInCode(parentheses)
            case .literal(let hashes, let quotes): stepInLiteral(hashes, quotes)
            }
        }
        code = Self.lines(codeBytes)
        comments = Self.lines(commentBytes)
    }

    private static func lines(_ bytes: [UInt8]) -> [String] {
        var lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .map { String(decoding: $0, as: UTF8.self) }
        if lines.last?.isEmpty == true { lines.removeLast() }
        return lines
    }

    private func starts(_ prefix: String, at offset: Int = 0) -> Bool {
        bytes[min(index + offset, bytes.count)...].starts(with: prefix.utf8)
    }

    private func run(of byte: Character, from start: Int) -> Int {
        var end = start
        while end < bytes.count, bytes[end] == byte.asciiValue { end += 1 }
        return end - start
    }

    /// Takes `count` bytes into the views they belong to; line breaks go into both.
    private mutating func take(_ count: Int, code inCode: Bool = false, comment inComment: Bool = false) {
        for byte in bytes[index..<min(index + count, bytes.count)] {
            let isBreak = byte == UInt8(ascii: "\n")
            codeBytes.append(inCode || isBreak ? byte : UInt8(ascii: " "))
            commentBytes.append(inComment || isBreak ? byte : UInt8(ascii: " "))
        }
        index += count
    }

    private mutating func stepInCode(_ parentheses: Int) {
        if starts("//") {
            let end = bytes[index...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            return take(end - index, comment: true)
        }
        if starts("/*") { return takeBlockComment() }
        let hashes = run(of: "#", from: index)
        let quotes = run(of: "\"", from: index + hashes)
        if quotes > 0 {
            // Two quotes are an empty literal: one opens, the next step closes.
            let opening = quotes >= 3 ? 3 : 1
            contexts.append(.literal(hashes: hashes, quotes: opening))
            return take(hashes + opening, code: true)
        }
        if starts("("), contexts.count > 1 {
            contexts[contexts.count - 1] = .code(parentheses: parentheses + 1)
        } else if starts(")"), contexts.count > 1 {
            if parentheses == 0 {
                contexts.removeLast()
                return take(1)
            }
            contexts[contexts.count - 1] = .code(parentheses: parentheses - 1)
        }
        take(max(1, hashes), code: true)
    }

    private mutating func takeBlockComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                take(2, comment: true)
            } else if starts("*/") {
                depth -= 1
                take(2, comment: true)
            } else {
                take(1, comment: true)
            }
        } while depth > 0 && index < bytes.count
    }

    private mutating func stepInLiteral(_ hashes: Int, _ quotes: Int) {
        if starts("\\"), run(of: "#", from: index + 1) >= hashes {
            if starts("(", at: 1 + hashes) { contexts.append(.code(parentheses: 0)) }
            return take(2 + hashes)
        }
        let closes = run(of: "\"", from: index) >= quotes && run(of: "#", from: index + quotes) >= hashes
        if closes {
            contexts.removeLast()
            return take(quotes + hashes, code: true)
        }
        if quotes == 1, starts("\n") { contexts.removeLast() }
        take(1)
    }
}
