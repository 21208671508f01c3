import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a plain event stream resumes where it broke off, also across kill -9, or says that it can't.
    @Suite struct EventStreamTests {
        @Test func curl_withTheLastEventID_resumesAcrossAKill() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let curl = try Curl(port: server.port, path: "/events/stream:1")
                let numbers = Numbers()
                // The stream shows what comes after it began, so that the first write that it shows is not known before.
                try await eventually("curl sees a publication") {
                    try await numbers.publish(http, "stream:1")
                    return !curl.events.isEmpty
                }
                for _ in 0..<3 { try await numbers.publish(http, "stream:1") }
                try await eventually("curl sees them all") { curl.numbers.last == numbers.last }
                expectContiguous(curl.numbers)
                let lastEventID = try #require(curl.events.last?.id)
                curl.stop()

                let missed = numbers.last
                for _ in 0..<4 { try await numbers.publish(http, "stream:1") }
                try await server.kill()
                try await server.start()
                let again = try Curl(port: server.port, path: "/events/stream:1", lastEventID: lastEventID)
                try await eventually("curl sees what it missed") { again.numbers.last == numbers.last }
                try await numbers.publish(http, "stream:1")
                try await eventually("curl sees what comes") { again.numbers.last == numbers.last }
                #expect(again.numbers == Array(missed + 1...numbers.last))
                #expect(again.events.allSatisfy { $0.event == "message" })
                again.stop()
            }
        }

        /// Row P10, as a client with a parser of its own sees it.
        @Test func stream_withAnUnknownPosition_saysThatItIsNotRecovered() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let numbers = Numbers()
                for _ in 0..<3 { try await numbers.publish(http, "stream:2") }
                let stream = try await SSEClient.open(
                    port: server.port,
                    path: "/events/stream:2",
                    lastEventID: "stream:2@nosuchepoch:1"
                )
                #expect(stream.status == 200)
                let first = try await stream.waitForEvents(1)[0]
                #expect(first.event == "not-recovered")
                // And goes on live from there.
                try await numbers.publish(http, "stream:2")
                let second = try await stream.waitForEvents(2)[1]
                #expect(try JSONValue(parsing: second.data)["number"]?.int == numbers.last)
                stream.close()
            }
        }

        /// Row P10: nothing in a payload is taken for a field or for another event.
        @Test func stream_ofDataWithLineBreaks_staysOneEvent() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let numbers = Numbers()
                let stream = try await SSEClient.open(port: server.port, path: "/events/stream:3")
                try await eventually("the stream has begun") {
                    try await numbers.publish(http, "stream:3")
                    return !stream.events.isEmpty
                }
                let before = stream.events.count
                let body = "{\"channel\":\"stream:3\",\"data\":{\"text\":\n\"a\\nid: forged\\n\\ndata: forged\"\n}}"
                #expect(try await http.send(.POST, "/api/publish", body: body).json?["result"] != nil)
                try await eventually("the event came") {
                    stream.events.last.map { $0.data.contains("forged") } ?? false
                }
                let event = try #require(stream.events.last)
                #expect(try JSONValue(parsing: event.data) == ["text": "a\nid: forged\n\ndata: forged"])
                #expect(stream.events.count > before)
                #expect(!stream.events.contains { $0.id == "forged" })
                stream.close()
            }
        }

        private func expectContiguous(_ numbers: [Int], _ location: SourceLocation = #_sourceLocation) {
            let expected = numbers.indices.map { (numbers.first ?? 0) + $0 }
            #expect(numbers == expected, sourceLocation: location)
        }
    }
}

/// Publishes 1, 2, 3 …
private final class Numbers {
    private(set) var last = 0

    func publish(_ http: TestHTTP, _ channel: String) async throws {
        let answer = try await http.post(
            "/api/publish", ["channel": .string(channel), "data": ["number": .int(last + 1)]])
        guard answer.json?["result"] != nil else { throw UnexpectedAnswer(request: "publish", answer: answer) }
        last += 1
    }
}

/// A running `curl -N`.
private struct Curl {
    private let child: ChildProcess

    init(port: Int, path: String, lastEventID: String? = nil) throws {
        let header = lastEventID.map { ["-H", "Last-Event-ID: \($0)"] } ?? []
        child = try ChildProcess("curl", ["-sN", "--noproxy", "*"] + header + ["http://127.0.0.1:\(port)\(path)"])
    }

    var events: [SSEEvent] {
        var parser = SSEParser()
        return parser.take(child.standardOutput.utf8)
    }

    /// The numbers that the events carry.
    var numbers: [Int] {
        // Losing the error is safe: an event that carries no number is missing in the list that is compared.
        events.compactMap { try? JSONValue(parsing: $0.data)["number"]?.int }
    }

    func stop() { child.signal(SIGTERM) }
}
