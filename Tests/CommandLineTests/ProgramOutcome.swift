import Foundation

/// How a run of the real program ended, and what it said.
struct ProgramOutcome: Equatable {
    let code: Int32
    let output: String
    let error: String
}

extension ProgramOutcome {
    /// Runs the program, which lies beside the test bundle, to its end; nothing of this process' environment reaches it.
    init(of arguments: [String], _ environment: [String: String] = [:]) throws {
        let folder = URL(filePath: try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
            .deletingLastPathComponent()
        let process = Process()
        process.executableURL = folder.appending(path: "anteroom")
        process.arguments = arguments
        process.environment = environment
        let (output, error) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, error)
        try process.run()
        // What goes to standard error is far smaller than a pipe's buffer, so that reading in turn can't lock up.
        let outputText = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let errorText = String(decoding: error.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        self.init(code: process.terminationStatus, output: outputText, error: errorText)
    }
}
