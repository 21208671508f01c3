import Migrations

/// Why the journal could not take a round, or could not be read.
public struct JournalError: Error, Sendable, CustomStringConvertible {
    /// Only the code decides what a writer is told.
    public enum Code: String, Sendable {
        /// Nothing of the round was written.
        case diskFull = "disk-full"
        /// The round may or may not be durable.
        case outcomeUnknown = "outcome-unknown"
        /// A row's checksum doesn't match, or a row is missing or unknown: stop, never retry.
        case corrupt
        /// The file could not be opened, or Redis can't be used: nothing was written.
        case unavailable
        /// Too much waits already: nothing was written.
        case busy
        /// Redis has it, but the wanted replicas didn't confirm it: it may get lost.
        case notReplicated = "not-replicated"
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence with the cause.
    public let message: String

    /// Makes an error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    /// What a failure of the file means for a round.
    public init(_ error: StorageError) {
        switch error.code {
        case .diskFull: code = .diskFull
        case .corrupt, .notOurFile, .newerFormat: code = .corrupt
        case .inputOutput: code = .outcomeUnknown
        case .directoryUnusable, .locked: code = .unavailable
        }
        message = error.description
    }

    public var description: String { message }
}
