import HTTPTypes
import JSONBytes
import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

/// `disconnect` and `unsubscribe` of the server API, seen by clients on two nodes.
@Suite struct UserOrderTests {
    private static let table = NamespaceTable(withoutNamespace: .withoutFile)

    private struct Nodes {
        let one: StreamRig
        let two: StreamRig

        func post(_ method: String, _ body: String) async throws -> RouteRig.Reply {
            try await one.rig.send(.post, "/api/\(method)", body, RouteRig.key)
        }

        /// Connects on a node; the user's token.
        func connect(_ name: String, to server: StreamRig, user: String) async throws -> (ProtocolClient, id: String) {
            let client = ProtocolClient(name: name)
            let token = try TokenSigner(secret: RouteRig.tokenSecret).sign(Identity(user: user), issuedAt: 0)
            let result = try await client.connect(port: server.port, token: token)
            return (client, result["client"]?.string ?? "")
        }

        func stream(_ path: String, on server: StreamRig, user: String) async throws -> StreamClient {
            try await server.open(path, try RouteRig.token(Identity(user: user)))
        }
    }

    /// Tokens count, and everybody with one may subscribe.
    private func fleet(_ body: @Sendable (Nodes) async throws -> Void) async throws {
        var configuration = GatewayConfiguration.production(namespaces: Self.table)
        configuration.insecure = true
        let lanes = LoopbackLanes()
        try await StreamRig.run(configuration, lane: lanes.lane(0xA)) { [configuration] one in
            try await StreamRig.run(configuration, lane: lanes.lane(0xB)) { two in
                try await body(Nodes(one: one, two: two))
            }
        }
    }

    /// Row S15: who is logged out is gone within a second, wherever their sockets are.
    @Test func disconnect_endsEveryConnectionOfTheUserOnEveryNode() async throws {
        try await fleet { nodes in
            let (near, _) = try await nodes.connect("near", to: nodes.one, user: "7")
            let (far, _) = try await nodes.connect("far", to: nodes.two, user: "7")
            let (other, _) = try await nodes.connect("other", to: nodes.two, user: "8")
            let stream = try await nodes.stream("/events/chat", on: nodes.two, user: "7")
            try await stream.wait(for: "id: ")
            let reply = try await nodes.post("disconnect", #"{"user":"7"}"#)
            #expect(reply.text == #"{"result":{}}"#)
            for client in [near, far] {
                try await eventually(within: .seconds(1), "\(client.name) is closed") { client.end != nil }
                #expect(client.end == SocketEnd(code: 3_503, reason: "force disconnect"))
            }
            let text = try await stream.waitForEnd()
            #expect(text.contains("event: disconnect\ndata: {\"code\":3503,\"reason\":\"force disconnect\"}\n\n"))
            _ = try await other.subscribe("chat")
            #expect(other.end == nil)
            try await nodes.two.waitForSubscribers(of: "chat", count: 1)
        }
    }

    @Test func disconnect_withClientWhitelistAndCode_endsOnlyWhoIsMeant() async throws {
        try await fleet { nodes in
            let (one, _) = try await nodes.connect("one", to: nodes.one, user: "7")
            let (two, spared) = try await nodes.connect("two", to: nodes.two, user: "7")
            let (three, named) = try await nodes.connect("three", to: nodes.two, user: "7")
            _ = try await nodes.post(
                "disconnect", #"{"user":"7","client":"\#(named)","disconnect":{"code":4000,"reason":"bye"}}"#)
            try await eventually("three is closed") { three.end != nil }
            #expect(three.end == SocketEnd(code: 4_000, reason: "bye"))
            #expect(one.end == nil && two.end == nil)
            _ = try await nodes.post("disconnect", #"{"user":"7","whitelist":["\#(spared)"]}"#)
            try await eventually("one is closed") { one.end != nil }
            _ = try await two.subscribe("chat")
            #expect(two.end == nil)
        }
    }

    @Test func unsubscribe_tellsTheClientForGoodAndLeavesTheRest() async throws {
        try await fleet { nodes in
            let (far, _) = try await nodes.connect("far", to: nodes.two, user: "7")
            for channel in ["a", "b", "c"] { try await far.subscribe(channel) }
            _ = try await nodes.post("unsubscribe", #"{"user":"7","channel":"a"}"#)
            try await eventually("the push") { !far.isSubscribed("a") }
            #expect(
                far.pushes.last?.text
                    == #"{"channel":"a","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}"#)
            try await nodes.two.waitForSubscribers(of: "a", count: 0)
            _ = try await nodes.two.rig.send(.post, "/api/publish", #"{"channel":"a","data":1}"#, RouteRig.key)
            _ = try await nodes.two.rig.send(.post, "/api/publish", #"{"channel":"b","data":2}"#, RouteRig.key)
            try await far.waitForOffset(1, of: "b")
            #expect(far.publications("a").isEmpty)
            _ = try await nodes.post("unsubscribe", #"{"user":"7"}"#)
            try await eventually("all are over") { !far.isSubscribed("b") && !far.isSubscribed("c") }
            try await nodes.two.waitForSubscribers(of: "c", count: 0)
            #expect(try await far.subscribe("a").position.offset == 1)
        }
    }

    @Test func unsubscribe_whenTheSubscribeIsStillInFlight_comesBehindItsAnswer() async throws {
        let configuration = GatewayConfiguration(tokens: TokenVerifier(secret: GatewayRig.secret))
        try await GatewayRig.run(configuration) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
                let connection = client.connection.value
                connection.received(text: ByteBuffer(string: #"{"id":2,"subscribe":{"channel":"c"}}"#))
                for _ in 0..<2 {
                    core.seat(of: loop)?.carryOut(UserOrder(user: "7", action: .unsubscribe(channel: "")))
                }
                connection.received(text: ByteBuffer(string: #"{"id":3,"subscribe":{"channel":"c"}}"#))
                connection.readCompleted()
            }
            await rig.settle()
            let lines = try await client.received()
            #expect(lines.map { $0.member("id") ?? $0.member("push", "unsubscribe", "code") } == ["2", "2000", "3"])
            #expect(try await rig.channels() == ["c": 1])
        }
    }

    @Test func unsubscribe_ofAStream_endsItWithItsLastChannel() async throws {
        try await fleet { nodes in
            let stream = try await nodes.stream("/events?channel=a&channel=b", on: nodes.two, user: "7")
            try await nodes.two.waitForSubscribers(of: "b", count: 1)
            _ = try await nodes.post("unsubscribe", #"{"user":"7","channel":"a"}"#)
            try await stream.wait(for: "event: unsubscribe\ndata: {\"channel\":\"a\",\"code\":2000")
            try await nodes.two.waitForSubscribers(of: "a", count: 0)
            try await nodes.two.publish("b", "5")
            try await stream.wait(for: "\"data\":5")
            _ = try await nodes.post("unsubscribe", #"{"user":"7","channel":"b"}"#)
            try await stream.waitForEnd()
            try await nodes.two.waitForSubscribers(of: "b", count: 0)
        }
    }

    @Test func subscribeAndRefresh_reachTheUserOnEveryNode() async throws {
        try await fleet { nodes in
            let (near, _) = try await nodes.connect("near", to: nodes.one, user: "7")
            let (far, _) = try await nodes.connect("far", to: nodes.two, user: "7")
            _ = try await nodes.post("subscribe", #"{"user":"7","channel":"a","data":{"x":1}}"#)
            for client in [near, far] {
                try await eventually("\(client.name) is told") {
                    client.pushes.contains { $0["subscribe"]?["data"] == ["x": 1] }
                }
            }
            try await nodes.two.publish("a", "5")
            try await eventually("the publication") { far.pushes.contains { $0["pub"]?["data"] == 5 } }
            _ = try await nodes.post("refresh", #"{"user":"7","expired":true}"#)
            for client in [near, far] {
                try await eventually("\(client.name) is closed") { client.end != nil }
                #expect(client.end == SocketEnd(code: 3_005, reason: "connection expired"))
            }
        }
    }

    @Test func info_countsUsersOnce() async throws {
        try await fleet { nodes in
            let clients = [
                try await nodes.connect("1", to: nodes.one, user: "7"),
                try await nodes.connect("2", to: nodes.one, user: "7"),
                try await nodes.connect("3", to: nodes.one, user: "8"),
            ]
            let reply = try JSONValue(parsing: try await nodes.post("info", "{}").text)
            let node = reply["result"]?["nodes"]?[0]
            #expect(node?["num_users"]?.int == 2 && node?["num_clients"]?.int == 3)
            clients[2].0.disconnect()
            try await eventually("8 has left") {
                let reply = try JSONValue(parsing: try await nodes.post("info", "{}").text)
                return reply["result"]?["nodes"]?[0]?["num_users"]?.int == 1
            }
        }
    }

    @Test(arguments: [
        ("disconnect", "{}", 107), ("disconnect", #"{"user":""}"#, 107), ("unsubscribe", #"{"channel":"a"}"#, 107),
        ("unsubscribe", #"{"user":"7","channel":"a b"}"#, 107),
        ("disconnect", #"{"user":"7","disconnect":{"code":1000,"reason":"x"}}"#, 107),
        ("disconnect", #"{"user":"7","disconnect":{"code":99999999,"reason":"x"}}"#, 107),
        ("disconnect", #"{"user":"7","disconnect":{"code":3500,"reason":"true"}}"#, 107),
        ("disconnect", #"{"user":"7","disconnect":{"reason":"why"}}"#, 107),
        ("disconnect", #"{"user":"7","session":"s"}"#, 108), ("unsubscribe", #"{"user":"7","session":"s"}"#, 108),
    ])
    func order_whenItCanNotBeMeant_isRefused(method: String, body: String, code: Int) async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.post, "/api/\(method)", body)
            #expect(reply.json.member("error")?.member("code")?.string == "\(code)")
        }
    }

    @Test func orders_inABatch_takeEffectInTheirPlace() async throws {
        try await fleet { nodes in
            let (client, _) = try await nodes.connect("c", to: nodes.one, user: "7")
            try await client.subscribe("a")
            let reply = try await nodes.post(
                "batch",
                #"{"commands":[{"publish":{"channel":"a","data":1}},{"unsubscribe":{"user":"7","channel":"a"}},"#
                    + #"{"publish":{"channel":"a","data":2}},{"disconnect":{"user":"7"}}]}"#)
            #expect(reply.text.contains(#"{"unsubscribe":{}}"#) && reply.text.hasSuffix(#"{"disconnect":{}}]}"#))
            try await eventually("closed") { client.end != nil }
            #expect(client.publications("a").map { $0.data.int } == [1])
        }
    }
}
