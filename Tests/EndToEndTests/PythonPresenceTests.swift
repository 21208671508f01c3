import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: who is there can be asked, and who comes and goes is told, on whichever node everybody is.
    @Suite(.enabled("needs python3 and the package centrifuge-python") { await PythonEnvironment.interpreter() != nil })
    struct PythonPresenceTests {
        static let secret = "f3b1c0a97d2e4856b9a1d7c3e5f70812"
        static let channel = "room:1"
        static let file = #"""
            {"channel":{"namespaces":[{"name":"room","presence":true,"join_leave":true,"force_recovery":true,
              "allow_subscribe_for_client":true,"allow_presence_for_subscriber":true}]}}
            """#

        @Test func centrifugePython_onOneNode_seesWhoIsThereComesAndGoes() async throws {
            let folder = try TemporaryDirectory()
            try Data(Self.file.utf8).write(to: URL(filePath: folder.entry("config.json")))
            try await ServerProcess.run(
                environment: ["JWT_SECRET": Self.secret], arguments: ["--config", folder.entry("config.json")]
            ) { server in
                let ann = try await Self.enter("ann", port: server.port)
                // Its own join comes, too, with what its token says about it.
                #expect(try await ann.waitFor("joined")["info"] == ["name": "Ann"])
                let bob = try await Self.enter("bob", port: server.port)
                try await ann.wait(for: 1, "joined") { $0["user"] == "bob" }
                ann.say("presence")
                let (first, second) = (try Self.client(ann), try Self.client(bob))
                #expect(
                    try await ann.waitFor("presence")["clients"]
                        == .object([
                            first: ["ann", ["name": "Ann"]], second: ["bob", ["name": "Bob"]],
                        ]))
                ann.say("stats")
                let stats = try await ann.waitFor("stats")
                #expect(stats["clients"] == 2 && stats["users"] == 2)
                bob.say("unsubscribe")
                #expect(try await ann.waitFor("left")["client"] == .string(second))
                bob.child.signal(SIGKILL)
                ann.say("stats")
                try await ann.wait(for: 1, "stats") { $0["clients"] == 1 }
                #expect(ann.all("left").count == 1 && ann.all("failed").isEmpty)
                ann.say("quit")
                #expect(try await ann.child.waitForExit() == .code(0))
            }
        }

        @Test(.enabled(if: RedisServer.isInstalled, "needs redis-server"))
        func centrifugePython_whenAnotherNodeIsKilled_seesItsMembersLeaveWithinTheLease() async throws {
            let folder = try TemporaryDirectory()
            try Data(Self.file.utf8).write(to: URL(filePath: folder.entry("config.json")))
            let environment = ["JWT_SECRET": Self.secret]
            let redis = try await RedisServer(RedisServer.Options())
            let nodes = try (0..<2).map { _ in
                try FleetNode(
                    redisURL: "redis://127.0.0.1:\(redis.port)", environment: environment,
                    arguments: ["--config", folder.entry("config.json")])
            }
            let rig = FleetRig(redis: redis, nodes: nodes)
            for node in nodes { try await node.start() }
            try await rig.settle()
            let ann = try await Self.enter("ann", port: rig.a.port)
            let bob = try await Self.enter("bob", port: rig.b.port)
            try await ann.wait(for: 1, "joined") { $0["user"] == "bob" }
            // What its node learns of the other is told as joins.
            try await bob.wait(for: 1, "joined") { $0["user"] == "ann" }
            for client in [ann, bob] {
                client.say("stats")
                let stats = try await client.waitFor("stats")
                #expect(stats["clients"] == 2 && stats["users"] == 2)
            }
            let gone = try Self.client(bob)
            // Its client goes with it, so that it can't come back to the other node.
            bob.child.signal(SIGKILL)
            try await rig.b.kill()
            try await ann.wait(for: 1, "left") { $0["client"] == .string(gone) }
            ann.say("presence")
            let left = try await ann.waitFor("presence")["clients"]?.object
            #expect(left?.count == 1, "\(ann.child.output)")
            try await rig.b.startAgain()
            let again = try await Self.enter("bob", port: rig.b.port)
            try await ann.wait(for: 2, "joined") { $0["user"] == "bob" }
            try await again.wait(for: 1, "joined") { $0["user"] == "ann" }
            again.say("presence")
            #expect(try await again.waitFor("presence")["clients"]?.object?.count == 2)
            for node in nodes { try await node.kill() }
        }

        /// Connects as somebody and subscribes.
        static func enter(_ user: String, port: Int) async throws -> PythonScript {
            let python = try await PythonScript("presence.py", port: port, secret)
            python.say("connect \(user)")
            _ = try await python.waitFor("connected")
            python.say("subscribe \(channel)")
            _ = try await python.waitFor("subscribed")
            return python
        }

        static func client(_ python: PythonScript) throws -> String {
            try #require(python.first("connected")?["client"]?.string)
        }
    }
}
