import Journal
import Store
import Testing

@testable import Gateway

@Suite struct EventStreamRecoveryTests {
    private func numbers(_ text: String) -> [Int] {
        text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.compactMap { Int($0.dropFirst(6)) }
    }

    /// One who comes and goes while others publish as fast as they can sees every number once, in order.
    @Test func reader_whenItComesAndGoesUnderLoad_missesNothing() async throws {
        let total = 3_000
        try await StreamRig.run { server in
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask {
                    var header = EntryHeader()
                    header.history = HistoryWindow(size: 5_000, ttl: 60_000)
                    for number in 1...total {
                        let draft = Draft(channel: "a", kind: .publish, header: header, body: Array("\(number)".utf8))
                        _ = try await server.rig.core.engine.ask { .write(draft, .granted, $0) }
                    }
                }
                var (id, seen): (String, [Int]) = (":0", [])
                while seen.last != total {
                    let client = try await server.open("/events/a", ["Last-Event-ID": id])
                    let text = try await client.wait(for: "data: ", times: 1)
                    try await client.close()
                    // What came behind the last complete event is asked for again.
                    let whole = String(text.prefix(upTo: text.ranges(of: "\n\n").last?.upperBound ?? text.startIndex))
                    seen += numbers(whole)
                    id =
                        whole.split(separator: "\n").last { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) } ?? id
                }
                #expect(seen == Array(1...total))
                try await tasks.waitForAll()
            }
        }
    }

    /// Together they are more than may wait: each is joined when the one before was written.
    @Test func channels_whenTheyRecoverMuch_areJoinedInTurn() async throws {
        try await StreamRig.run { server in
            let payload = "\"" + String(repeating: "x", count: 60_000) + "\""
            let names = ["a", "b", "c", "d"]
            let path = "/events?" + names.map { "channel=\($0)" }.joined(separator: "&")
            let first = try await server.open(path)
            try await server.waitForSubscribers(of: "d", count: 1)
            try await server.publish("d", "0")
            let text = try await first.wait(for: #""data":0}"#)
            let id = text.split(separator: "\n").last { $0.hasPrefix("id: ") }?.dropFirst(4) ?? ""
            try await first.close()
            for name in names { for _ in 0..<11 { try await server.publish(name, payload) } }
            let second = try await server.open(path, ["Last-Event-ID": String(id)])
            let missed = try await second.wait(for: "xx\"}\n\n", times: 44)
            #expect(!missed.contains("not-recovered"))
            for name in names { #expect(missed.split(separator: #"data: {"channel":"\#(name)","#).count == 12) }
        }
    }
}
