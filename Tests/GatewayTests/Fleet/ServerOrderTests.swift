import HTTPTypes
import JSONBytes
import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

/// `subscribe` and `refresh` of the server API.
@Suite struct ServerOrderTests {
    private static func order(_ rig: GatewayRig, _ action: UserOrder.Action, client: String = "") async throws {
        try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
            core.seat(of: loop)?.carryOut(UserOrder(user: "7", client: client, action: action))
        }
        await rig.settle()
    }

    @Test func subscribe_tellsTheClientAndBeginsToDeliver() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            try await rig.publish("a", "1")
            let client = try await rig.connect(token: try rig.token("7"))
            let other = try await rig.connect(token: try rig.token("8"))
            try await Self.order(rig, .subscribe(ServerSubscription(channel: "a", data: Array("[1]".utf8))))
            let lines = try await client.received()
            #expect(lines.count == 1)
            #expect(
                lines.first?.hasPrefix(
                    #"{"push":{"channel":"a","subscribe":{"recoverable":true,"positioned":true,"epoch":"#) == true)
            #expect(lines.first?.hasSuffix(#","offset":1,"data":[1]}}}"#) == true)
            try await rig.publish("a", "2")
            #expect(try await client.received().first?.contains(#""data":2"#) == true)
            try await Self.order(rig, .subscribe(ServerSubscription(channel: "a")))
            #expect(try await client.received() == [], "it has it already")
            #expect(try await other.received() == [])
            try await Self.order(rig, .unsubscribe(channel: "a"))
            #expect(
                try await client.received() == [
                    #"{"push":{"channel":"a","unsubscribe":{"code":2000,"reason":"server unsubscribe"}}}"#
                ])
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func subscribe_withAPosition_pushesWhatWasMissedBehindIt() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            for number in 1...3 { try await rig.publish("a", "\(number)") }
            let first = try await rig.connect(token: try rig.token("8"))
            let reply = try await first.ask(#"{"id":2,"subscribe":{"channel":"a"}}"#).first
            let epoch = try #require(reply?.member("subscribe", "epoch"))
            let client = try await rig.connect(token: try rig.token("7"))
            let since = Store.Position(epoch: epoch.filter { $0 != "\"" }, offset: 1)
            try await Self.order(rig, .subscribe(ServerSubscription(channel: "a", recoverSince: since)))
            let lines = try await client.received()
            #expect(lines.count == 3 && lines[0].hasSuffix(#","offset":1}}}"#))
            #expect(lines.dropFirst().map { $0.member("push", "pub", "offset") } == ["2", "3"])
        }
    }

    @Test func subscription_whenItsTimeIsOver_closesSoThatTheClientComesBack() async throws {
        try await GatewayRig.run(GatewayRig.closed(pingInterval: 0)) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            let end = rig.time.value + 10_000
            try await Self.order(rig, .subscribe(ServerSubscription(channel: "a", expiresAt: end)))
            #expect(try await client.received().first?.contains("ttl") == false, "the server renews it")
            await rig.advance(milliseconds: 34_000)
            #expect(try await client.closes() == [])
            await rig.advance(milliseconds: 2_000)
            #expect(try await client.closes() == [3006])
        }
    }

    @Test func subRefresh_ofAServerSideSubscription_is3501() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            try await Self.order(rig, .subscribe(ServerSubscription(channel: "a")))
            let token = GatewayRig.signer.sign(claims: #"{"sub":"7","channel":"a"}"#)
            try await client.send(#"{"id":2,"sub_refresh":{"channel":"a","token":"\#(token)"}}"#)
            #expect(try await client.closes() == [3501])
        }
    }

    @Test func refresh_movesTheEndOrBringsIt() async throws {
        try await GatewayRig.run(GatewayRig.closed(pingInterval: 0)) { rig in
            let client = try await rig.connect(token: try rig.token("7", seconds: 10))
            let end = rig.time.value + 100_000
            try await Self.order(rig, .refresh(.init(expiresAt: end, info: Array("{}".utf8))))
            #expect(try await client.received() == [#"{"push":{"refresh":{"expires":true,"ttl":100}}}"#])
            await rig.advance(milliseconds: 60_000)
            #expect(try await client.closes() == [])
            try await Self.order(rig, .refresh(.init()))
            #expect(try await client.received() == [#"{"push":{"refresh":{}}}"#])
            await rig.advance(milliseconds: 100_000)
            #expect(try await client.closes() == [], "it never ends now")
            try await Self.order(rig, .refresh(.init(isExpired: true)))
            #expect(try await client.closes() == [3005])
            let late = try await rig.connect(token: try rig.token("7"))
            try await Self.order(rig, .refresh(.init(expiresAt: rig.time.value - 1)))
            #expect(try await late.closes() == [3005])
        }
    }

    @Test func order_whileTheConnectWaits_isCarriedOutBehindIt() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let client = try await rig.open()
            let token = GatewayRig.signer.sign(claims: #"{"sub":"7","channels":["a"]}"#)
            try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
                let connection = client.connection.value
                connection.received(text: .init(string: #"{"id":1,"connect":{"token":"\#(token)"}}"#))
                core.seat(of: loop)?.carryOut(UserOrder(user: "7", action: .unsubscribe(channel: "a")))
                connection.readCompleted()
            }
            await rig.settle()
            let lines = try await client.received()
            #expect(lines.map { $0.member("id") ?? $0.member("push", "unsubscribe", "code") } == ["1", "2000"])
            #expect(try await rig.channels() == [:])
        }
    }

    @Test(
        arguments: [
            (
                #"{"user":"7","channel":"chat","info":{"a":1},"data":[1],"expire_at":1900000000,"override":{"presence":{"value":true}}}"#,
                nil
            ),
            (#"{"user":"7","channel":"chat","b64info":"e30=","recover_since":{"epoch":"e","offset":1}}"#, nil),
            (#"{"user":"7"}"#, "107"), (#"{"channel":"chat"}"#, "107"), (#"{"user":"7","channel":"a b"}"#, "107"),
            (#"{"user":"7","channel":"presence:x"}"#, "103"), (#"{"user":"7","channel":"c","override":7}"#, "107"),
            (#"{"user":"7","channel":"c","b64info":"%"}"#, "107"),
            (#"{"user":"7","channel":"c","b64data":"bm8="}"#, "107"),
            (#"{"user":"7","channel":"c","expire_at":-1}"#, "107"),
            (#"{"user":"7","channel":"c","session":"s"}"#, "108"),
        ] as [(String, String?)])
    func subscribe_overHTTP_isTakenOrRefused(body: String, code: String?) async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.post, "/api/subscribe", body)
            #expect(reply.json.member("error")?.member("code")?.string == code)
            if code == nil { #expect(reply.text == #"{"result":{}}"#) }
        }
    }

    @Test(
        arguments: [
            (#"{"user":"7","expired":true}"#, nil), (#"{"user":"7","expire_at":1900000000,"info":{}}"#, nil),
            (#"{}"#, "107"), (#"{"user":"7","expire_at":9000000000000000}"#, "107"),
            (#"{"user":"7","session":"s"}"#, "108"),
        ] as [(String, String?)])
    func refresh_overHTTP_isTakenOrRefused(body: String, code: String?) async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.post, "/api/refresh", body)
            #expect(reply.json.member("error")?.member("code")?.string == code)
        }
    }
}
