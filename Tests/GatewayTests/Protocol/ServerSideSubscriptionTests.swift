import Journal
import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Gateway
@testable import Store

/// Subscriptions that the server makes as a client connects.
@Suite struct ServerSideSubscriptionTests {
    private static func connect(_ token: String, more: String = "") -> String {
        #"{"id":1,"connect":{"token":"\#(token)"\#(more)}}"#
    }

    private static func token(_ rig: GatewayRig, _ claims: String) -> String {
        GatewayRig.signer.sign(claims: #"{"sub":"7",\#(claims)}"#)
    }

    @Test func connect_withChannelsInTheToken_isSubscribedWithTheReply() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            try await rig.publish("a", "1")
            let client = try await rig.open()
            let token = Self.token(rig, #""subs":{"a":{"data":{"x":1}},"b":{}}"#)
            let lines = try await client.ask(Self.connect(token))
            #expect(lines.count == 1)
            let subs = try #require(lines.first?.split(separator: #""subs":"#).last)
            #expect(subs.hasPrefix(#"{"a":{"recoverable":true,"positioned":true,"epoch":"#))
            #expect(subs.contains(#","offset":1,"data":{"x":1}},"b":{"recoverable":true,"#))
            #expect(try await rig.channels() == ["a": 1, "b": 1])
            try await rig.publish("b", "2")
            #expect(try await client.received().first?.contains(#"{"channel":"b","pub":{"data":2"#) == true)
            #expect(
                try await client.ask(#"{"id":2,"subscribe":{"channel":"a"}}"#).first?.member("error", "code") == "105")
        }
    }

    @Test func connect_withPositions_recoversWhatWasMissed() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            for number in 1...3 { try await rig.publish("a", "\(number)") }
            let first = try await rig.open()
            let token = Self.token(rig, #""channels":["a"]"#)
            let reply = try #require(try await first.ask(Self.connect(token)).first)
            let epoch = try #require(reply.member("connect", "subs", "a", "epoch"))
            let second = try await rig.open()
            let wish = #","subs":{"a":{"recover":true,"epoch":\#(epoch),"offset":1},"x":null}"#
            let again = try #require(try await second.ask(Self.connect(token, more: wish)).first)
            #expect(again.contains(#""was_recovering":true,"recovered":true,"publications":[{"data":2,"offset":2"#))
            #expect(again.contains(#"{"data":3,"offset":3"#) && again.contains(#"],"offset":1}"#))
            let third = try await rig.open()
            let wrong = #","subs":{"a":{"recover":true,"epoch":"_","offset":1}}"#
            let lost = try #require(try await third.ask(Self.connect(token, more: wrong)).first)
            #expect(lost.contains(#""was_recovering":true,"not_recovered":{"#) && lost.contains(#","offset":3}"#))
        }
    }

    @Test func commands_behindAConnectThatWaits_areCarriedOutInOrder() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let gate = try await EngineGate(rig.engine)
            let client = try await rig.open()
            let token = Self.token(rig, #""channels":["a"]"#)
            try await client.channel.writeInbound(
                ByteBuffer(
                    bytes: [
                        Self.connect(token), #"{"id":2,"subscribe":{"channel":"b"}}"#, #"{"id":3,"ping":{}}"#,
                        #"{"id":4,"subscribe":{"channel":"a"}}"#,
                    ].flatMap { ClientFrames.text($0) }))
            #expect(try await client.received() == [])
            gate.open()
            await rig.settle()
            #expect(try await client.received().map { $0.member("id") } == ["1", "3", "4", "2"])
            #expect(try await rig.channels() == ["a": 1, "b": 1])
            #expect(try await client.closes() == [])
        }
    }

    @Test func publications_whileTheConnectWaits_comeBehindItsReply() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let gate = try await EngineGate(rig.engine)
            let client = try await rig.open()
            try await client.channel.writeInbound(
                ByteBuffer(bytes: ClientFrames.text(Self.connect(Self.token(rig, #""channels":["a","b"]"#)))))
            // As the hub does when one channel is open and the answer of the other is still on its way.
            try await rig.loop.executeInContext {
                let connection = client.connection.value
                connection.deliver(ChannelBatch(channel: "a", publications: [Publication(offset: 0, data: [0x31])]))
                connection.flushQueued()
            }
            #expect(try await client.received() == [])
            gate.open()
            await rig.settle()
            let lines = try await client.received()
            #expect(lines.count == 2 && lines.first?.member("id") == "1")
            #expect(lines.last == #"{"push":{"channel":"a","pub":{"data":1}}}"#)
        }
    }

    @Test func publications_whileTheConnectWaits_areBounded() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let gate = try await EngineGate(rig.engine)
            let client = try await rig.open()
            try await client.channel.writeInbound(
                ByteBuffer(bytes: ClientFrames.text(Self.connect(Self.token(rig, #""channels":["a"]"#)))))
            let data = [UInt8](repeating: 0x31, count: ClientLimits.heldBytesMax / 2)
            try await rig.loop.executeInContext {
                for _ in 0..<2 {
                    client.connection.value.deliver(
                        ChannelBatch(channel: "a", publications: [Publication(offset: 0, data: data)]))
                }
            }
            #expect(try await client.closes() == [3008])
            gate.open()
            await rig.settle()
            await client.drop()
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func connect_whenAChannelCannotBe_failsAsAWhole() async throws {
        let table = NamespaceTable(withoutNamespace: .withoutFile, namespaces: ["news": .withoutFile])
        try await GatewayRig.run(GatewayRig.closed(namespaces: table)) { rig in
            for (claims, code) in [
                (#""channels":["a","nope:1"]"#, "102"), (#""channels":["a b"]"#, "107"),
                (#""channels":["presence:a"]"#, "103"), (#""channels":["a","session:nobody"]"#, "103"),
            ] {
                let client = try await rig.open()
                let lines = try await client.ask(Self.connect(Self.token(rig, claims)))
                #expect(lines.map { $0.member("error", "code") } == [code], "\(claims)")
                #expect(try await rig.channels() == [:])
                #expect(try await client.ask(#"{"id":2,"ping":{}}"#) == [])
                #expect(try await client.closes() == [3501])
            }
            let many = (0...128).map { #""c\#($0)""# }.joined(separator: ",")
            let client = try await rig.open()
            #expect(try await client.ask(Self.connect(Self.token(rig, #""channels":[\#(many)]"#))) == [])
            #expect(try await client.closes() == [3505])
        }
    }

    @Test func wish_forAChannelThatTheClientMaySubscribe_isGrantedAndOthersAreLeftOut() async throws {
        let table = NamespaceTable(
            withoutNamespace: .withoutFile, namespaces: ["open": .withoutFile, "shut": ChannelOptions()])
        try await GatewayRig.run(GatewayRig.closed(namespaces: table)) { rig in
            let client = try await rig.open()
            let wishes = #","subs":{"open:1":{},"shut:1":{},"$open:1":{},"session:nobody":{},"a b":{}}"#
            let lines = try await client.ask(Self.connect(try rig.token("7"), more: wishes))
            #expect(lines.first?.member("connect", "client") != nil)
            #expect(try await rig.channels() == ["open:1": 1])
            let other = try await rig.open()
            #expect(try await other.ask(Self.connect(try rig.token("7"), more: #","subs":{"nope:1":{}}"#)) == [])
            #expect(try await other.closes() == [3501])
        }
    }

    @Test func gap_inAServerSideSubscription_closesSoThatTheClientComesBack() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let client = try await rig.open()
            _ = try await client.ask(Self.connect(Self.token(rig, #""channels":["a"]"#)))
            try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
                let hub = try #require(core.seat(of: loop)?.hub.value)
                hub.carryOut([
                    HandOver(items: [.publications(channel: "a", [Publication(offset: 9, data: [0x31])])], error: nil)
                ])
            }
            #expect(try await client.closes() == [3010])
            #expect(client.framesAfterClose == 0)
        }
    }

    @Test func refresh_whenTheTokensChannelsChanged_closesSoThatTheClientComesBack() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            for (channels, code) in [(#"["b","a"]"#, nil), (#"["a"]"#, 3010), ("[]", 3010)] as [(String, UInt16?)] {
                let client = try await rig.open()
                _ = try await client.ask(Self.connect(Self.token(rig, #""channels":["a","b"]"#)))
                let token = Self.token(rig, #""channels":\#(channels)"#)
                let lines = try await client.ask(#"{"id":2,"refresh":{"token":"\#(token)"}}"#)
                #expect(lines == (code == nil ? [#"{"id":2,"refresh":{}}"#] : []))
                #expect(try await client.closes() == (code.map { [$0] } ?? []))
            }
        }
    }

    @Test(arguments: ["", "news"]) func personalChannel_isThatOfEachUser(namespace: String) async throws {
        var configuration = GatewayRig.closed(anonymous: true)
        configuration.personalChannel = PersonalChannel(namespace: namespace)
        try await GatewayRig.run(configuration) { rig in
            let name = namespace.isEmpty ? "#7" : "\(namespace):#7"
            let client = try await rig.open()
            let lines = try await client.ask(Self.connect(try rig.token("7")))
            #expect(lines.first?.contains(#""subs":{"\#(name)":{"#) == true)
            let nobody = try await rig.open()
            #expect(try await nobody.ask(#"{"id":1,"connect":{}}"#).first?.contains("subs") == false)
            #expect(try await rig.channels() == [name: 1])
        }
    }

    @Test func singleConnection_endsTheOlderOnes() async throws {
        var configuration = GatewayRig.closed()
        configuration.personalChannel = PersonalChannel(isSingle: true)
        try await GatewayRig.run(configuration) { rig in
            let old = try await rig.connect(token: try rig.token("7"))
            let other = try await rig.connect(token: try rig.token("8"))
            let new = try await rig.connect(token: try rig.token("7"))
            #expect(try await old.closes() == [3504])
            #expect(try await new.closes() == [])
            #expect(try await other.closes() == [])
            await old.drop()
            #expect(try await rig.channels() == ["#7": 1, "#8": 1])
        }
    }

    @Test func anonymousToken_whereItIsNotAllowed_is3507() async throws {
        var configuration = GatewayRig.closed()
        configuration.allowAnonymousTokens = false
        try await GatewayRig.run(configuration) { rig in
            let client = try await rig.open()
            #expect(try await client.ask(Self.connect(try rig.token(""))) == [])
            #expect(try await client.closes() == [3507])
        }
    }

    @Test func drop_whileTheConnectWaits_leavesNothingBehind() async throws {
        try await GatewayRig.run(GatewayRig.closed()) { rig in
            let gate = try await EngineGate(rig.engine)
            let client = try await rig.open()
            try await client.channel.writeInbound(
                ByteBuffer(bytes: ClientFrames.text(Self.connect(Self.token(rig, #""channels":["a"]"#)))))
            try await client.channel.close().get()
            gate.open()
            await rig.settle()
            await rig.settle()
            #expect(try await rig.channels() == [:])
        }
    }
}
