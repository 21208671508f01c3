import Glibc

/// Is an end of the program that people and scripts can tell apart.
///
/// Codes are those of sysexits.h.
struct Exit: Error, Equatable, CustomStringConvertible {
    /// What went wrong, as the exit code.
    enum Code: Int32, Sendable {
        /// Bad arguments or a bad configuration.
        case usage = 64
        /// Something that is needed is not there: a port, a directory.
        case unavailable = 69
        /// A file that another process holds.
        case locked = 75
        /// Another server that doesn't let us in.
        case refused = 77
    }

    let code: Code
    /// One sentence.
    let description: String

    init(_ code: Code, _ sentence: String) {
        self.code = code
        self.description = sentence
    }

    init(_ error: ConfigurationError) {
        self.init(.usage, error.description)
    }

    /// Ends the program: one sentence on standard error and the code.
    func leave() -> Never {
        let line = Array("anteroom: \(description)\n".utf8)
        // Nobody is left to be told when even this can't be written.
        _ = write(STDERR_FILENO, line, line.count)
        exit(code.rawValue)
    }
}
