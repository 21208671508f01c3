import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: whoever was away for longer than one recovery carries gets the rest in pages and goes on live, without a
    /// gap; the example of docs/catching-up.md does.
    @Suite(.enabled("needs python3 and the package centrifuge-python") { await PythonEnvironment.interpreter() != nil })
    struct CatchUpTests {
        private static let channel = "long:1"
        private static let configuration: JSONValue = [
            "channel": ["namespaces": [["name": "long", "history_size": 100_000, "history_ttl": "1h"]]]
        ]

        @Test func follower_thatIsFarBehind_pagesAndGoesOnWhilePublicationsGoOn() async throws {
            let folder = try TemporaryDirectory(prefix: "anteroom-follower")
            let file = folder.path + "/configuration.json"
            try Self.configuration.text.write(toFile: file, atomically: true, encoding: .utf8)
            try await ServerProcess.run(arguments: ["--config", file]) { server in
                let proxy = try await FaultProxy(to: server.port)
                let http = TestHTTP(port: server.port)
                let first = try await PagingFollower(port: proxy.port, channel: Self.channel, folder: folder)
                try await eventually(within: .seconds(20), "it follows: \(first.child.output)") {
                    first.lines.contains { $0["page"] != nil }
                }
                try await first.wait(forOffset: 5) { try await http.publish(Self.channel, numbers: 1...5) }

                // Its connection is gone for 400 publications, and it knows its position.
                try await proxy.set(.blackHole)
                try await http.publish(Self.channel, numbers: 6...405)
                try await proxy.set(.reset)
                try await proxy.set(.none)
                try await first.wait(forOffset: 405)
                #expect(first.pages.count > 1, "more than one recovery carries")

                // It is gone for a thousand, and comes back while more are published.
                first.child.signal(SIGKILL)
                _ = try await first.child.waitForExit()
                try await http.publish(Self.channel, numbers: 406...1_405)
                let second = try await PagingFollower(port: proxy.port, channel: Self.channel, folder: folder)
                var last = 1_405
                while second.offsets.last ?? 0 < 1_405, last < 6_000 {
                    try await http.publish(Self.channel, numbers: last + 1...last + 20)
                    last += 20
                }
                try await second.wait(forOffset: last)
                try await http.publish(Self.channel, numbers: last + 1...last + 3)
                try await second.wait(forOffset: last + 3)
                #expect(second.pages.count > 3)
                // The file may be one publication behind what was printed when the process was killed.
                let printed = first.offsets + second.offsets.drop { $0 <= first.offsets.last ?? 0 }
                #expect(printed == Array(1...last + 3))
                for follower in [first, second] {
                    #expect(follower.numbers == follower.offsets)
                    #expect(!follower.lines.contains { $0["reload"] != nil })
                }
            }
        }

        @Test func follower_whoseEpochEnded_isToldToReload() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                try await http.publish(Self.channel, numbers: 1...3)
                let folder = try TemporaryDirectory(prefix: "anteroom-follower")
                try #"{"offset": 2, "epoch": "of another life"}"#
                    .write(toFile: PagingFollower.file(in: folder), atomically: true, encoding: .utf8)
                let follower = try await PagingFollower(port: server.port, channel: Self.channel, folder: folder)
                try await eventually(within: .seconds(20), "it is told: \(follower.child.output)") {
                    follower.lines.contains { $0["reload"] == "epoch" }
                }
                try await follower.wait(forOffset: 4) { try await http.publish(Self.channel, numbers: 4...4) }
                #expect(follower.offsets == [4])
            }
        }
    }
}

/// The running example.
private struct PagingFollower {
    let child: ChildProcess

    init(port: Int, channel: String, folder: TemporaryDirectory) async throws {
        let interpreter = try #require(await PythonEnvironment.interpreter())
        let example = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appendingPathComponent("examples/catch_up.py").path
        let url = "ws://127.0.0.1:\(port)/connection/websocket"
        child = try ChildProcess(interpreter, [example, url, channel, Self.file(in: folder)])
    }

    static func file(in folder: TemporaryDirectory) -> String { folder.path + "/position.json" }

    var lines: [JSONValue] {
        // Losing the error is safe: the line that is just being written isn't whole yet.
        child.standardOutput.split(separator: "\n").compactMap { try? JSONValue(parsing: String($0)) }
    }

    var offsets: [Int] { lines.compactMap { $0["offset"]?.int } }
    var numbers: [Int] { lines.compactMap { $0["data"]?["n"]?.int } }
    var pages: [Int] { lines.compactMap { $0["page"]?.int } }

    func wait(forOffset offset: Int, _ act: () async throws -> Void = {}) async throws {
        try await act()
        do {
            try await eventually(within: .seconds(30), "offset \(offset)") { offsets.last ?? 0 >= offset }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: "\(error.what) of \(child.output.suffix(1_000))", limit: error.limit)
        }
    }
}

extension TestHTTP {
    /// Publishes `{"n":…}` for each number, a hundred in one request.
    func publish(_ channel: String, numbers: ClosedRange<Int>) async throws {
        for start in stride(from: numbers.lowerBound, through: numbers.upperBound, by: 100) {
            let commands = (start...min(start + 99, numbers.upperBound)).map { number -> JSONValue in
                ["publish": ["channel": .string(channel), "data": ["n": .int(number)]]]
            }
            let answer = try await post("/api/batch", ["commands": .array(commands)])
            guard answer.status == 200, !answer.body.contains("\"error\"") else {
                throw UnexpectedAnswer(request: "batch", answer: answer)
            }
        }
    }
}
