import Foundation
import TestSupport

/// The Python with the `centrifuge-python` package: `ANTEROOM_PYTHON`, or one made below `.build` on first use.
enum PythonEnvironment {
    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("python")
        .path

    /// The interpreter, or nil where it can't be had: no Python, or no package index in reach.
    static func interpreter() async -> String? {
        let environment = ProcessInfo.processInfo.environment
        if let given = environment["ANTEROOM_PYTHON"] { return given }
        // `.build/<triple>/<configuration>` → `.build/python`
        let build = ServerProcess.buildFolder.deletingLastPathComponent().deletingLastPathComponent()
        let directory = build.appendingPathComponent("python").path
        let interpreter = directory + "/bin/python3"
        if FileManager.default.isExecutableFile(atPath: interpreter) { return interpreter }
        // Losing the errors is safe: the test is then skipped by name.
        let making = try? ChildProcess(
            "/bin/sh", [folder + "/make-environment.sh", directory], environment: environment)
        guard let making, (try? await making.waitForExit(within: .seconds(180))) == .code(0) else { return nil }
        return interpreter
    }
}
