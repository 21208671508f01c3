import Testing

@testable import Gateway

@Suite struct SubscriptionClaimsTests {
    private static let now: Int64 = 1_795_000_000_000
    private let signer = TokenSigner(secret: "s")
    private let verifier = TokenVerifier(secret: "s")

    private func verdict(_ claims: String) -> SubscriptionVerdict {
        verifier.verifySubscription(signer.sign(claims: claims), now: Self.now)
    }

    @Test func claims_areReadAllOfThem() {
        var grant = SubscriptionGrant(user: "42", channel: "$c", client: "id")
        grant.info = Array(#"{"a":1}"#.utf8)
        grant.data = Array("[1]".utf8)
        grant.overrides.presence = true
        grant.overrides.joinLeave = false
        grant.overrides.forceRecovery = true
        grant.overrides.forcePositioning = false
        grant.overrides.forcePushJoinLeave = true
        grant.expiresAt = 1_795_000_060_000
        let claims = #"""
            {"sub":"42","channel":"$c","client":"id","info":{"a": 1},"b64data":"WzFd","exp":1795000060,"jti":"x",
             "override":{"presence":{"value":true},"join_leave":{"value":false},"force_recovery":{"value":true},
             "force_positioning":{"value":false},"force_push_join_leave":{"value":true},"new":7}}
            """#
        #expect(verdict(claims) == .valid(grant))
    }

    @Test func expiry_isThatOfExpireAtIfItIsThere() {
        for (claims, end) in [
            (#"{"channel":"c"}"#, nil), (#"{"channel":"c","exp":1795000060}"#, 1_795_000_060_000),
            (#"{"channel":"c","exp":1795000060,"expire_at":0}"#, nil),
            (#"{"channel":"c","exp":1795000060,"expire_at":1795000120}"#, 1_795_000_120_000),
        ] as [(String, Int64?)] {
            #expect(verdict(claims) == .valid(SubscriptionGrant(channel: "c", expiresAt: end)))
        }
        #expect(verdict(#"{"channel":"c","exp":1795000000}"#) == .expired(channel: "c"))
        #expect(verdict(#"{"channel":"c","nbf":1795000001}"#) == .expired(channel: "c"))
    }

    @Test(arguments: [
        "{}", #"{"sub":"42"}"#, #"{"channel":""}"#, #"{"channel":7}"#, #"{"channel":null}"#,
        #"{"channel":"c","client":7}"#,
        #"{"channel":"c","sub":7}"#, #"{"channel":"c","override":7}"#, #"{"channel":"c","override":{"presence":true}}"#,
        #"{"channel":"c","override":{"presence":{"value":1}}}"#, #"{"channel":"c","b64data":"bm90IGpzb24="}"#,
        #"{"channel":"c","b64info":"%"}"#, #"{"channel":"c","expire_at":"never"}"#,
    ])
    func claims_whenOfWrongShape_areInvalid(claims: String) {
        #expect(verdict(claims) == .invalid)
    }

    @Test func grant_isForItsChannelUserAndClientOnly() {
        let client = ClientID.random()
        let named = SubscriptionGrant(user: "7", channel: "c", client: client.text)
        #expect(named.means("c", user: "7", client: client))
        #expect(!named.means("c", user: "7", client: .random()))
        let any = SubscriptionGrant(user: "7", channel: "c")
        #expect(any.means("c", user: "7", client: client))
        #expect(!any.means("d", user: "7", client: client) && !any.means("c", user: "", client: client))
    }

    @Test func connectionToken_namesChannelsPlainlyOrWithDetails() throws {
        func subscriptions(_ claims: String) -> [ServerSubscription]? {
            guard case .valid(let identity) = verifier.verify(signer.sign(claims: claims), now: Self.now) else {
                return nil
            }
            return identity.subscriptions
        }
        #expect(subscriptions(#"{"sub":"7","meta":{"x":1}}"#) == [])
        #expect(subscriptions(#"{"channels":["a","b","a"]}"#)?.map(\.channel) == ["a", "b"])
        var detailed = ServerSubscription(channel: "c", info: Array("1".utf8), data: Array("[1]".utf8))
        detailed.overrides.forceRecovery = true
        #expect(
            subscriptions(
                #"{"channels":["a"],"subs":{"c":{"info":1,"b64data":"WzFd","override":{"force_recovery":{"value":true}}}}}"#
            ) == [detailed])
        #expect(subscriptions(#"{"channels":["a"],"subs":{}}"#)?.map(\.channel) == ["a"])
        for wrong in [
            #"{"channels":"a"}"#, #"{"channels":[7]}"#, #"{"subs":[]}"#, #"{"subs":{"a":7}}"#,
            #"{"subs":{"a":{},"a":{}}}"#, #"{"subs":{"a":{"override":[]}}}"#, #"{"channels":7,"subs":{"a":{}}}"#,
        ] { #expect(subscriptions(wrong) == nil, "\(wrong)") }
    }
}
