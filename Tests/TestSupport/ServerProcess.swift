import Foundation
import Synchronization

/// The real `anteroom` binary, run as a child on a port and a data directory of its own.
///
/// **Guarantee**: `ServerProcess.run` ends the process and removes its files whatever happens in between, and prints what
/// the server wrote when the body threw.
package final class ServerProcess: Sendable {
    package let port: Int
    package let dataDirectory: String
    private let folder: TemporaryDirectory?
    private let environment: [String: String]
    private let arguments: [String]
    private let current: Mutex<ChildProcess?>

    /// - Parameters:
    ///   - dataDirectory: an existing directory to use; without one, a fresh temporary one.
    ///   - port: the port to listen on; without one, a free one.
    ///   - environment: added to, and winning over, what every test server gets.
    ///   - arguments: added to the command line after `serve`.
    package init(
        dataDirectory: String? = nil,
        port: Int? = nil,
        environment: [String: String] = [:],
        arguments: [String] = []
    ) throws {
        let folder = dataDirectory == nil ? try TemporaryDirectory(prefix: "anteroom-server") : nil
        self.folder = folder
        self.dataDirectory = dataDirectory ?? folder?.path ?? ""
        self.port = try port ?? PortAllocator.free()
        self.environment = environment
        self.arguments = arguments
        current = Mutex(nil)
    }

    /// Runs a body beside a started server, and ends the server afterwards.
    package static func run<Result>(
        dataDirectory: String? = nil,
        environment: [String: String] = [:],
        arguments: [String] = [],
        isolation: isolated (any Actor)? = #isolation,
        _ body: (ServerProcess) async throws -> Result
    ) async throws -> Result {
        let server = try ServerProcess(dataDirectory: dataDirectory, environment: environment, arguments: arguments)
        do {
            try await server.start()
            let result = try await body(server)
            try await server.kill()
            return result
        } catch {
            FileHandle.standardError.write(
                Data("server on \(server.port) wrote:\n\(server.output.suffix(4_000))\n".utf8))
            // Losing the error is safe: the first one tells more, and dropping the child kills it as well.
            try? await server.kill()
            throw error
        }
    }

    /// The folder of the test bundle, where the build also leaves the binary.
    package static var buildFolder: URL {
        // Losing the error is safe: the start of the binary then fails with a path that shows it.
        let bundle = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return URL(fileURLWithPath: bundle).deletingLastPathComponent()
    }

    /// The binary under test: `ANTEROOM_BINARY`, or the one built beside this test bundle.
    package static var binary: String {
        ProcessInfo.processInfo.environment["ANTEROOM_BINARY"] ?? buildFolder.appendingPathComponent("anteroom").path
    }

    /// What the running process, or the one that ran last, wrote.
    package var output: String { current.withLock { $0?.output ?? "" } }

    /// What it wrote to its standard error.
    package var standardError: String { current.withLock { $0?.standardError ?? "" } }

    /// How it ended, or nil while it runs.
    package var exitStatus: ProcessExit? { current.withLock { $0?.exitStatus } }

    /// The environment of the child: nothing of the machine that the tests run on reaches it.
    private var childEnvironment: [String: String] {
        [
            "DATA_DIR": dataDirectory,
            "PORT": "\(port)",
            "HOST": "127.0.0.1",
            "LOG_LEVEL": "info",
            "WS_MESSAGES_PER_MINUTE": "0",
        ].merging(environment) { $1 }
    }

    /// Starts the process without waiting for anything.
    package func launch() throws {
        let child = try ChildProcess(Self.binary, ["serve"] + arguments, environment: childEnvironment)
        current.withLock { $0 = child }
    }

    /// Starts the process and waits until it says that it is ready.
    ///
    /// Errors: `ServerEnded` as soon as the process ends instead; `DeadlinePassed`.
    package func start(within limit: Duration = .seconds(15)) async throws {
        try launch()
        let http = TestHTTP(port: port, deadline: .seconds(2))
        try await eventually(within: limit, "the server on \(port) is ready") {
            if let status = exitStatus { throw ServerEnded(status: status, output: output) }
            // Losing the error is safe: not answering is the normal state of a server that is starting.
            let response = try? await http.get("/health/ready")
            return response?.status == 200
        }
    }

    /// Sends SIGKILL and waits for the end.
    package func kill() async throws {
        guard let child = current.withLock({ $0 }) else { return }
        child.signal(SIGKILL)
        _ = try await child.waitForExit()
    }

    /// Sends SIGTERM.
    package func terminate() {
        current.withLock { $0 }?.signal(SIGTERM)
    }

    /// Stands still, with its connections open.
    package func pause() { current.withLock { $0 }?.signal(SIGSTOP) }

    /// Goes on after `pause`.
    package func resume() { current.withLock { $0 }?.signal(SIGCONT) }

    /// Waits for the end of the process.
    package func waitForExit(within limit: Duration = .seconds(10)) async throws -> ProcessExit {
        guard let child = current.withLock({ $0 }) else { throw ServerEnded(status: .code(0), output: "never started") }
        return try await child.waitForExit(within: limit)
    }
}

/// The server process ended where it should have become ready.
package struct ServerEnded: Error, CustomStringConvertible {
    package let status: ProcessExit
    package let output: String

    package var description: String { "server ended with \(status): \(output.suffix(2_000))" }
}
