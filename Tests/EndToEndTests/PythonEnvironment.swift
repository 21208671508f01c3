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
        do {
            let script = folder + "/make-environment.sh"
            let making = try ChildProcess("/bin/sh", [script, directory], environment: environment)
            return try await making.waitForExit(within: .seconds(180)) == .code(0) ? interpreter : nil
        } catch {
            // The test is then skipped by name.
            return nil
        }
    }

    /// Whether a package is there: an environment that was made before the package was asked for doesn't have it.
    static func has(_ package: String) async -> Bool {
        guard let interpreter = await interpreter() else { return false }
        do {
            let looking = try ChildProcess(interpreter, ["-c", "import \(package)"])
            return try await looking.waitForExit(within: .seconds(60)) == .code(0)
        } catch {
            // The test is then skipped by name.
            return false
        }
    }
}
