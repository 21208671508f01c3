import Store
import TestSupport
import Testing

@testable import Gateway

/// Subscription tokens, as a client with a connection token meets them.
@Suite struct SubscriptionTokenTests {
    /// Nothing is open but by token.
    private static var closed: GatewayConfiguration {
        GatewayRig.closed(namespaces: NamespaceTable(withoutNamespace: ChannelOptions(forceRecovery: false)))
    }

    private static func token(_ rig: GatewayRig, _ claims: String, end: Int64? = nil) -> String {
        let exp = end.map { #","exp":\#(rig.time.value / 1_000 + $0)"# } ?? ""
        return GatewayRig.signer.sign(claims: "{\(claims)\(exp)}")
    }

    private static func subscribe(_ channel: String, _ token: String, id: Int = 2, more: String = "") -> String {
        #"{"id":\#(id),"subscribe":{"channel":"\#(channel)","token":"\#(token)"\#(more)}}"#
    }

    @Test(arguments: ["c", "$c", "$news:1"]) func subscribe_withAToken_needsNoPermission(channel: String) async throws {
        try await GatewayRig.run(Self.closed) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            let denied = #"{"id":2,"error":{"code":103,"message":"permission denied"}}"#
            #expect(try await client.ask(#"{"id":2,"subscribe":{"channel":"\#(channel)"}}"#) == [denied])
            let token = Self.token(rig, #""sub":"7","channel":"\#(channel)","data":{"a": 1},"info":"i""#)
            #expect(
                try await client.ask(Self.subscribe(channel, token)) == [#"{"id":2,"subscribe":{"data":{"a":1}}}"#])
            #expect(try await rig.channels() == [channel: 1])
        }
    }

    @Test func subscribe_withAWrongToken_isErrorOrClose() async throws {
        try await GatewayRig.run(Self.closed) { rig in
            for (claims, end, code) in [
                (#""sub":"7","channel":"c""#, -1, 109), (#""sub":"7","channel":"c","expire_at":5"#, nil, 110),
                (#""sub":"7""#, nil, 103), (#""sub":"7","channel":7"#, nil, 103),
            ] as [(String, Int64?, Int)] {
                let client = try await rig.connect(token: try rig.token("7"))
                let lines = try await client.ask(Self.subscribe("c", Self.token(rig, claims, end: end)))
                #expect(lines.first?.member("error", "code") == "\(code)")
                #expect(try await client.closes() == [])
            }
            let client = try await rig.connect(token: try rig.token("7"))
            let lines = try await client.ask(Self.subscribe("c", "x.y.z"))
            #expect(lines.first?.member("error", "code") == "103")
            for claims in [
                #""sub":"8","channel":"c""#, #""sub":"7","channel":"d""#, #""sub":"7","channel":"c","client":"x""#,
            ] {
                let client = try await rig.connect(token: try rig.token("7"))
                #expect(try await client.ask(Self.subscribe("c", Self.token(rig, claims))) == [])
                #expect(try await client.closes() == [3500])
            }
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func subscribe_withOverrides_isWhatTheySay() async throws {
        try await GatewayRig.run(Self.closed) { rig in
            let offset = try await rig.publish("c", "1")
            #expect(offset == 1)
            let client = try await rig.connect(token: try rig.token("7"))
            let token = Self.token(rig, #""sub":"7","channel":"c","override":{"force_recovery":{"value":true}}"#)
            let lines = try await client.ask(Self.subscribe("c", token))
            #expect(lines.first?.contains(#""recoverable":true,"positioned":true,"epoch":"#) == true)
            #expect(lines.first?.contains(#","offset":1}"#) == true)
        }
    }

    @Test func subscriptionToken_withKeysOfItsOwn_isVerifiedByThem() async throws {
        var configuration = Self.closed
        configuration.subscriptionTokens = TokenVerifier(secret: "others")
        try await GatewayRig.run(configuration) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            let claims = #"{"sub":"7","channel":"c"}"#
            let lines = try await client.ask(Self.subscribe("c", GatewayRig.signer.sign(claims: claims)))
            #expect(lines.first?.member("error", "code") == "103")
            let token = TokenSigner(secret: "others").sign(claims: claims)
            #expect(try await client.ask(Self.subscribe("c", token)) == [#"{"id":2,"subscribe":{}}"#])
        }
    }

    @Test func subscription_whenItsTokenEnds_isEndedAfterTheGraceUnlessRenewed() async throws {
        try await GatewayRig.run(Self.closed) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            for channel in ["short", "renewed", "endless"] {
                let token = Self.token(rig, #""sub":"7","channel":"\#(channel)""#, end: channel == "endless" ? nil : 10)
                let ttl = channel == "endless" ? "{}" : #"{"expires":true,"ttl":10}"#
                #expect(try await client.ask(Self.subscribe(channel, token)) == [#"{"id":2,"subscribe":\#(ttl)}"#])
            }
            let token = Self.token(rig, #""sub":"7","channel":"renewed""#, end: 600)
            #expect(
                try await client.ask(#"{"id":3,"sub_refresh":{"channel":"renewed","token":"\#(token)"}}"#)
                    == [#"{"id":3,"sub_refresh":{"expires":true,"ttl":600}}"#])
            var pushes: [String] = []
            for second in 1...36 {
                await rig.advance(milliseconds: 1_000)
                for line in try await client.received() {
                    if line == "{}" { try await client.send("{}") } else { pushes.append("\(second / 35): \(line)") }
                }
            }
            #expect(
                pushes == [
                    #"1: {"push":{"channel":"short","unsubscribe":{"code":2501,"reason":"subscription expired"}}}"#
                ])
            #expect(try await client.closes() == [])
            #expect(Set(try await rig.channels().keys) == ["renewed", "endless"])
        }
    }

    @Test func subRefresh_withoutAChannel_isForThatOfTheToken() async throws {
        try await GatewayRig.run(Self.closed) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            _ = try await client.ask(Self.subscribe("c", Self.token(rig, #""sub":"7","channel":"c""#, end: 10)))
            let token = Self.token(rig, #""sub":"7","channel":"c""#)
            #expect(
                try await client.ask(#"{"id":3,"sub_refresh":{"token":"\#(token)"}}"#) == [
                    #"{"id":3,"sub_refresh":{}}"#
                ])
        }
    }

    @Test func subRefresh_whenItCannotBe_isErrorCloseOrANewBeginning() async throws {
        try await GatewayRig.run(Self.closed) { rig in
            let good = Self.token(rig, #""sub":"7","channel":"c""#, end: 60)
            func client() async throws -> RigClient {
                let client = try await rig.connect(token: try rig.token("7"))
                _ = try await client.ask(Self.subscribe("c", good))
                return client
            }
            func refresh(_ channel: String, _ token: String) -> String {
                #"{"id":3,"sub_refresh":{"channel":"\#(channel)","token":"\#(token)"}}"#
            }
            let unknown = Self.token(rig, #""sub":"7","channel":"d""#)
            let one = try await client()
            #expect(try await one.ask(refresh("d", unknown)).first?.member("error", "code") == "103")
            #expect(try await one.ask(refresh("c", "")).first?.member("error", "code") == "107")
            let over = Self.token(rig, #""sub":"7","channel":"c","expire_at":5"#)
            #expect(try await one.ask(refresh("c", over)).first?.member("error", "code") == "110")
            #expect(
                try await one.ask(refresh("c", Self.token(rig, #""sub":"7","channel":"c""#, end: -1))) == [
                    #"{"push":{"channel":"c","unsubscribe":{"code":2501,"reason":"subscription expired"}}}"#,
                    #"{"id":3,"sub_refresh":{}}"#,
                ])
            #expect(try await one.ask(Self.subscribe("c", good)).first?.member("id") == "2", "it comes back")
            for token in ["x", unknown, Self.token(rig, #""sub":"8","channel":"c""#)] {
                let two = try await client()
                #expect(try await two.ask(refresh("c", token)) == [])
                #expect(try await two.closes() == [3500])
            }
        }
    }

    @Test func publication_ofASubscriber_showsWhatItsTokenSays() async throws {
        let open = ChannelOptions(historySize: 0, publish: ClientAccess(forSubscriber: true))
        try await GatewayRig.run(GatewayRig.closed(namespaces: NamespaceTable(withoutNamespace: open))) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            _ = try await client.ask(Self.subscribe("c", Self.token(rig, #""sub":"7","channel":"c","info":{"n":1}"#)))
            let lines = try await client.ask(#"{"id":3,"publish":{"channel":"c","data":5}}"#)
            let push = try #require(lines.first { $0.contains("push") })
            #expect(push.contains(#""user":"7""#) && push.contains(#""chan_info":{"n":1}"#))
        }
    }
}
