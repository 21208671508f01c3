import Foundation
import Synchronization

/// A real redis-server, run as a child on a port and a directory of its own.
///
/// **Guarantee**: the process is gone with the last reference, or with this process.
package final class RedisServer: Sendable {
    /// What a test wants to be different from a plain server without persistence.
    package struct Options: Sendable {
        /// Every write is in the file before it is answered.
        package var isAppendOnly = false
        package var password: String?
        package var isCluster = false
        /// The port of the primary on this machine.
        package var replicaOf: Int?
        /// Certificate and key: then there is only TLS on the port.
        package var certificate: TestCertificate?
        /// Added to the command line, as in `["--maxmemory", "1mb"]`.
        package var arguments: [String] = []

        package init() {}
    }

    package let port: Int
    package let options: Options
    private let busPort: Int
    private let folder: TemporaryDirectory
    private let current: Mutex<ChildProcess?>

    /// Starts a server and waits until it answers.
    package init(_ options: Options = Options(), port: Int? = nil) async throws {
        folder = try TemporaryDirectory(prefix: "anteroom-redis")
        self.options = options
        self.port = try port ?? PortAllocator.free()
        busPort = options.isCluster ? try PortAllocator.free() : 0
        current = Mutex(nil)
        try await start()
    }

    deinit {
        current.withLock { $0?.signal(SIGKILL) }
    }

    /// Whether there is a redis-server to run.
    package static let isInstalled: Bool = {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        return path.split(separator: ":").contains {
            FileManager.default.isExecutableFile(atPath: $0 + "/redis-server")
        }
    }()

    /// The unix socket that it also listens on.
    package var socketPath: String { folder.entry("redis.sock") }

    /// What the running process, or the one that ran last, wrote.
    package var output: String { current.withLock { $0?.output ?? "" } }

    private var arguments: [String] {
        var arguments = [
            "--bind", "127.0.0.1", "--dir", folder.path, "--unixsocket", socketPath, "--save", "",
            "--appendonly", options.isAppendOnly ? "yes" : "no", "--appendfsync", "always",
            "--enable-debug-command", "local", "--repl-diskless-sync-delay", "0",
        ]
        if let certificate = options.certificate {
            arguments += [
                "--port", "0", "--tls-port", "\(port)", "--tls-cert-file", certificate.certificatePath,
                "--tls-key-file", certificate.keyPath, "--tls-ca-cert-file", certificate.certificatePath,
                "--tls-auth-clients", "no",
            ]
        } else {
            arguments += ["--port", "\(port)"]
        }
        if let password = options.password { arguments += ["--requirepass", password, "--masterauth", password] }
        if let primary = options.replicaOf { arguments += ["--replicaof", "127.0.0.1", "\(primary)"] }
        if options.isCluster {
            // Unless told, the bus takes the server's port and 10,000 more, which somebody else may have.
            arguments += ["--cluster-enabled", "yes", "--cluster-port", "\(busPort)", "--cluster-node-timeout", "1000"]
            arguments += ["--cluster-require-full-coverage", "no", "--cluster-replica-validity-factor", "0"]
        }
        return arguments + options.arguments
    }

    /// What another node of a cluster is told to meet this one.
    var meetWords: [String] { ["CLUSTER", "MEET", "127.0.0.1", "\(port)", "\(busPort)"] }

    /// Starts the process again on its port and directory, and waits until it answers.
    package func start() async throws {
        let child = try ChildProcess("redis-server", arguments)
        current.withLock { $0 = child }
        try await eventually("redis-server on \(port) answers") {
            if let status = child.exitStatus { throw ServerEnded(status: status, output: child.output) }
            // Losing the error is safe: not answering is the normal state of a server that is starting.
            let answer = try? command("PING")
            return answer == "+PONG"
        }
    }

    /// Sends SIGKILL and waits for the end.
    package func kill9() async throws {
        guard let child = current.withLock({ $0 }) else { return }
        child.signal(SIGKILL)
        _ = try await child.waitForExit()
    }

    /// Stops it in an orderly way and waits for the end.
    package func stop() async throws {
        guard let child = current.withLock({ $0 }) else { return }
        child.signal(SIGTERM)
        _ = try await child.waitForExit()
    }

    /// Stops and starts it: with its data only when it is append-only.
    package func restart() async throws {
        try await stop()
        try await start()
    }

    /// Stands still, with its connections open.
    package func pause() { current.withLock { $0 }?.signal(SIGSTOP) }

    /// Goes on after `pause`.
    package func resume() { current.withLock { $0 }?.signal(SIGCONT) }

    /// Makes a replica a primary.
    package func promote() throws {
        _ = try command("REPLICAOF", "NO", "ONE")
    }

    /// Runs one command over the unix socket and gives back the reply as RESP text without its last line end.
    ///
    /// Errors: the socket's, also after 5 seconds without a reply.
    @discardableResult
    package func command(_ words: String...) throws -> String { try command(words) }

    /// Runs one command over the unix socket.
    @discardableResult
    package func command(_ words: [String]) throws -> String {
        var connection = try BlockingRedisClient(socketPath: socketPath)
        if let password = options.password { _ = try connection.run(["AUTH", password]) }
        return try connection.run(words)
    }
}
