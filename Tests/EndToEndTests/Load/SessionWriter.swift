import Synchronization
import TestSupport

/// A writer that patches sessions over REST, each write expecting the version that it saw last.
final class SessionWriter: Sendable {
    private struct State {
        var versions: [String: Int] = [:]
        var epochs: [String: String] = [:]
        var lastNumber: [String: Int] = [:]
        var node = 0
    }

    let name: String
    private let nodes: [TestHTTP]
    private let log: EventLog
    private let control: LoadControl
    private let state = Mutex(State())

    /// - Parameter others: other nodes; after an attempt without success the next one is taken.
    init(name: String, http: TestHTTP, log: EventLog, control: LoadControl, others: [TestHTTP] = []) {
        self.name = name
        nodes = [http] + others
        self.log = log
        self.control = control
    }

    private var http: TestHTTP { nodes[state.withLock { $0.node } % nodes.count] }

    /// The sessions of this writer.
    var ids: [String] { state.withLock { $0.versions.keys.sorted() } }

    /// Creates sessions of its own.
    func create(_ count: Int) async throws {
        for _ in 0..<count {
            let answer = try await http.post("/api/sessions", ["type": "load", "document": ["writer": .string(name)]])
            guard answer.status == 201, let id = answer.json?["id"]?.string else {
                throw UnexpectedAnswer(request: "create", answer: answer)
            }
            let top = try await http.post("/api/history", ["channel": "session:\(id)"])
            state.withLock { state in
                state.versions[id] = 1
                state.epochs[id] = top.json?["result"]?["epoch"]?.string
            }
            acknowledged(id, version: 1)
        }
    }

    /// Patches until the load stops.
    func run() async throws {
        var number = 0
        while !control.isStopping {
            for id in ids {
                number += 1
                try await patch(id, number)
            }
        }
    }

    /// Says what any server holds that this writer was not promised, and the other way round.
    func differences() async throws -> [String] {
        var differences: [String] = []
        for http in nodes { differences += try await self.differences(at: http) }
        return differences
    }

    private func differences(at http: TestHTTP) async throws -> [String] {
        var differences: [String] = []
        for id in ids {
            let (expected, number) = state.withLock { ($0.versions[id] ?? 0, $0.lastNumber[id]) }
            let answer = try await http.get("/api/sessions/\(id)")
            if answer.json?["version"]?.int != expected || answer.json?["document"]?["number"]?.int != number {
                differences.append(
                    "\(id): version \(expected) with number \(number ?? 0), but \(answer.status) \(answer.body)")
            }
        }
        return differences
    }

    private func patch(_ id: String, _ number: Int) async throws {
        let expected = state.withLock { $0.versions[id] ?? 0 }
        try await eventually(within: .seconds(30), "patch \(number) of \(id) is acknowledged") {
            let isDone = try await control.attempt { try await attempt(id, number, expected: expected) } ?? false
            if !isDone { state.withLock { $0.node += 1 } }
            return isDone
        }
    }

    private func attempt(_ id: String, _ number: Int, expected: Int) async throws -> Bool {
        let answer = try await http.send(
            .PATCH,
            "/api/sessions/\(id)",
            headers: [("If-Match", "\"\(expected)\""), ("Content-Type", "application/merge-patch+json")],
            body: JSONValue.object(["number": .int(number)]).text
        )
        switch answer.status {
        case 200, 204:
            guard answer.header("ETag") == "\"\(expected + 1)\"" else {
                throw UnexpectedAnswer(request: "patch \(number) of \(id) at \(expected)", answer: answer)
            }
        case 503:
            return false
        case 412:
            // Nobody else writes here: an earlier attempt, whose answer got lost, must have taken effect.
            let now = try await http.get("/api/sessions/\(id)")
            guard now.json?["version"]?.int == expected + 1, now.json?["document"]?["number"]?.int == number else {
                throw UnexpectedAnswer(request: "patch \(number) of \(id) at \(expected): 412, then", answer: now)
            }
        default:
            throw UnexpectedAnswer(request: "patch \(number) of \(id)", answer: answer)
        }
        state.withLock { state in
            state.versions[id] = expected + 1
            state.lastNumber[id] = number
        }
        acknowledged(id, version: expected + 1)
        return true
    }

    private func acknowledged(_ id: String, version: Int) {
        let epoch = state.withLock { $0.epochs[id] }
        log.record(LogEvent(.ack, who: name, channel: "session:\(id)", epoch: epoch, key: "v\(version)"))
    }
}
