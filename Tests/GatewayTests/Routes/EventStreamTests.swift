import HTTPTypes
import Store
import Synchronization
import Testing

@testable import Gateway

@Suite struct EventStreamTests {
    /// The newest id of a text of events.
    private func lastID(_ text: String) -> String {
        text.split(separator: "\n").last { $0.hasPrefix("id: ") }.map { String($0.dropFirst(4)) } ?? ""
    }

    private func data(_ text: String) -> [String] {
        text.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
    }

    @Test func stream_bringsPayloadsAsTheyCame() async throws {
        try await StreamRig.run { server in
            let client = try await server.open("/events/chat:1")
            let opening = try await client.wait(for: "id: ")
            #expect(opening.hasPrefix("HTTP/1.1 200 OK"))
            #expect(opening.contains("Content-Type: text/event-stream\r\n"))
            #expect(opening.contains("Cache-Control: no-store\r\n"))
            #expect(opening.contains("X-Accel-Buffering: no\r\n"))
            #expect(opening.contains("retry: 2000\n\n"))
            let epoch = lastID(opening).split(separator: ":")[0]
            #expect(lastID(opening) == "\(epoch):0")
            try await server.publish("chat:1", #"{"a": 1.0}"#)
            try await server.publish("chat:1", #""x""#)
            try await server.publish("chat:1", "3", #","skip_history":true"#)
            try await server.publish("chat:1", "4")
            let text = try await client.wait(for: "data: 4\n\n")
            let events =
                "id: \(epoch):1\ndata: {\"a\": 1.0}\n\nid: \(epoch):2\ndata: \"x\"\n\ndata: 3\n\nid: \(epoch):3\ndata: 4\n\n"
            #expect(text.hasSuffix(events))
            try await client.close()
            try await server.waitForSubscribers(of: "chat:1", count: 0)
            #expect(server.rig.core.connections.total == 0)
        }
    }

    @Test(arguments: [true, false])
    func stream_whenResumed_bringsExactlyWhatWasMissed(byHeader: Bool) async throws {
        try await StreamRig.run { server in
            let first = try await server.open("/events/chat:1")
            try await first.wait(for: "id: ")
            try await server.publish("chat:1", "1")
            let id = lastID(try await first.wait(for: "data: 1\n\n"))
            try await first.close()
            for number in 2...50 { try await server.publish("chat:1", "\(number)") }
            let second =
                byHeader
                ? try await server.open("/events/chat:1?lastEventId=old:1", ["Last-Event-ID": id])
                : try await server.open("/events/chat:1?lastEventId=\(id)")
            try await second.wait(for: "data: 50\n\n")
            try await server.publish("chat:1", "51")
            let text = try await second.wait(for: "data: 51\n\n")
            #expect(data(text) == (2...51).map { "\($0)" })
            #expect(lastID(text) == id.replacing(":1", with: ":51"))
        }
    }

    @Test func stream_whenTheServerWasRestarted_goesOn() async throws {
        let directory = RouteRig.newDirectory()
        let shown = Mutex("")
        try await StreamRig.run(directory: directory) { server in
            let client = try await server.open("/events/chat:1")
            try await client.wait(for: "id: ")
            try await server.publish("chat:1", "1")
            let id = lastID(try await client.wait(for: "data: 1\n\n"))
            shown.withLock { $0 = id }
            try await server.publish("chat:1", "2")
        }
        try await StreamRig.run(directory: directory) { server in
            try await server.publish("chat:1", "3")
            let client = try await server.open("/events/chat:1", ["Last-Event-ID": shown.withLock { $0 }])
            #expect(data(try await client.wait(for: "data: 3\n\n")) == ["2", "3"])
        }
    }

    /// Row P10: a position of another numbering is told as such.
    @Test(arguments: [
        ("wrong:1", "epoch"), ("garbage", "epoch"), ("{epoch}:x", "epoch"), ("{epoch}:0", "trimmed"), (":0", "trimmed"),
        ("{epoch}:9", "ahead"),
    ])
    func stream_whenItCannotRecover_saysWhy(shown: String, reason: String) async throws {
        let table = NamespaceTable(withoutNamespace: ChannelOptions(historySize: 2))
        try await StreamRig.run(GatewayConfiguration(namespaces: table)) { server in
            for number in 1...4 { try await server.publish("a", "\(number)") }
            let fresh = try await server.open("/events/a")
            let epoch = lastID(try await fresh.wait(for: "id: ")).split(separator: ":")[0]
            let client = try await server.open("/events/a", ["Last-Event-ID": shown.replacing("{epoch}", with: epoch)])
            let data = #"{"channel":"a","reason":"\#(reason)","oldest":3,"epoch":"\#(epoch)","offset":4}"#
            try await client.wait(for: "id: \(epoch):4\nevent: not-recovered\ndata: \(data)\n\n")
            try await server.publish("a", "5")
            try await client.wait(for: "id: \(epoch):5\ndata: 5\n\n")
        }
    }

    @Test func emptyEpoch_recoversFromAnyNumbering() async throws {
        try await StreamRig.run { server in
            for number in 1...3 { try await server.publish("a", "\(number)") }
            let client = try await server.open("/events/a?lastEventId=:0")
            #expect(data(try await client.wait(for: "data: 3\n\n")) == ["1", "2", "3"])
        }
    }

    @Test func channels_whenSeveral_shareOneIDAndAreNamed() async throws {
        try await StreamRig.run { server in
            let path = "/events?channel=a&channel=chat:b&channel=%63"
            let first = try await server.open(path)
            try await server.waitForSubscribers(of: "c", count: 1)
            try await server.publish("a", "1")
            let text = try await first.wait(for: #"data: {"channel":"a","offset":1,"data":1}"#)
            let id = lastID(text)
            try await first.close()
            try await server.publish("chat:b", "2")
            try await server.publish("a", "3")
            try await server.publish("c", "4", #","skip_history":true"#)
            let second = try await server.open(path, ["Last-Event-ID": id])
            try await server.waitForSubscribers(of: "c", count: 1)
            try await server.publish("c", "5")
            let missed = try await second.wait(for: #"data: {"channel":"c","offset":1,"data":5}"#)
            #expect(
                data(missed) == [
                    #"{"channel":"a","offset":2,"data":3}"#, #"{"channel":"chat:b","offset":1,"data":2}"#,
                    #"{"channel":"c","offset":1,"data":5}"#,
                ])
            // The id of these channels says nothing about others.
            let other = try await server.open("/events?channel=a&channel=c", ["Last-Event-ID": id])
            try await other.wait(for: #""reason":"epoch""#, times: 2)
        }
    }

    @Test func channel_withoutHistory_hasNoPositions() async throws {
        let table = NamespaceTable(withoutNamespace: ChannelOptions(historySize: 0))
        try await StreamRig.run(GatewayConfiguration(namespaces: table)) { server in
            let client = try await server.open("/events/a", ["Last-Event-ID": "x:9"])
            try await client.wait(for: ": joined")
            try await server.publish("a", "1")
            let text = try await client.wait(for: "data: 1\n\n")
            #expect(!text.contains("id: "))
            #expect(!text.contains("not-recovered"))
        }
    }

    /// Row P10: over HTTP line breaks between tokens are left out; those of other payloads are split into lines of data.
    @Test func payload_withLineBreaks_cannotBreakItsEvent() async throws {
        try await StreamRig.run { server in
            let client = try await server.open("/events/a")
            try await client.wait(for: "id: ")
            try await server.publish("a", "{\n\"x\":\r\n[1,\n\n2]}")
            try await client.wait(for: "data: {\"x\":[1,2]}\n\n")
        }
    }

    @Test func reader_whenTooSlow_isCutAndRecovers() async throws {
        try await StreamRig.run { server in
            let slow = try await server.open("/events/a")
            let id = lastID(try await slow.wait(for: "id: "))
            try await slow.stopReading()
            let payload = "\"" + String(repeating: "x", count: 200_000) + "\""
            // Socket buffers take some of it; the rest meets the bound.
            for _ in 0..<100 where server.rig.core.connections.total > 0 { try await server.publish("a", payload) }
            try await server.waitForSubscribers(of: "a", count: 0)
            try await slow.readOn()
            try await slow.waitForEnd()
            #expect(id.hasSuffix(":0"))
            let fast = try await server.open("/events/a")
            try await fast.wait(for: "id: ")
            try await server.publish("a", "1")
            try await fast.wait(for: "data: 1\n\n")
        }
    }

    /// Row P10: what waits for a reader of a byte at a time is bounded, and it holds up nobody.
    @Test func reader_whenItTakesAByteAtATime_isCutAndOthersGoOn() async throws {
        try await StreamRig.run { server in
            let (slow, fast) = (try await server.open("/events/a"), try await server.open("/events/b"))
            for client in [slow, fast] { try await client.wait(for: "id: ") }
            try await slow.readByByte()
            let payload = "\"" + String(repeating: "x", count: 200_000) + "\""
            var sent = 0
            while server.rig.core.connections.total > 1, sent < 100 {
                slow.readByte()
                try await server.publish("a", payload)
                try await server.publish("b", "\(sent)")
                try await fast.wait(for: "data: \(sent)\n\n")
                sent += 1
            }
            #expect(sent < 100)
            try await server.waitForSubscribers(of: "a", count: 0)
            try await server.waitForSubscribers(of: "b", count: 1)
        }
    }
}
