import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: what prevents a start is said in one clear sentence, at once, and leaves nothing behind; a stop loses nothing.
    @Suite struct StartStopTests {
        @Test func secondProcess_onTheSameFile_isRefused() async throws {
            try await ServerProcess.run { first in
                let second = try ServerProcess(dataDirectory: first.dataDirectory)
                let (status, text) = try await end(of: second)
                #expect(status == .code(75))
                #expect(text.contains(first.dataDirectory), "\(text)")
                #expect(try await TestHTTP(port: first.port).get("/health/ready").status == 200)
            }
        }

        @Test func port_thatIsTaken_isRefused() async throws {
            try await ServerProcess.run { first in
                let folder = try TemporaryDirectory()
                let second = try ServerProcess(dataDirectory: folder.entry("data"), port: first.port)
                let (status, text) = try await end(of: second)
                #expect(status != .code(0))
                #expect(text.contains("\(first.port)"), "\(text)")
                #expect(!FileManager.default.fileExists(atPath: folder.entry("data")))
            }
        }

        @Test func directory_thatCannotBeWritten_isRefused() async throws {
            let server = try ServerProcess(dataDirectory: "/dev/null/data")
            let (status, text) = try await end(of: server)
            #expect(status != .code(0))
            #expect(text.contains("/dev/null/data"), "\(text)")
        }

        struct BadStart: Sendable, CustomTestStringConvertible {
            let culprit: String
            var environment: [String: String] = [:]
            var arguments: [String] = []
            var file: String?

            var testDescription: String { culprit }
        }

        @Test(arguments: [
            BadStart(culprit: "--no-such-flag", arguments: ["--no-such-flag"]),
            BadStart(culprit: "PORT", environment: ["PORT": "eighty"]),
            BadStart(culprit: "PORT", environment: ["PORT": "70000"]),
            BadStart(culprit: "DURABILITY", environment: ["DURABILITY": "maybe"]),
            BadStart(culprit: "SESSION_TTL_MS", environment: ["SESSION_TTL_MS": "-1"]),
            BadStart(culprit: "no_such_key", file: #"{"no_such_key": 1}"#),
            BadStart(culprit: "history_sise", file: #"{"channel": {"without_namespace": {"history_sise": 5}}}"#),
            BadStart(culprit: "config.json", file: #"{"port": "#),
            BadStart(culprit: "missing.json", arguments: ["--config", "/nonexistent/missing.json"]),
        ])
        func configuration_thatIsWrong_isRefused(_ bad: BadStart) async throws {
            let folder = try TemporaryDirectory()
            var arguments = bad.arguments
            if let file = bad.file {
                try file.write(toFile: folder.entry("config.json"), atomically: true, encoding: .utf8)
                arguments += ["--config", folder.entry("config.json")]
            }
            let server = try ServerProcess(
                dataDirectory: folder.entry("data"),
                environment: bad.environment,
                arguments: arguments
            )
            let (status, text) = try await end(of: server)
            #expect(status != .code(0))
            #expect(text.contains(bad.culprit), "\(text)")
            #expect(!FileManager.default.fileExists(atPath: folder.entry("data")))
        }

        /// Row O1: every client is told, nothing acknowledged is lost, and the node ends with 0.
        @Test func termination_underLoad_closesWith3001AndLosesNothing() async throws {
            try await ServerProcess.run(environment: ["DRAIN_SECONDS": "1"]) { server in
                let load = try await MixedLoad(port: server.port, followerCount: 6)
                try await load.run {
                    try await load.waitForAcknowledgements(300)
                    server.terminate()
                    #expect(try await server.waitForExit(within: .seconds(15)) == .code(0))
                    try await server.start()
                    try await load.waitForAcknowledgements(100)
                }
                #expect(load.control.endCodes == Array(repeating: 3001, count: 6))
                try await load.expectNothingLost()
            }
        }

        /// Row O1: what is in flight is answered.
        @Test func termination_withWritesInFlight_answersThoseThatTookEffect() async throws {
            try await ServerProcess.run(environment: ["DRAIN_SECONDS": "1"]) { server in
                let (port, log) = (server.port, EventLog())
                // All are there before the first writes: a node that stops takes no more connections.
                var clients: [ProtocolClient] = []
                for number in 0..<10 {
                    let client = ProtocolClient(name: "flight:\(number)")
                    try await client.connect(port: port)
                    clients.append(client)
                }
                let answered = try await withThrowingTaskGroup(of: (String, Int).self) { group in
                    for client in clients { group.addTask { try await Self.publishAtOnce(200, by: client, log) } }
                    try await eventually("writes are in flight") { log.count(.ack) > 20 }
                    server.terminate()
                    return try await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
                }
                #expect(try await server.waitForExit(within: .seconds(15)) == .code(0))
                try await server.start()
                let tops = try await FinalReading(http: TestHTTP(port: port), log: log).read(answered.keys.sorted())
                #expect(tops == answered, "a write took effect and was not answered, or the other way round")
            }
        }

        /// Sends writes to the channel of a client's name without waiting in between, and returns how many were
        /// acknowledged.
        private static func publishAtOnce(
            _ count: Int,
            by client: ProtocolClient,
            _ log: EventLog
        ) async throws -> (String, Int) {
            let channel = client.name
            return try await withThrowingTaskGroup(of: Bool.self) { group in
                for number in 0..<count {
                    group.addTask {
                        let isDone =
                            try await unlessDisconnected { try await client.publish(channel, .int(number)) } != nil
                        if isDone { log.record(LogEvent(.ack, who: channel, channel: channel)) }
                        return isDone
                    }
                }
                return try await group.reduce(into: (channel, 0)) { $0.1 += $1 ? 1 : 0 }
            }
        }

        /// Rows O1 and O2: from the first signal on the node is not ready and takes nobody new; the second ends the waiting.
        @Test func termination_whileClientsAreLeft_keepsNewOnesAwayAtOnce() async throws {
            try await ServerProcess.run(environment: ["DRAIN_SECONDS": "60"]) { server in
                let http = TestHTTP(port: server.port, deadline: .seconds(1))
                #expect(try await http.get("/health/ready").status == 200)
                // A client that does not read does not answer the goodbye, which the server waits for.
                let deaf = ProtocolClient(name: "deaf")
                try await deaf.connect(port: server.port)
                deaf.socket?.setReading(false)
                server.terminate()
                try await eventually(within: .seconds(1), "the node is not ready") {
                    // Losing the error is safe: a node that takes no connections is not ready either.
                    (try? await http.get("/health/ready"))?.status != 200
                }
                await #expect(throws: (any Error).self) {
                    try await ProtocolClient(name: "late", deadline: .seconds(1)).connect(port: server.port)
                }
                #expect(server.exitStatus == nil)
                server.terminate()
                #expect(try await server.waitForExit(within: .seconds(4)) == .code(0))
            }
        }

        /// Row O2: a second signal shortens the goodbye.
        @Test func secondTermination_hurries() async throws {
            try await ServerProcess.run(environment: ["DRAIN_SECONDS": "60"]) { server in
                // A client that does not read does not answer the goodbye, which the server waits for.
                let deaf = ProtocolClient(name: "deaf")
                try await deaf.connect(port: server.port)
                deaf.socket?.setReading(false)
                let hearing = ProtocolClient(name: "hearing")
                try await hearing.connect(port: server.port)
                server.terminate()
                try await eventually("the goodbyes were said") { hearing.closeCode == 3001 }
                #expect(server.exitStatus == nil)
                server.terminate()
                #expect(try await server.waitForExit(within: .seconds(4)) == .code(0))
            }
        }

        /// Starts a server that must not come up: returns how it ended and what it said, which is short.
        private func end(of server: ServerProcess) async throws -> (ProcessExit, String) {
            try server.launch()
            let status = try await server.waitForExit(within: .seconds(3))
            let text = server.standardError
            let lines = text.split(separator: "\n")
            #expect((1...3).contains(lines.count), "one sentence, not: \(text)")
            #expect(!text.contains("Fatal error"))
            return (status, text)
        }
    }
}
