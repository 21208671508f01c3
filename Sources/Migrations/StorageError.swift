/// What went wrong with the data directory, as one sentence for the person who started the process.
public struct StorageError: Error, Sendable, CustomStringConvertible {
    /// The kinds of failure; only the kind decides exit code, HTTP status and whether a retry can help.
    public enum Code: String, Sendable {
        case directoryUnusable = "directory-unusable"
        case locked
        case notOurFile = "not-our-file"
        case newerFormat = "newer-format"
        case corrupt
        case diskFull = "disk-full"
        case inputOutput = "io-error"
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence: what was wrong and, where something can be done, what.
    public let message: String
    /// The error of the library or system below, for the log.
    public let cause: String?

    /// Makes an error; `cause` is kept as text because causes need not be Sendable.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause.map { "\($0)" }
    }

    public var description: String {
        guard let cause else { return message }
        return "\(message) (\(cause))"
    }
}
