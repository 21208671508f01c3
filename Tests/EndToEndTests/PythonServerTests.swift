import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: server libraries written for Centrifugo work unchanged.
    @Suite(
        .enabled("needs python3 and the package cent (made anew without .build/python)") {
            await PythonEnvironment.has("cent")
        })
    struct PythonServerTests {
        private static let key = "an-api-key-of-more-than-32-characters"

        private func withServer(_ body: (PythonScript, PythonScript) async throws -> Void) async throws {
            let folder = try TemporaryDirectory()
            try Data(PythonPresenceTests.file.utf8).write(to: URL(filePath: folder.entry("config.json")))
            try await ServerProcess.run(
                environment: ["JWT_SECRET": PythonPresenceTests.secret, "API_KEY": Self.key],
                arguments: ["--config", folder.entry("config.json")]
            ) { server in
                let ann = try await PythonPresenceTests.enter("ann", port: server.port)
                let cent = try await PythonScript("server.py", port: server.port, Self.key)
                try await body(cent, ann)
                let stranger = try await PythonScript("server.py", port: server.port, "wrong")
                #expect(try await ask(stranger, "info")["error"] == "CentUnauthorizedError")
                for script in [cent, stranger] {
                    script.say("quit")
                    #expect(try await script.child.waitForExit() == .code(0))
                }
            }
        }

        private func ask(_ cent: PythonScript, _ method: String, _ members: JSONValue = [:]) async throws -> JSONValue {
            let before = cent.all(method).count
            cent.say("\(method) \(members.text)")
            try await cent.wait(for: before + 1, method)
            return try #require(cent.all(method).last)
        }

        @Test func cent_whenItPublishesAndReads_worksUnchanged() async throws {
            try await withServer { cent, ann in
                let message: JSONValue = [
                    "channel": "room:1", "data": ["text": "Grüße"], "idempotency_key": "m-1", "tags": ["k": "v"],
                ]
                let first = try await ask(cent, "publish", message)["result"]
                #expect(first?["offset"] == 1)
                #expect(try await ask(cent, "publish", message)["result"] == first)
                #expect(try await ann.waitFor("publication")["data"] == ["text": "Grüße"])
                let broadcast = try await ask(
                    cent, "broadcast", ["channels": ["room:1", "nope:1"], "data": 2, "skip_history": false])["result"]
                #expect(broadcast?["responses"]?.array?.first?["result"]?["offset"] == 2)
                #expect(broadcast?["responses"]?.array?.last?["error"]?["code"] == 102)
                let history = try await ask(cent, "history", ["channel": "room:1", "limit": -1])["result"]
                #expect(history?["offset"] == 2 && history?["epoch"] == first?["epoch"])
                #expect(history?["publications"]?.array?.first?["tags"] == ["k": "v"])
                let since: JSONValue = ["offset": 1, "epoch": first?["epoch"] ?? .null]
                let rest = try await ask(cent, "history", ["channel": "room:1", "limit": 5, "since": since])["result"]
                #expect(rest?["publications"]?.array?.map { $0["offset"] } == [2])
                #expect(try await ask(cent, "history_remove", ["channel": "room:1"])["result"] == [:])
                let empty = try await ask(cent, "history", ["channel": "room:1", "limit": -1])["result"]
                #expect(empty?["publications"] == [] && empty?["offset"] == 2)
                #expect(try await ask(cent, "publish", ["channel": "nope:1", "data": 1])["error"] == 102)
                let foreign: JSONValue = ["channel": "room:1", "limit": 1, "since": ["offset": 1, "epoch": "other"]]
                #expect(try await ask(cent, "history", foreign)["error"] == 112)
            }
        }

        @Test func cent_whenItLooksWhoIsThereAndEndsIt_worksUnchanged() async throws {
            try await withServer { cent, ann in
                let client = try PythonPresenceTests.client(ann)
                let presence = try await ask(cent, "presence", ["channel": "room:1"])["result"]
                #expect(
                    presence?["presence"]
                        == .object([
                            client: ["client": .string(client), "user": "ann", "conn_info": ["name": "Ann"]]
                        ]))
                let stats = try await ask(cent, "presence_stats", ["channel": "room:1"])["result"]
                #expect(stats == ["num_clients": 1, "num_users": 1])
                let channels = try await ask(cent, "channels", ["pattern": "room:*"])["result"]
                #expect(channels?["channels"] == ["room:1": ["num_clients": 1]])
                let nodes = try await ask(cent, "info")["result"]?["nodes"]?.array
                #expect(nodes?.count == 1)
                #expect(nodes?.first?["num_clients"] == 1 && nodes?.first?["num_users"] == 1)
                let batch = try await ask(
                    cent, "batch",
                    [
                        ["publish", ["channel": "room:1", "data": 1]], ["presence_stats", ["channel": "room:1"]],
                        ["history", ["channel": "room:1", "limit": 1]],
                    ])["result"]?["replies"]?.array
                #expect(batch?.count == 3)
                #expect(batch?.first?["offset"] == 1 && batch?[1]["num_clients"] == 1)
                #expect(try await ask(cent, "unsubscribe", ["user": "ann", "channel": "room:1"])["result"] == [:])
                #expect(try await ann.waitFor("unsubscribed")["code"] == 2_000)
                let after = try await ask(cent, "presence", ["channel": "room:1"])["result"]
                #expect(after == ["presence": [:]])
                let disconnect: JSONValue = ["user": "ann", "disconnect": ["code": 4_500, "reason": "bye"]]
                #expect(try await ask(cent, "disconnect", disconnect)["result"] == [:])
                #expect(try await ann.waitFor("disconnected")["code"] == 4_500)
            }
        }

        @Test func cent_whenItSubscribesAndRefreshesSomebody_worksUnchanged() async throws {
            try await withServer { cent, ann in
                let subscribe: JSONValue = [
                    "user": "ann", "channel": "room:2", "data": ["by": "server"], "info": ["seat": 1],
                ]
                #expect(try await ask(cent, "subscribe", subscribe)["result"] == [:])
                let client = try PythonPresenceTests.client(ann)
                try await eventually("ann is in the channel") {
                    let there = try await ask(cent, "presence", ["channel": "room:2"])["result"]?["presence"]
                    return there?[client]?["user"] == "ann" && there?[client]?["chan_info"] == ["seat": 1]
                }
                #expect(try await ask(cent, "subscribe", ["user": "ann", "channel": "nope:1"])["error"] == 102)
                let later = Int(Date().timeIntervalSince1970) + 600
                #expect(try await ask(cent, "refresh", ["user": "ann", "expire_at": .int(later)])["result"] == [:])
                #expect(ann.all("connected").count == 1 && ann.all("disconnected").isEmpty)
                // The SDK comes back, and takes up what it was subscribed to.
                #expect(try await ask(cent, "refresh", ["user": "ann", "expired": true])["result"] == [:])
                try await ann.wait(for: 2, "connected")
                try await ann.wait(for: 2, "subscribed")
            }
        }
    }
}
