import ArgumentParser
import Glibc

extension Output {
    /// True when standard output is a terminal that may be given colours.
    static var isColoured: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }

    /// Writes a line.
    static func line(_ text: String) { write(text + "\n") }

    /// Says on standard error, where it doesn't mix with what a program reads, why there is nothing to show.
    ///
    /// - Returns: what the caller throws, to end with code 1.
    static func nothing(_ sentence: String) -> ExitCode {
        StandardError.write(Array("anteroom: \(sentence)\n".utf8))
        return .failure
    }
}
