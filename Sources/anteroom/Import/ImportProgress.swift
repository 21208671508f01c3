import Glibc

/// Tells those who wait how far an import is: one line that changes on a terminal, a line every now and then elsewhere.
struct ImportProgress {
    /// Keys between two lines of a stream that is no terminal.
    static let keysBetweenLines = 1_000

    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var keysAtLastLine = 0

    /// Shows where the import is.
    mutating func show(_ report: ImportReport) {
        if isTerminal { return Output.log(Array("\r\u{1B}[Kanteroom: \(report.progress)".utf8)) }
        guard report.found - keysAtLastLine >= Self.keysBetweenLines else { return }
        keysAtLastLine = report.found
        Output.remark(report.progress)
    }

    /// Ends the line that changes, so that what follows has its own.
    func end() {
        if isTerminal { Output.log(Array("\n".utf8)) }
    }
}
