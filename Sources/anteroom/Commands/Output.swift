import ArgumentParser
import Glibc

/// Writes whole lines to the standard streams, without a buffer that an early end would lose.
enum Output {
    /// True when standard output is a terminal that may be given colours.
    static var isColoured: Bool { isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == nil }

    /// Writes bytes to standard output.
    static func write(_ bytes: [UInt8]) { write(bytes, to: STDOUT_FILENO) }

    /// Writes a line to standard output.
    static func line(_ text: String) { write(Array((text + "\n").utf8)) }

    /// Writes a sentence to standard error, where it doesn't mix with what a program reads.
    static func remark(_ sentence: String) { write(Array("anteroom: \(sentence)\n".utf8), to: STDERR_FILENO) }

    /// Writes a line of the log to standard error in one call, so that lines of several threads don't mix.
    static func log(_ line: [UInt8]) { write(line, to: STDERR_FILENO) }

    /// Says on standard error why there is nothing to show; the caller throws the result, which ends with code 1.
    static func nothing(_ sentence: String) -> ExitCode {
        remark(sentence)
        return .failure
    }

    private static func write(_ bytes: [UInt8], to descriptor: Int32) {
        var done = 0
        while done < bytes.count {
            let written = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if written < 0, errno == EINTR { continue }
            // A reader that went away wants no more.
            guard written > 0 else { return }
            done += written
        }
    }
}
