import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a node moves with all that it has into a fleet; nothing that others did is ever replaced by it unasked.
    @Suite struct LiveMoveTests {
        private static let channel = "move:1"
        private static let write: (data: JSONValue, key: String) = (["n": 0], "first")

        /// What a node holds that ran alone, and the client that was connected to it.
        private struct Past {
            let sessions: [String]
            let first: StreamPosition
            let top: StreamPosition
            /// Of the sessions, with their versions.
            let documents: [[JSONValue?]]
            let client: ProtocolClient

            /// Fills a node.
            init(on server: ServerProcess) async throws {
                let http = TestHTTP(port: server.port)
                var sessions: [String] = []
                for number in 0..<20 { sessions.append(try await http.createSession(["number": .int(number)])) }
                _ = try await http.send(.PATCH, "/api/sessions/\(sessions[3])", body: #"{"more": true}"#)
                self.sessions = sessions
                first = try await http.publish(LiveMoveTests.channel, write.data, key: write.key)
                client = ProtocolClient(name: "moving")
                try await client.connect(port: server.port)
                try await client.subscribe(LiveMoveTests.channel)
                try await client.subscribe("session:\(sessions[3])")
                var top = first
                for number in 1..<30 { top = try await http.publish(LiveMoveTests.channel, ["n": .int(number)]) }
                self.top = top
                documents = try await http.documents(sessions)
                try await client.waitForOffset(top.offset, of: LiveMoveTests.channel)
            }
        }

        @Test func nodeThatRanAlone_movesIntoAFleet_withEverythingItHas() async throws {
            let (redis, disk) = (try await RedisServer(), try TemporaryDirectory())
            let past = try await runAlone(on: disk) { try await Past(on: $0) }
            let one = try node(redis, disk.path)
            let two = try node(redis, try TemporaryDirectory().path)
            try await during([one, two]) {
                try await one.start()
                let http = TestHTTP(port: one.port)
                #expect(try await http.documents(past.sessions) == past.documents)
                #expect(try await http.publish(Self.channel, Self.write.data, key: Self.write.key) == past.first)
                try await past.client.connect(port: one.port)
                for channel in [Self.channel, "session:\(past.sessions[3])"] {
                    #expect(try await past.client.resubscribe(channel).isRecovered, "\(channel)")
                }
                for offset in [0, 7, 29] {
                    let position = StreamPosition(epoch: past.top.epoch, offset: offset)
                    let back = try await comeBack(to: one.port, Self.channel, at: position)
                    #expect(back.isRecovered && back.missedCount == 30 - offset)
                }
                let next = try await http.publish(Self.channel, ["n": 30])
                #expect(next == StreamPosition(epoch: past.top.epoch, offset: 31))
                try await past.client.waitForOffset(31, of: Self.channel)
                try await two.start()
                try await expectSame(past, next, on: two)
            }
        }

        /// A node that joined with an empty disk says the same; what was published before the move is in no stream, so of
        /// that it says `trimmed`.
        private func expectSame(
            _ past: Past, _ top: StreamPosition, on server: ServerProcess
        ) async throws {
            let http = TestHTTP(port: server.port)
            #expect(try await http.documents(past.sessions) == past.documents)
            let history = try await http.history(Self.channel)
            #expect(history.top == top)
            #expect(history.publications.last?["data"] == ["n": 30])
            #expect(try await http.publish(Self.channel, Self.write.data, key: Self.write.key) == past.first)
            let since = try await comeBack(to: server.port, Self.channel, at: past.top)
            #expect(since.isRecovered && since.missedCount == 1, "\(since.result.text)")
            let before = try await comeBack(to: server.port, Self.channel, at: past.first)
            #expect(before.isRecovered ? before.missedCount == 30 : before.notRecoveredReason == "trimmed")
            let after = try await http.publish(Self.channel, ["n": 31])
            #expect(after == StreamPosition(epoch: top.epoch, offset: 32))
            try await past.client.waitForOffset(32, of: Self.channel)
        }

        @Test func nodeThatLeftAFleet_keepsTheSessionsAndTellsItsClients() async throws {
            let (redis, disk, other) = (try await RedisServer(), try TemporaryDirectory(), try TemporaryDirectory())
            let past = try await runAlone(on: disk) { try await Past(on: $0) }
            let (one, two) = (try node(redis, disk.path), try node(redis, other.path))
            try await during([one, two]) {
                try await one.start()
                try await two.start()
                try await stop(one)
                try await runAlone(on: disk) { alone in
                    let http = TestHTTP(port: alone.port)
                    #expect(try await http.documents(past.sessions) == past.documents)
                    let back = try await comeBack(to: alone.port, Self.channel, at: past.top)
                    #expect(!back.isRecovered && back.notRecoveredReason == "epoch", "\(back.result.text)")
                    #expect(try await http.publish(Self.channel, "alone").epoch != past.top.epoch)
                }
                // Now there are two truths.
                let shared = try await TestHTTP(port: two.port).publish(Self.channel, "shared")
                #expect(shared == StreamPosition(epoch: past.top.epoch, offset: 31))
                try await expectRefusal(of: node(redis, disk.path))
                let copy = try TemporaryDirectory.copy(of: disk.path)
                try await expectDiscarded(redis, disk, past, shared, beside: two)
                try await expectSeeded(redis, copy, past, shared, beside: two)
            }
        }

        private func expectRefusal(of server: ServerProcess) async throws {
            try server.launch()
            #expect(try await server.waitForExit(within: .seconds(8)) == .code(69), "\(server.output)")
            let said = server.standardError
            #expect(said.contains("--discard-file") && said.contains("--seed-from-file"), "\(said)")
        }

        private func expectDiscarded(
            _ redis: RedisServer, _ disk: TemporaryDirectory, _ past: Past, _ shared: StreamPosition,
            beside two: ServerProcess
        ) async throws {
            let one = try node(redis, disk.path, ["--discard-file"])
            try await during([one]) {
                try await one.start()
                let history = try await TestHTTP(port: one.port).history(Self.channel)
                #expect(history.top == shared)
                #expect(history.publications.last?["data"] == "shared")
                // What was thrown away can still be looked at.
                #expect(
                    try FileManager.default.contentsOfDirectory(atPath: disk.path).contains { $0.hasPrefix("lost-") })
                try await stop(one)
            }
            let plain = try node(redis, disk.path)
            try await during([plain]) {
                try await plain.start()
                try await stop(plain)
            }
        }

        private func expectSeeded(
            _ redis: RedisServer, _ copy: TemporaryDirectory, _ past: Past, _ shared: StreamPosition,
            beside two: ServerProcess
        ) async throws {
            let watching = ProtocolClient(name: "watching")
            try await watching.connect(port: two.port)
            try await watching.subscribe(Self.channel)
            let one = try node(redis, copy.path, ["--seed-from-file"])
            try await during([one]) {
                try await one.start()
                try await eventually("the client on the other node is told") { !watching.isSubscribed(Self.channel) }
                let (http, other) = (TestHTTP(port: one.port), TestHTTP(port: two.port))
                let seeded = try await http.history(Self.channel)
                #expect(seeded.publications.contains { $0["data"] == "alone" })
                #expect(seeded.top.epoch != shared.epoch)
                let next = try await http.publish(Self.channel, "both")
                try await eventually("the other node goes on from the file") {
                    // Losing the error is safe: while it takes the checkpoint it answers with an error.
                    let top = try? await other.history(Self.channel).top
                    return top?.epoch == next.epoch && (top?.offset ?? 0) >= next.offset
                }
                #expect(try await other.documents(past.sessions) == past.documents)
                let back = try await comeBack(to: two.port, Self.channel, at: shared)
                #expect(!back.isRecovered && back.notRecoveredReason == "epoch", "\(back.result.text)")
                let lost = try FileManager.default.contentsOfDirectory(atPath: two.dataDirectory)
                #expect(lost.contains { $0.hasPrefix("lost-") }, "what the fleet had was thrown away: \(lost)")
            }
        }

        private func node(_ redis: RedisServer, _ path: String, _ arguments: [String] = []) throws -> ServerProcess {
            let environment = [
                "REDIS_URL": "redis://127.0.0.1:\(redis.port)", "NODE_LEASE_MS": "1000", "DRAIN_SECONDS": "0",
            ]
            return try ServerProcess(dataDirectory: path, environment: environment, arguments: arguments)
        }

        /// Runs a body beside a node without a fleet, and stops it in an orderly way.
        private func runAlone<Result>(
            on disk: TemporaryDirectory, _ body: (ServerProcess) async throws -> Result
        ) async throws -> Result {
            try await ServerProcess.run(dataDirectory: disk.path, environment: ["DRAIN_SECONDS": "0"]) { server in
                let result = try await body(server)
                try await stop(server)
                return result
            }
        }

        private func stop(_ server: ServerProcess) async throws {
            server.terminate()
            #expect(try await server.waitForExit() == .code(0))
        }
    }
}

/// Runs a body beside servers that it starts itself, and ends them afterwards; prints what they wrote when it threw.
func during(_ servers: [ServerProcess], _ body: () async throws -> Void) async throws {
    do {
        try await body()
        for server in servers { try await server.kill() }
    } catch {
        for server in servers {
            FileHandle.standardError.write(
                Data("server on \(server.port) wrote:\n\(server.output.suffix(3_000))\n".utf8))
            // Losing the error is safe: the first one tells more, and dropping the child kills it as well.
            try? await server.kill()
        }
        throw error
    }
}
