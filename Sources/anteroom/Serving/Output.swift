import Glibc

/// Standard error, a line at a time.
enum StandardError {
    /// Writes a line in one call, so that lines of several threads don't mix; nobody is left to tell when it fails.
    static func write(_ line: [UInt8]) {
        _ = line.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
    }
}

/// Standard output without a buffer between: what is printed is there before the next thing happens.
enum Output {
    /// Writes text; a closed pipe loses it, which is what closing a pipe asks for.
    static func write(_ text: String) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let written = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            guard written > 0 else { return }
            rest = rest.dropFirst(written)
        }
    }
}
