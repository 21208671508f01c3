import Foundation
import Synchronization
import TestSupport

/// One node of a fleet: a server on a port of its own that is killed, and comes back with its disk or with an empty one.
final class FleetNode: Sendable {
    let port: Int
    let http: TestHTTP
    private let environment: [String: String]
    private let arguments: [String]
    private let current: Mutex<(server: ServerProcess, disk: TemporaryDirectory)>

    /// - Parameters:
    ///   - environment: added to what every node of a test gets.
    ///   - disk: the directory to begin with; without one, an empty one.
    init(
        redisURL: String, environment: [String: String] = [:], arguments: [String] = [],
        disk: TemporaryDirectory? = nil
    ) throws {
        let base = ["REDIS_URL": redisURL, "NODE_LEASE_MS": "\(FleetRig.leaseMilliseconds)", "LOG_LEVEL": "info"]
        self.environment = base.merging(environment) { $1 }
        self.arguments = arguments
        port = try PortAllocator.free()
        http = TestHTTP(port: port)
        let disk = try disk ?? TemporaryDirectory(prefix: "anteroom-node")
        let server = try ServerProcess(
            dataDirectory: disk.path, port: port, environment: self.environment, arguments: arguments)
        current = Mutex((server, disk))
    }

    /// The process of now, or the one that ran last.
    var server: ServerProcess { current.withLock { $0.server } }
    /// Its directory.
    var disk: TemporaryDirectory { current.withLock { $0.disk } }

    /// Starts it and waits until it says that it is ready.
    func start(within limit: Duration = .seconds(20)) async throws {
        do {
            try await server.start(within: limit)
        } catch let error as DeadlinePassed {
            let ready = try await readiness()?.body ?? "no answer"
            throw DeadlinePassed(what: "\(error.what); it says \(ready)", limit: limit)
        }
    }

    /// Starts it again after its end.
    /// - Parameter hasEmptyDisk: whether it has lost its files.
    func startAgain(hasEmptyDisk: Bool = false, within limit: Duration = .seconds(20)) async throws {
        if hasEmptyDisk {
            let disk = try TemporaryDirectory(prefix: "anteroom-node")
            let server = try ServerProcess(
                dataDirectory: disk.path, port: port, environment: environment, arguments: arguments)
            current.withLock { $0 = (server, disk) }
        }
        try await start(within: limit)
    }

    /// Ends it with SIGKILL.
    func kill() async throws { try await server.kill() }

    /// Stops it in an orderly way and waits for the end.
    func stop(within limit: Duration = .seconds(30)) async throws -> ProcessExit {
        server.terminate()
        return try await server.waitForExit(within: limit)
    }

    /// What `/health/ready` says; nil when it does not answer.
    func readiness() async throws -> HTTPAnswer? {
        try await unlessDisconnected { try await http.get("/health/ready") }
    }

    /// What `/api/status` says of the journal.
    func journal() async throws -> JSONValue {
        let answer = try await http.get("/api/status")
        guard let journal = answer.json?["journal"] else { throw UnexpectedAnswer(request: "status", answer: answer) }
        return journal
    }

    /// The lineage that it follows.
    func lineage() async throws -> Int? { try await journal()["lineage"]?.int }

    /// The newest entry that it applied.
    func head() async throws -> FleetCursor {
        let journal = try await journal()
        let parts = (journal["head"]?.string ?? "").split(separator: ".").compactMap { UInt64($0) }
        guard parts.count == 2 else { throw ConnectionEnded() }
        return FleetCursor(lineage: parts[0], sequence: parts[1])
    }
}

/// A place in the journal, as `/api/status` names it.
struct FleetCursor: Comparable {
    let lineage: UInt64
    let sequence: UInt64

    static func < (left: FleetCursor, right: FleetCursor) -> Bool {
        (left.lineage, left.sequence) < (right.lineage, right.sequence)
    }
}
