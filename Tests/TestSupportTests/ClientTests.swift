import NIOWebSocket
import TestSupport
import Testing

/// The clients of TestSupport, tried on a stand-in whose every frame the test knows.
@Suite struct ClientTests {
    @Test func http_onAKeptConnection_answersEveryRequest() async throws {
        let server = try await StandInServer.start()
        let http = TestHTTP(port: server.port)
        for number in 0..<20 {
            #expect(try await http.post("/a", ["n": .int(number)]).body == #"POST /a {"n":\#(number)}"#)
        }
        let bodies = try await withThrowingTaskGroup(of: String.self) { group in
            for number in 0..<20 { group.addTask { try await http.get("/\(number)").body } }
            return try await group.reduce(into: Set()) { $0.insert($1) }
        }
        #expect(bodies.count == 20)
    }

    @Test func http_whenTheConnectionEnds_throws() async throws {
        let server = try await StandInServer.start()
        await #expect(throws: ConnectionEnded.self) { try await TestHTTP(port: server.port).get("/bye") }
    }

    @Test func http_withoutAnAnswer_meetsItsDeadline() async throws {
        let server = try await StandInServer.start()
        let http = TestHTTP(port: server.port, deadline: .milliseconds(50))
        await #expect(throws: DeadlinePassed.self) { try await http.get("/silence") }
    }

    @Test func eventStream_isReadWhileItLasts() async throws {
        let server = try await StandInServer.start()
        let stream = try await SSEClient.open(port: server.port, path: "/events", lastEventID: "p7")
        let events = try await stream.waitForEvents(2)
        #expect(events == [SSEEvent(id: "a", data: "p7"), SSEEvent(id: "a", event: "not-recovered", data: "{}")])
        #expect(stream.status == 200)
        #expect(stream.commentCount == 1)
    }

    @Test func subscribe_thenPublications_areLoggedInWireOrder() async throws {
        let server = try await StandInServer.start(Self.oneChannel)
        let log = EventLog()
        let client = ProtocolClient(name: "c", log: log)
        try await client.connect(port: server.port)
        let subscription = try await client.subscribe("ch")
        #expect(subscription.position == StreamPosition(epoch: "e", offset: 4))
        try await client.waitForOffset(6, of: "ch")
        #expect(log.events.map(\.kind) == [.subscribed, .recv, .recv])
        #expect(log.events.map(\.offset) == [4, 5, 6])
        #expect(client.publications("ch").map(\.data) == [["key": "a"], ["key": "b"]])
        #expect(Checker().violations(in: log).isEmpty)
        try await client.unsubscribe("ch")
        #expect(!client.isSubscribed("ch"))
    }

    @Test func resubscribe_afterAReconnect_showsThePosition() async throws {
        let server = try await StandInServer.start(Self.oneChannel)
        let log = EventLog()
        let client = ProtocolClient(name: "c", log: log)
        try await client.connect(port: server.port)
        try await client.subscribe("ch")
        try await client.waitForOffset(6, of: "ch")
        client.disconnect(abruptly: true)
        try await eventually("the end is seen") { client.end != nil }
        try await client.connect(port: server.port)
        let subscription = try await client.resubscribe("ch")
        #expect(subscription.isRecovered)
        #expect(subscription.missedCount == 1)
        #expect(client.position("ch") == StreamPosition(epoch: "e", offset: 7))
        #expect(client.publications("ch").last?.isRecovered == true)
        #expect(Checker().violations(in: log).isEmpty)
    }

    @Test func call_answeredWithAnError_throwsIt() async throws {
        let server = try await StandInServer.start(Self.oneChannel)
        let client = ProtocolClient(name: "c")
        try await client.connect(port: server.port)
        await #expect(throws: ErrorReply(code: 104, message: "method not found", isTemporary: false)) {
            try await client.rpc("nothing", [:])
        }
    }

    @Test func call_whenTheServerCloses_throwsAndKeepsTheCode() async throws {
        let server = try await StandInServer.start(Self.oneChannel)
        let client = ProtocolClient(name: "c")
        try await client.connect(port: server.port)
        await #expect(throws: ConnectionEnded.self) { try await client.history("ch") }
        #expect(client.end == SocketEnd(code: 3501, reason: "bad request"))
        await #expect(throws: ConnectionEnded.self) { try await client.history("ch") }
    }

    @Test func call_withoutAReply_meetsItsDeadline() async throws {
        let server = try await StandInServer.start()
        let client = ProtocolClient(name: "c", deadline: .milliseconds(50))
        await #expect(throws: DeadlinePassed.self) { try await client.connect(port: server.port) }
    }

    @Test func ping_isAnsweredWhenTheServerAsksForIt() async throws {
        let server = try await StandInServer.start { text in
            text == "{}"
                ? [StandInServer.close(3000, "got the pong")]
                : [
                    StandInServer.text(#"{"id":1,"connect":{"client":"x","ping":25,"pong":true}}"# + "\n{}")
                ]
        }
        let client = ProtocolClient(name: "c")
        try await client.connect(port: server.port)
        try await eventually("the pong arrived") { client.closeCode == 3000 }
        #expect(client.pingCount == 1)
    }

    @Test func open_withoutAnAnswer_meetsItsDeadline() async throws {
        let server = try await StandInServer.start()
        await #expect(throws: DeadlinePassed.self) {
            try await WebSocketConnection.open(
                port: server.port, path: "/hesitate", within: .milliseconds(50), onText: { _ in })
        }
    }

    @Test func open_whereNoUpgradeIs_throws() async throws {
        let server = try await StandInServer.start()
        await #expect(throws: UpgradeRefused.self) {
            try await ProtocolClient(name: "c").open(port: server.port, path: "/refuse")
        }
    }

    /// One channel in epoch `e` at offset 4; two publications right behind the reply; one was missed by who comes back.
    private static let oneChannel: StandInServer.Script = { text in
        // Losing the error is safe: what is no command is not answered.
        guard let command = try? JSONValue(parsing: text), let id = command["id"]?.int else { return [] }
        func reply(_ method: String, _ result: JSONValue) -> WebSocketFrame {
            StandInServer.text(JSONValue.object(["id": .int(id), method: result]).text)
        }
        func push(_ offset: Int, _ key: String) -> WebSocketFrame {
            StandInServer.text(#"{"push":{"channel":"ch","pub":{"data":{"key":"\#(key)"},"offset":\#(offset)}}}"#)
        }
        if command["connect"] != nil { return [reply("connect", ["client": "x", "version": "1"])] }
        if command["subscribe"]?["recover"] == true {
            let missed: JSONValue = [["data": ["key": "c"], "offset": 7]]
            let position: [String: JSONValue] = ["epoch": "e", "offset": 6, "recovered": true, "was_recovering": true]
            return [reply("subscribe", .object(position.merging(["publications": missed]) { $1 }))]
        }
        if command["subscribe"] != nil {
            return [reply("subscribe", ["epoch": "e", "offset": 4]), push(5, "a"), push(6, "b")]
        }
        if command["unsubscribe"] != nil { return [reply("unsubscribe", [:])] }
        if command["history"] != nil { return [StandInServer.close(3501, "bad request")] }
        return [StandInServer.text(#"{"id":\#(id),"error":{"code":104,"message":"method not found"}}"#)]
    }
}
