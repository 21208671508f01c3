import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: an application with tokens of its own needs nothing but an unmodified SDK.
    @Suite(.enabled("needs python3 and the package centrifuge-python") { await PythonEnvironment.interpreter() != nil })
    struct PythonTokenTests {
        private static let secret = "f3b1c0a97d2e4856b9a1d7c3e5f70812"
        private static let file = #"""
            {"channel":{"namespaces":[{"name":"python","force_recovery":true,"allow_history_for_subscriber":true}]}}
            """#

        private func withServer(_ body: (ServerProcess, PythonScript) async throws -> Void) async throws {
            let folder = try TemporaryDirectory()
            try Data(Self.file.utf8).write(to: URL(filePath: folder.entry("config.json")))
            try await ServerProcess.run(
                environment: ["JWT_SECRET": Self.secret], arguments: ["--config", folder.entry("config.json")]
            ) { server in
                let python = try await PythonScript("tokens.py", port: server.port, Self.secret)
                try await body(server, python)
                python.say("quit")
                #expect(try await python.child.waitForExit() == .code(0))
            }
        }

        private func api(_ server: ServerProcess, _ method: String, _ body: JSONValue) async throws {
            let answer = try await TestHTTP(port: server.port).post("/api/\(method)", body)
            #expect(answer.status == 200)
        }

        @Test func centrifugePython_whoseTokensEnd_refreshesThemAndStays() async throws {
            try await withServer { server, python in
                python.say("connect 7 2")
                _ = try await python.waitFor("connected")
                python.say("subscribe $python:1 2")
                #expect(try await python.waitFor("subscribed")["data"] == ["for": "7"])
                try await python.wait(for: 3, "token")
                try await python.wait(for: 3, "subscription_token")
                for number in 1...7 {
                    try await api(server, "publish", ["channel": "$python:1", "data": .int(number)])
                }
                try await python.waitForOffset(7)
                python.say("pages $python:1 3")
                let pages = try await python.waitFor("pages")
                #expect(pages["offsets"] == [[1, 2, 3], [4, 5, 6], [7]] && pages["top"] == 7)
                #expect(python.all("connected").count == 1 && python.all("subscribed").count == 1)
                for end in ["disconnected", "unsubscribed", "failed"] { #expect(python.all(end).isEmpty) }
            }
        }

        @Test func centrifugePython_withServerSideSubscriptions_missesNothingAcrossAKill() async throws {
            try await withServer { server, python in
                python.say("connect 7 600 python:news")
                #expect(try await python.waitFor("server_subscribed")["channel"] == "python:news")
                try await api(server, "publish", ["channel": "python:news", "data": 1])
                try await python.wait(for: 1, "server_publication")
                try await server.kill()
                try await server.start()
                try await python.wait(for: 2, "server_subscribed")
                #expect(python.all("server_subscribed").last?["recovered"] == true)
                try await api(server, "publish", ["channel": "python:news", "data": 2])
                try await python.wait(for: 2, "server_publication")
                #expect(python.all("server_publication").map { $0["offset"]?.int } == [1, 2])

                // At run time, by an operator.
                try await api(server, "subscribe", ["user": "7", "channel": "python:more", "data": ["hello": true]])
                try await python.wait(for: 1, "server_subscribed") { $0["channel"] == "python:more" }
                #expect(python.all("server_subscribed").last?["data"] == ["hello": true])
                try await api(server, "publish", ["channel": "python:more", "data": 3])
                try await python.wait(for: 1, "server_publication") { $0["channel"] == "python:more" }
                try await api(server, "unsubscribe", ["user": "7", "channel": "python:more"])
                #expect(try await python.waitFor("server_unsubscribed")["channel"] == "python:more")

                // Credentials that are over make it come back with new ones.
                try await api(server, "refresh", ["user": "7", "expired": true])
                try await python.wait(for: 1, "connecting") { $0["code"] == 3005 }
                try await python.wait(for: 3, "connected")
                #expect(python.all("disconnected").isEmpty)
            }
        }

        @Test func centrifugePython_withWrongTokens_isToldAsTheProtocolSays() async throws {
            try await withServer { server, python in
                python.say("connect 7 600")
                _ = try await python.waitFor("connected")
                python.say("wrong $python:1")
                #expect(try await python.waitFor("unsubscribed")["code"] == 103)
                python.say("stranger")
                try await python.wait(for: 1, "disconnected") { $0["name"] == "stranger" && $0["code"] == 3500 }
                // An expired token is no end: the SDK asks for another.
                python.say("late 8")
                try await python.wait(for: 1, "connected") { $0["name"] == "late" }
                #expect(!python.all("disconnected").contains { $0["name"] == "main" })
            }
        }
    }
}
