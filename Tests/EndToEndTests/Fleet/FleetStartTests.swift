import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: what keeps a node out of a fleet is said in one clear sentence, at once and without a secret; what time mends
    /// is waited for, with a word about it.
    @Suite struct FleetStartTests {
        private static let secret = "sEcret-of-the-fleet"

        struct BadAddress: Sendable, CustomTestStringConvertible {
            let name: String
            let value: String
            var others: [String: String] = [:]

            var testDescription: String { "\(name)=\(value)" }
        }

        @Test(arguments: [
            BadAddress(name: "REDIS_URL", value: "http://:\(secret)@127.0.0.1:6379"),
            BadAddress(name: "REDIS_URL", value: "redis://:\(secret)@127.0.0.1:99999"),
            BadAddress(name: "REDIS_URL", value: "redis://:\(secret)@127.0.0.1:6379/zero"),
            BadAddress(name: "REDIS_URL", value: "redis://:\(secret)@"),
            BadAddress(name: "REDIS_NODES", value: "127.0.0.1:"),
            BadAddress(name: "REDIS_NODES", value: "127.0.0.1:6379", others: ["REDIS_URL": "redis://127.0.0.1"]),
            BadAddress(name: "JOURNAL_PREFIX", value: "a{b}", others: ["REDIS_URL": "redis://127.0.0.1"]),
        ])
        func address_thatIsMalformed_isRefusedBeforeAnythingIsCreated(_ bad: BadAddress) async throws {
            let folder = try TemporaryDirectory()
            let server = try ServerProcess(
                dataDirectory: folder.entry("data"),
                environment: bad.others.merging([bad.name: bad.value]) { $1 })
            try await expectEnd(of: server, code: 64, saying: bad.name)
            #expect(!FileManager.default.fileExists(atPath: folder.entry("data")))
        }

        @Test func password_thatIsWrongOrMissing_isRefused() async throws {
            var options = RedisServer.Options()
            options.password = Self.secret
            let redis = try await RedisServer(options)
            try await expectRefusal("redis://:\(Self.secret)x@127.0.0.1:\(redis.port)", saying: "password")
            try await expectRefusal("redis://127.0.0.1:\(redis.port)", saying: "wants a password")
        }

        @Test func server_thatIsTooOld_isRefused() async throws {
            let redis = try await ElderlyRedis(version: "6.2.0")
            try await expectRefusal("redis://127.0.0.1:\(redis.port)", saying: "6.2.0 is too old: 7.0")
            try await redis.close()
        }

        @Test func clusterAndSingleServer_takenForEachOther_areRefused() async throws {
            var options = RedisServer.Options()
            options.isCluster = true
            let (node, single) = (try await RedisServer(options), try await RedisServer())
            try await expectRefusal("redis://127.0.0.1:\(node.port)", saying: "REDIS_NODES")
            let server = try ServerProcess(environment: ["REDIS_NODES": "127.0.0.1:\(single.port)"])
            try await expectEnd(of: server, code: 69, saying: "use REDIS_URL")
        }

        @Test func contentOrDatabase_thatIsNotForUs_isRefused() async throws {
            let redis = try await RedisServer()
            try await expectRefusal("redis://127.0.0.1:\(redis.port)/99", saying: "no database 99")
            try redis.command("SET", "anteroom:{0}:meta", "9")
            try await expectRefusal("redis://127.0.0.1:\(redis.port)", saying: "has the form 9")
            #expect(try redis.command("KEYS", "*") == "anteroom:{0}:meta", "something was written over another form")
        }

        @Test func redis_thatIsNotThereYet_isWaitedFor() async throws {
            let port = try PortAllocator.free()
            let server = try ServerProcess(environment: [
                "REDIS_URL": "redis://:\(Self.secret)@127.0.0.1:\(port)", "NODE_LEASE_MS": "1000",
            ])
            try server.launch()
            try await eventually("it says what it waits for") {
                server.standardError.contains("no connection to Redis at 127.0.0.1:\(port)")
            }
            let http = TestHTTP(port: server.port)
            #expect(try await http.get("/health/ready").status == 503)
            #expect(try await http.get("/health/live").status == 200)
            let early = try await http.post("/api/publish", ["channel": "early:1", "data": 1])
            #expect(early.json?["error"] != nil, "acknowledged without a journal: \(early.body)")
            var options = RedisServer.Options()
            options.password = Self.secret
            let redis = try await RedisServer(options, port: port)
            try await eventually(within: .seconds(20), "the node is ready") {
                try await http.get("/health/ready").status == 200
            }
            let answer = try await http.post("/api/publish", ["channel": "early:1", "data": 1])
            #expect(answer.json?["result"]?["offset"] == 1, "\(answer.body)")
            try await server.kill()
            #expect(!server.output.contains(Self.secret))
            #expect(server.standardError.components(separatedBy: "waiting for Redis").count <= 4, "once for a reason")
            try await redis.stop()
        }

        private func expectRefusal(_ url: String, saying text: String) async throws {
            let server = try ServerProcess(environment: ["REDIS_URL": url, "NODE_LEASE_MS": "1000"])
            try await expectEnd(of: server, code: 69, saying: text)
        }

        /// Starts a server that must not come up.
        private func expectEnd(of server: ServerProcess, code: Int, saying text: String) async throws {
            try server.launch()
            #expect(try await server.waitForExit(within: .seconds(5)) == .code(code))
            let said = server.standardError
            #expect(said.contains(text), "\(said)")
            #expect(said.split(separator: "\n").filter { $0.hasPrefix("anteroom: ") }.count == 1, "\(said)")
            #expect(!server.output.contains(Self.secret), "the password is shown: \(said)")
        }
    }
}
