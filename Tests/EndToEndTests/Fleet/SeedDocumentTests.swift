import TestSupport
import Testing

extension ProcessTests {
    /// Promise: the section "Test WebSocket with Multiple Servers" of the second seed document works as it is written, with
    /// the ports of this run: connect to both servers, send a message on one, and it appears on the other.
    @Suite struct SeedDocumentTests {
        private static let path = "/ws/test-control?runId=test-123"

        @Test func message_sentOnServer1_appearsOnServer2() async throws {
            try await FleetRig.run { rig in
                let (one, two) = (
                    try await PlainPeer(port: rig.a.port, path: Self.path),
                    try await PlainPeer(port: rig.b.port, path: Self.path)
                )
                try await rig.waitForSubscribers(of: "test-control:test-123", count: 2)
                one.say("hello from server 1")
                for peer in [one, two] { try await peer.wait(for: ["hello from server 1"]) }
                two.say(#"{"type":"pause","runId":"test-123"}"#)
                for peer in [one, two] {
                    try await peer.wait(for: ["hello from server 1", #"{"type":"pause","runId":"test-123"}"#])
                }

                let stats = try await rig.a.http.get("/api/ws/stats").json
                #expect(stats?["localConnections"]?.int == 1)
                #expect(stats?["redisConnections"]?.int == 2, "over all servers")
                #expect(stats?["activeRuns"]?.int == 1)
                #expect(stats?["serverId"]?.string?.isEmpty == false)
                #expect(stats?["uptime"]?.int != nil)
                let health = try await rig.a.http.get("/health").json
                #expect(health?["status"] == "ok")
                #expect(health?["timestamp"]?.string?.isEmpty == false)
                let status = try await rig.a.http.get("/api/status").json
                #expect(status?["storage"]?["mode"] == "valkey")
                #expect(status?["storage"]?["valkeyUrl"] == "***masked***")
                #expect(status?["valkey"]?["ping"] == "PONG")
            }
        }

        /// No sticky sessions: whoever was on a server that died goes on at the other.
        @Test func follower_whoseServerDied_goesOnAtTheOther() async throws {
            try await FleetRig.run { rig in
                let path = Self.path + "&envelope=1"
                let first = try await PlainPeer(port: rig.b.port, path: path)
                first.say("1")
                let seen = try await first.wait(forOffset: 1)
                try await rig.b.kill()
                _ = try await first.waitForEnd()
                let other = try await PlainPeer(port: rig.a.port, path: Self.path)
                other.say("2")
                try await other.wait(for: ["2"])
                let back = try await PlainPeer(
                    port: rig.a.port, path: path + "&since=\(seen.epoch):\(seen.offset)")
                other.say("3")
                _ = try await back.wait(forOffset: 3)
                #expect(back.offsets == [2, 3])
            }
        }
    }
}

/// The other end of a plain WebSocket.
private final class PlainPeer: Sendable {
    private let socket: WebSocketConnection
    private let messages: Box<[String]>

    init(port: Int, path: String) async throws {
        let messages = Box<[String]>([])
        self.messages = messages
        socket = try await WebSocketConnection.open(
            port: port, path: path, onText: { text in messages.with { $0.append(text) } })
    }

    func say(_ text: String) { socket.send(text) }

    func waitForEnd() async throws -> SocketEnd { try await socket.waitForEnd() }

    func wait(for expected: [String]) async throws {
        do { try await eventually("the messages came") { messages.value == expected } } catch {
            Issue.record("\(messages.value) instead of \(expected)")
            throw error
        }
    }

    /// The envelopes that came.
    private var envelopes: [JSONValue] {
        // Losing the error is safe: what is no JSON is missing among what is compared.
        messages.value.compactMap { try? JSONValue(parsing: $0) }.filter { $0["data"] != nil }
    }

    var offsets: [Int?] { envelopes.map { $0["offset"]?.int } }

    func wait(forOffset offset: Int) async throws -> StreamPosition {
        try await eventuallySome("offset \(offset)") {
            guard let found = envelopes.first(where: { $0["offset"]?.int == offset }),
                let epoch = found["epoch"]?.string
            else { return nil }
            return StreamPosition(epoch: epoch, offset: offset)
        }
    }
}

extension FleetRig {
    /// Waits until so many follow a channel, on all nodes together.
    fileprivate func waitForSubscribers(of channel: String, count: Int) async throws {
        try await eventually("\(count) follow \(channel)") {
            let answer = try await a.http.post("/api/channels", ["pattern": .string(channel)])
            return answer.json?["result"]?["channels"]?[channel]?["num_clients"]?.int == count
        }
    }
}
