import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: `anteroom replay --redis` tells what the nodes' own files tell, and leaves nothing behind.
    @Suite struct FleetReplayTests {
        private static let password = "geheim-51c0"
        /// Where the program makes its copy: it has to be empty afterwards.
        private let scratch: TemporaryDirectory

        init() throws { scratch = try TemporaryDirectory(prefix: "anteroom-scratch") }

        private static func redis() async throws -> RedisServer {
            var options = RedisServer.Options()
            (options.password, options.isAppendOnly) = (password, true)
            return try await RedisServer(options)
        }

        private static func url(of redis: RedisServer) -> String { "redis://:\(password)@127.0.0.1:\(redis.port)" }

        private static func environment(_ redis: RedisServer) -> [String: String] {
            ["REDIS_URL": url(of: redis), "NODE_LEASE_MS": "1000", "FLUSH_INTERVAL_MS": "50"]
        }

        private func start(_ arguments: [String], _ environment: [String: String] = [:]) throws -> ChildProcess {
            try ChildProcess(
                ServerProcess.binary, ["replay"] + arguments,
                environment: environment.merging(["TMPDIR": scratch.path]) { $1 })
        }

        /// Runs the real program to its end.
        private func run(
            _ arguments: [String], _ environment: [String: String] = [:]
        ) async throws -> (status: ProcessExit, output: String, error: String) {
            let child = try start(arguments, environment)
            let status = try await child.waitForExit(within: .seconds(30))
            #expect(!child.output.contains(Self.password))
            #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
            return (status, child.standardOutput, child.standardError)
        }

        private func lines(_ arguments: [String]) async throws -> [String] {
            try await run(arguments + ["--format", "ndjson"]).output.split(separator: "\n").map(String.init)
        }

        private func member(_ name: String, of line: String) throws -> String {
            try JSONValue(parsing: line)[name]?.string ?? ""
        }

        private func publish(_ server: ServerProcess, _ number: Int, key: String? = nil) async throws {
            var body: JSONValue = ["channel": "chat:1", "data": ["n": .int(number)]]
            if let key { body = ["channel": "chat:1", "data": ["n": .int(number)], "idempotency_key": .string(key)] }
            try await eventually("\(number) is published") {
                try await TestHTTP(port: server.port).post("/api/publish", body).json?["result"] != nil
            }
        }

        @Test func replay_ofTwoNodes_tellsWhatTheirFilesTell() async throws {
            let redis = try await Self.redis()
            let (a, b) = (try TemporaryDirectory(), try TemporaryDirectory())
            var id = ""
            try await ServerProcess.run(dataDirectory: a.path, environment: Self.environment(redis)) { first in
                try await ServerProcess.run(dataDirectory: b.path, environment: Self.environment(redis)) { second in
                    let (http, other) = (TestHTTP(port: first.port), TestHTTP(port: second.port))
                    for number in 1...5 {
                        try await publish(number % 2 == 0 ? first : second, number, key: "k\(number)")
                    }
                    try await publish(second, 5, key: "k5")
                    id = try #require(
                        try await http.post("/api/sessions", ["type": "t", "document": ["n": 0]]).json?["id"]?.string)
                    let merge = [("Content-Type", "application/merge-patch+json")]
                    for number in 1...3 {
                        let server = number == 2 ? http : other
                        let patch = try await server.send(
                            .PATCH, "/api/sessions/\(id)", headers: merge, body: #"{"n":\#(number)}"#)
                        #expect(patch.status == 200)
                    }
                    #expect(try await other.send(.DELETE, "/api/sessions/\(id)").status == 204)
                    second.terminate()
                    _ = try await second.waitForExit()
                    first.terminate()
                    _ = try await first.waitForExit()
                }
            }
            let from = ["--redis", Self.url(of: redis)]
            let fleet = try await lines(from)
            #expect(fleet.count >= 12 && fleet.first?.contains(#""secret":"masked""#) == true)
            #expect(fleet.contains { $0.contains(#""verdict":"duplicate""#) })
            #expect(try await lines(["--data-dir", a.path]) == fleet)
            let joined = try await lines(["--data-dir", b.path])
            #expect(joined.count > 5 && fleet.joined().contains(joined.joined()))
            try await expectSame(from, ["--data-dir", a.path], fleet, session: id)
            try await expectExport(from, fleet)
        }

        /// Filters and time travel.
        private func expectSame(
            _ from: [String], _ file: [String], _ fleet: [String], session: String
        ) async throws {
            let cursors = try fleet.map { try member("cursor", of: $0) }
            let questions = [
                ["--channel", "chat:1", "--kind", "publish", "--since", cursors[2], "--limit", "2"],
                ["--session", session, "--until", cursors[cursors.count - 2]],
            ]
            for question in questions {
                let answer = try await run(from + question)
                let expected = try await run(file + question)
                #expect(answer.status == .code(0) && answer == expected)
            }
            for cursor in cursors.suffix(6) {
                let question = ["--session", session, "--state-at", cursor]
                let answer = try await run(from + question)
                let expected = try await run(file + question)
                #expect(answer == expected)
            }
        }

        private func expectExport(_ from: [String], _ fleet: [String]) async throws {
            let folder = try TemporaryDirectory()
            let path = folder.entry("fleet.ndjson")
            let export = try await run(from + ["--export", path])
            #expect(export.status == .code(0) && export.output.hasPrefix("\(path) has \(fleet.count) entries"))
            #expect(try await lines(["--from", path]) == fleet)
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["fleet.ndjson"])
        }

        @Test func follow_seesBothNodes_andSurvivesARestartOfRedis() async throws {
            let redis = try await Self.redis()
            try await ServerProcess.run(environment: Self.environment(redis)) { first in
                try await ServerProcess.run(environment: Self.environment(redis)) { second in
                    try await publish(first, 1)
                    let child = try start(
                        ["--shared", "--follow", "--kind", "publish", "--format", "ndjson"],
                        ["REDIS_URL": Self.url(of: redis)])
                    func shows(_ number: Int) async throws {
                        try await eventually("\(number) is shown") {
                            child.standardOutput.contains(#""body":{"n":\#(number)}"#)
                        }
                    }
                    try await shows(1)
                    try await publish(second, 2)
                    try await shows(2)
                    try await publish(first, 3)
                    try await shows(3)
                    try await redis.restart()
                    try await publish(second, 4)
                    try await shows(4)
                    #expect(child.standardError.contains("Trying again.\n"))
                    #expect(child.standardError.contains("answers again.\n"))
                    child.signal(SIGINT)
                    #expect(try await child.waitForExit() == .code(0))
                    #expect(try FileManager.default.contentsOfDirectory(atPath: scratch.path) == [])
                    #expect(!child.output.contains(Self.password))
                }
            }
        }

        @Test func trimmedStream_showsWhatTheCheckpointTells_andNoMore() async throws {
            let redis = try await Self.redis()
            func pointer() throws -> String { try redis.command("GET", "anteroom:{0}:pointer") }
            let (folder, from) = (try TemporaryDirectory(), ["--redis", Self.url(of: redis)])
            try await ServerProcess.run(dataDirectory: folder.path, environment: Self.environment(redis)) { server in
                for number in 1...6 { try await publish(server, number, key: "k\(number)") }
                try await publish(server, 6, key: "k6")
            }
            let before = try pointer()
            try await ServerProcess.run(environment: Self.environment(redis)) { server in
                // A node that was just started writes a checkpoint as soon as it may.
                try await eventually("a newer checkpoint is there") { try pointer() != before }
                try await publish(server, 7)
            }
            let whole = try await lines(from)
            let publications = whole.filter { $0.contains(#""channel":"chat:1""#) }
            #expect(publications.count == 8)
            let first = try member("cursor", of: publications[2])
            try redis.command("XTRIM", "anteroom:{0}:journal", "MINID", first.replacing(".", with: "-"))
            let left = try await lines(from)
            #expect(left.first.map { publications[2] == $0 } == true, "its offset is in the checkpoint's list")
            let duplicate = try #require(whole.first { $0.contains(#""verdict":"duplicate""#) })
            let unknown = duplicate.replacing(#""verdict":"duplicate""#, with: #""verdict":"unknown""#)
            #expect(
                left.filter { $0.contains(#""channel":"chat:1""#) }
                    == publications[2...].map { $0 == duplicate ? unknown : $0 })
            #expect(left.last == whole.last)
            let told = try await run(from)
            #expect(told.status == .code(0) && told.error.contains("its verdict is unknown.\n"))
            let path = folder.entry("left.ndjson")
            #expect(try await run(from + ["--export", path]).status == .code(0))
            #expect(try await lines(["--from", path]) == left)
        }

        @Test func cluster_isReadThroughItsNodes() async throws {
            let cluster = try await RedisCluster()
            let nodes = cluster.servers.prefix(2).map { "127.0.0.1:\($0.port)" }.joined(separator: ",")
            try await ServerProcess.run(environment: ["REDIS_NODES": nodes, "JOURNAL_PREFIX": "p"]) { server in
                try await publish(server, 1)
                let found = try await lines(["--redis-nodes", nodes, "--prefix", "p", "--kind", "publish"])
                #expect(found.count == 1)
            }
        }

        @Test func redisThatCannotBeRead_isOneSentence() async throws {
            let redis = try await Self.redis()
            let place = "redis://:***@127.0.0.1:\(redis.port)"
            let none = try await run(["--redis", Self.url(of: redis)])
            #expect(none.status == .code(1) && none.output == "")
            #expect(none.error == "anteroom: There is no journal at \(place).\n")
            let wrong = try await run(["--redis", "redis://:other@127.0.0.1:\(redis.port)"])
            #expect(wrong.status == .code(77) && wrong.error.hasPrefix("anteroom: Redis refused the user or password:"))
            let away = try await run(["--redis", "redis://127.0.0.1:1"])
            #expect(away.status == .code(69))
            #expect(away.error == "anteroom: No connection to Redis at 127.0.0.1:1: connection refused.\n")
            try redis.command("XADD", "anteroom:{0}:journal", "5-0", "e", "\u{9}" + String(repeating: "x", count: 60))
            let newer = try await run(["--redis", Self.url(of: redis), "--follow"])
            #expect(newer.status == .code(69))
            #expect(
                newer.error == "anteroom: Entry 5.0 of the stream can't be read: its form 9 is of a newer release.\n")
        }
    }
}
