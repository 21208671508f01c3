import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: `anteroom import valkey` brings what an ActiveBits deployment keeps, with what remains of its time, and may
    /// be repeated.
    @Suite struct ImportTests {
        private static let key = "0e9d8c7b6a59483726150f4e3d2c1b0a99887766"
        private static let hash = "0123456789abcdef0123"
        private static let password = "geheim-7d1f"

        private static func deployment() async throws -> RedisServer {
            var options = RedisServer.Options()
            options.password = password
            return try await RedisServer(options)
        }

        private static func url(of redis: RedisServer) -> String { "redis://:\(password)@127.0.0.1:\(redis.port)" }

        /// Runs the real program to its end.
        private func run(
            _ url: String, into target: String, _ environment: [String: String] = [:]
        ) async throws -> (status: ProcessExit, output: String, error: String) {
            let child = try ChildProcess(
                ServerProcess.binary, ["import", "valkey", url, "--into", target], environment: environment)
            let status = try await child.waitForExit(within: .seconds(30))
            #expect(!child.output.contains(Self.key) && !child.output.contains(Self.password))
            return (status, child.standardOutput, child.standardError)
        }

        /// What the seed's deployment holds, and what has no business there.
        private func fill(_ redis: RedisServer) throws {
            let live =
                #"{"id":"a1b2c","type":"raffle","created":1771800000000,"lastActivity":1771800060000,"data":{"n":1.50}}"#
            try redis.command("SET", "session:a1b2c", live, "PX", "600000")
            try redis.command("SET", "session:d3e4f", #"{"id":"d3e4f","type":"video-sync","data":{}}"#)
            try redis.command("SET", "session:CHILD:a1b2c:99", #"{"id":"CHILD:a1b2c:99","type":"raffle","data":{}}"#)
            try redis.command("SET", "session:broken", #"{"id":"#)
            try redis.command("SET", "session:large", String(repeating: "x", count: 60_000))
            try redis.command("SETRANGE", "session:large", "1048576", "x")
            try redis.command("RPUSH", "session:list", "a")
            try redis.command(
                "SET", "persistent:" + Self.hash,
                #"{"activityName":"raffle","hashedTeacherCode":"ab","entryPolicy":"solo-allowed","sessionId":null}"#,
                "PX",
                "86000000")
            try redis.command("SET", "persistent-session-by-session:a1b2c", Self.hash, "PX", "86000000")
            try redis.command("SET", "persistent-session-by-session:gone", "ffffffffffffffffffff")
            try redis.command("SET", "ratelimit:127.0.0.1:x", "3")
            try redis.command("SET", "video-sync:unsynced:a1b2c", "{}")
        }

        private let skipped = [
            "skipped        5", "  1 × JSON", "not a string", "not JSON", "larger than 1 MiB",
            "its id can't be addressed",
            "session:CHILD:a1b2c:99", "persistent-session-by-session:gone: the link that it names is not there",
        ]

        private func expectImported(_ http: TestHTTP, at start: Int) async throws {
            let session = try await http.get("/api/sessions/a1b2c")
            #expect(session.status == 200 && session.json?["type"] == "raffle" && session.json?["owner"] == "")
            #expect(session.body.contains(#""document":{"id":"a1b2c","type":"raffle","created":1771800000000,"#))
            #expect(session.body.contains(#""data":{"n":1.50}}"#), "byte for byte")
            // What remained of ten minutes, and the half minute for which touches are coalesced.
            let life = try #require(session.json?["expiresAt"]?.int) - start
            #expect((500_000...700_000).contains(life))
            let endless = try await http.get("/api/sessions/d3e4f").json?["expiresAt"]?.int ?? 0
            #expect((3_600_000...3_700_000).contains(endless - start), "the default life")
            let link = try await http.get("/api/persistent-session/" + Self.hash)
            #expect(link.json?["activityName"] == "raffle" && link.json?["entryPolicy"] == "solo-allowed")
            #expect(link.json?["isStarted"] == true && link.json?["sessionId"] == "a1b2c", "\(link.body)")
        }

        @Test func deployment_whenImportedIntoANodeTwice_isThereOnce() async throws {
            let redis = try await Self.deployment()
            try fill(redis)
            let start = Int(Date().timeIntervalSince1970 * 1_000)
            try await ServerProcess.run(environment: ["API_KEY": Self.key]) { server in
                let node = "http://127.0.0.1:\(server.port)"
                let closed = try await run(Self.url(of: redis), into: node)
                #expect(closed.status == .code(77) && closed.error.contains("--api-key"), "\(closed)")
                let wrong = try await run(Self.url(of: redis), into: node, ["API_KEY": "wrong"])
                #expect(wrong.status == .code(77) && wrong.error.contains("the API key is wrong"), "\(wrong)")

                let first = try await run(Self.url(of: redis), into: node, ["API_KEY": Self.key])
                #expect(first.status == .code(0), "\(first)")
                #expect(
                    first.output.hasPrefix("imported       2 sessions, 1 link\nalready there  0\n"), "\(first.output)")
                for text in skipped.filter({ !$0.hasPrefix("  1 × JSON") }) {
                    #expect(first.output.contains(text), "\(text) in \(first.output)")
                }
                let http = TestHTTP(port: server.port, headers: [("X-API-Key", Self.key)])
                try await expectImported(http, at: start)

                #expect(try await http.send(.PUT, "/api/sessions/d3e4f", body: #"{"changed":true}"#).status == 200)
                let second = try await run(Self.url(of: redis), into: node, ["API_KEY": Self.key])
                #expect(second.status == .code(0))
                #expect(
                    second.output.hasPrefix("imported       0 sessions, 0 links\nalready there  3\n"),
                    "\(second.output)")
                let kept = try await http.get("/api/sessions/d3e4f")
                #expect(kept.json?["document"] == ["changed": true] && kept.json?["version"] == 2)
            }
        }

        @Test func deployment_whenImportedIntoADirectory_isServedByTheNodeThatStartsThere() async throws {
            let redis = try await Self.deployment()
            try fill(redis)
            // More than a page of SCAN and more than a batch.
            for number in 0..<1_200 {
                try redis.command("SET", "session:f\(number)", #"{"type":"algorithm-demo","data":{}}"#, "PX", "900000")
            }
            let folder = try TemporaryDirectory()
            let start = Int(Date().timeIntervalSince1970 * 1_000)
            let first = try await run(Self.url(of: redis), into: folder.path)
            #expect(first.status == .code(0), "\(first)")
            #expect(first.output.hasPrefix("imported       1202 sessions, 1 link\n"), "\(first.output)")
            #expect(first.error.contains("keys found"), "\(first.error)")
            try await ServerProcess.run(dataDirectory: folder.path) { server in
                let http = TestHTTP(port: server.port)
                try await expectImported(http, at: start)
                let locked = try await run(Self.url(of: redis), into: folder.path)
                #expect(locked.status == .code(75) && locked.error.contains(folder.path), "\(locked)")
                server.terminate()
                #expect(try await server.waitForExit(within: .seconds(30)) == .code(0))
            }
            let second = try await run(Self.url(of: redis), into: folder.path)
            #expect(
                second.output.hasPrefix("imported       0 sessions, 0 links\nalready there  1203\n"), "\(second.output)"
            )
        }

        @Test func import_thatCannotBegin_saysWhyAndLeavesNothing() async throws {
            let folder = try TemporaryDirectory()
            let data = folder.entry("data")
            let nowhere = try PortAllocator.free()
            let unreachable = try await run("redis://127.0.0.1:\(nowhere)", into: data)
            #expect(unreachable.status == .code(69) && unreachable.error.contains("\(nowhere)"), "\(unreachable)")
            let redis = try await Self.deployment()
            let wrong = try await run("redis://:wrong@127.0.0.1:\(redis.port)", into: data)
            #expect(wrong.status == .code(69) && wrong.error.contains("password"), "\(wrong)")
            #expect(!FileManager.default.fileExists(atPath: data))
            let empty = try await run(Self.url(of: redis), into: data)
            #expect(empty.status == .code(1) && empty.error.contains("There is no key of ActiveBits"), "\(empty)")
            try redis.command("RPUSH", "session:list", "a")
            let unreadable = try await run(Self.url(of: redis), into: data)
            #expect(unreadable.status == .code(1), "\(unreadable)")
            #expect(unreadable.error.contains("None of the 1 keys could be read."), "\(unreadable)")
            let node = try await run(Self.url(of: redis), into: "http://127.0.0.1:\(nowhere)")
            #expect(node.status == .code(69) && node.error.contains("http://127.0.0.1:\(nowhere)"), "\(node)")
            let none = try await run("localhost", into: data)
            #expect(none.status == .code(64), "\(none)")
        }
    }
}
