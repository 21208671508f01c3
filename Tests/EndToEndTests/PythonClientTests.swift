import TestSupport
import Testing

extension ProcessTests {
    /// Promise: official SDKs work unchanged, recovery across a restart included.
    @Suite(.enabled("needs python3 and the package centrifuge-python") { await PythonEnvironment.interpreter() != nil })
    struct PythonClientTests {
        @Test func centrifugePython_whoDropsAndComesBackAcrossAKill_missesNothing() async throws {
            try await ServerProcess.run { server in
                let python = try await PythonScript(port: server.port, "python:1")
                _ = try await python.waitFor("subscribed")
                #expect(try await python.waitFor("connected")["version"]?.string?.isEmpty == false)
                #expect(python.first("subscribed")?["recoverable"] == true)
                python.say("publish 5")
                try await python.waitForOffset(5)

                // It drops, misses five, the server is killed and restarted: it gets exactly those five.
                python.say("drop")
                _ = try await python.waitFor("disconnected")
                let http = TestHTTP(port: server.port)
                for number in 6...10 {
                    _ = try await http.post(
                        "/api/publish", ["channel": "python:1", "data": ["key": "missed-\(number)"]])
                }
                try await server.kill()
                try await server.start()
                python.say("resume")
                try await python.waitForOffset(10)
                try await expectRecovered(python, times: 1)

                // It is connected while the server is killed, and comes back by itself.
                try await server.kill()
                try await server.start()
                try await expectRecovered(python, times: 2)
                python.say("publish 3")
                try await python.waitForOffset(13)
                python.say("history")
                #expect(try await python.waitFor("history")["offsets"] == .array((1...13).map { .int($0) }))

                #expect(python.all("publication").map { $0["offset"]?.int } == Array(1...13))
                #expect(python.all("publication")[0]["data"] == ["key": "python-1", "text": "Grüße"])
                #expect(Set(python.all("subscribed").map { $0["epoch"] }).count == 1, "the epoch changed")
                for failure in ["failed", "subscription_error", "unsubscribed"] {
                    #expect(python.all(failure).isEmpty, "\(python.all(failure))")
                }
                python.say("quit")
                #expect(try await python.child.waitForExit() == .code(0))
            }
        }

        private func expectRecovered(_ python: PythonScript, times: Int) async throws {
            try await eventually(within: .seconds(15), "recovery number \(times) of \(python.child.output)") {
                python.all("subscribed").count == times + 1
            }
            let subscribed = python.all("subscribed").last
            #expect(subscribed?["was_recovering"] == true)
            #expect(subscribed?["recovered"] == true)
        }
    }
}
