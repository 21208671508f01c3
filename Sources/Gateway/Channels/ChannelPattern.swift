import Synchronization

/// Is what the names of a namespace must match, as an operator writes it: a regular expression.
///
/// - Bounds: names have at most ``ChannelName/maximumBytes``; the expression is the operator's own.
public struct ChannelPattern: Sendable, Equatable {
    /// A compiled expression keeps working memory, so that one thread at a time may use it.
    private final class Expression: Sendable {
        private let regex: Mutex<Regex<AnyRegexOutput>>

        init(_ text: String) throws {
            regex = Mutex(try Regex(text))
        }

        func matches(_ name: Substring) -> Bool {
            // An expression that fails on a name does not match it.
            regex.withLock { regex in (try? regex.firstMatch(in: name)) != nil }
        }
    }

    /// The expression.
    public let text: String
    private let expression: Expression

    /// Nil for a text that is no regular expression.
    public init?(_ text: String) {
        // Losing the error is safe: the caller says what is accepted.
        guard let expression = try? Expression(text) else { return nil }
        (self.text, self.expression) = (text, expression)
    }

    /// Whether a name, without its namespace, has a match somewhere.
    func matches(_ name: Substring) -> Bool { expression.matches(name) }

    /// Patterns are equal when their texts are.
    public static func == (left: ChannelPattern, right: ChannelPattern) -> Bool { left.text == right.text }
}
