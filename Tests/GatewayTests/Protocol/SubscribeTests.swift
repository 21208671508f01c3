import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct SubscribeTests {
    private static func subscribe(_ id: Int, _ channel: String = "c", _ more: String = "") -> String {
        #"{"id":\#(id),"subscribe":{"channel":"\#(channel)"\#(more)}}"#
    }

    private static func unsubscribe(_ id: Int, _ channel: String = "c") -> String {
        #"{"id":\#(id),"unsubscribe":{"channel":"\#(channel)"}}"#
    }

    private static func error(_ id: Int, _ code: Int, _ message: String) -> String {
        #"{"id":\#(id),"error":{"code":\#(code),"message":"\#(message)"}}"#
    }

    /// Which command each line answers; 0 for a push.
    private static func ids(_ lines: [String]) -> [Int] { lines.map { Int($0.member("id") ?? "0") ?? -1 } }

    @Test func subscribe_whenNew_showsThePositionAndThenWhatFollows() async throws {
        try await GatewayRig.run { rig in
            try await rig.publish("c", "1")
            let client = try await rig.connect()
            let lines = try await client.ask(Self.subscribe(2))
            let epoch = lines.first?.member("subscribe", "epoch") ?? ""
            #expect(epoch.count > 2)
            #expect(
                lines == [#"{"id":2,"subscribe":{"recoverable":true,"positioned":true,"epoch":\#(epoch),"offset":1}}"#])
            try await rig.publish("c", #"{"n":2}"#)
            try await rig.publish("other", "0")
            #expect(try await client.received() == [#"{"push":{"channel":"c","pub":{"data":{"n":2},"offset":2}}}"#])
            #expect(try await client.ask(Self.unsubscribe(3)) == [#"{"id":3,"unsubscribe":{}}"#])
            try await rig.publish("c", "3")
            #expect(try await client.received() == [])
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func subscribe_whenPipelinedWithItsEnd_isAnsweredInOrder() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            try await client.send(Self.subscribe(2) + "\n" + Self.unsubscribe(3), Self.unsubscribe(4))
            let lines = try await client.received()
            #expect(Self.ids(lines) == [2, 3, 4])
            #expect(lines.suffix(2) == [#"{"id":3,"unsubscribe":{}}"#, #"{"id":4,"unsubscribe":{}}"#])
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func subscribe_whenToggledFasterThanTheEngineAnswers_endsAsTheLastCommandSays() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            var messages: [String] = []
            for id in 2...11 { messages.append(id.isMultiple(of: 2) ? Self.subscribe(id) : Self.unsubscribe(id)) }
            try await client.send(messages.joined(separator: "\n") + "\n" + Self.subscribe(12))
            for _ in 0..<3 { await rig.settle() }
            let lines = try await client.received()
            #expect(Self.ids(lines) == Array(2...12), "no command is refused for the haste of the client")
            #expect(lines.allSatisfy { !$0.contains("error") })
            #expect(try await rig.channels() == ["c": 1])
            try await rig.publish("c", "1")
            #expect(try await client.received().count == 1)
        }
    }

    @Test func subscribe_whenTooMuchWaitsForTheEngine_isRefused() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            let max = ClientLimits.waitingPerChannelMax
            let gate = try await EngineGate(rig.engine)
            defer { gate.open() }
            let messages = [Self.subscribe(1)] + (2...(max + 3)).map { Self.unsubscribe($0) }
            try await client.channel.writeInbound(ByteBuffer(bytes: ClientFrames.text(messages.joined())))
            let refused = try await client.received()
            #expect(Self.ids(refused) == [max + 2, max + 3])
            #expect(refused.allSatisfy { $0.member("error", "code") == "111" })
            gate.open()
            await rig.settle()
            #expect(Self.ids(try await client.received()) == Array(1...(max + 1)))
            #expect(try await rig.channels() == [:])
        }
    }

    @Test func subscribe_whenItIsOpenOrOpening_is105() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            try await client.send(Self.subscribe(2) + Self.subscribe(3))
            #expect(Set(Self.ids(try await client.received())) == [2, 3])
            #expect(try await client.ask(Self.subscribe(4)) == [Self.error(4, 105, "already subscribed")])
            #expect(try await rig.channels() == ["c": 1])
            #expect(try await client.ask(Self.unsubscribe(5, "never")) == [#"{"id":5,"unsubscribe":{}}"#])
        }
    }

    @Test func subscribe_whenOneTooMany_is106() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            try await client.send((1...129).map { Self.subscribe($0, "c\($0)") }.joined(separator: "\n"))
            let lines = try await client.received()
            #expect(lines.filter { $0.contains("error") } == [Self.error(129, 106, "limit exceeded")])
            #expect(lines.count == 129)
            try await client.send(Self.unsubscribe(130, "c7") + Self.subscribe(131, "c129"))
            #expect(Self.ids(try await client.received()) == [130, 131])
            #expect(try await rig.channels().count == ClientLimits.subscriptionsMax)
        }
    }

    @Test func permissions_whenClosed_areCheckedPerNamespaceAndUser() async throws {
        let namespaces = NamespaceTable(
            withoutNamespace: ChannelOptions(),
            namespaces: [
                "open": ChannelOptions(subscribe: .init(forClient: true), publish: .init(forSubscriber: true)),
                "all": ChannelOptions(
                    historySize: 0, subscribe: .init(forClient: true, forAnonymous: true),
                    history: .init(forClient: true)),
            ])
        try await GatewayRig.run(GatewayRig.closed(anonymous: true, namespaces: namespaces)) { rig in
            let (nobody, user) = (try await rig.connect(), try await rig.connect(token: try rig.token("7")))
            for (channel, anonymous, known) in [
                ("plain", 103, 103), ("open:1", 103, 0), ("all:1", 0, 0), ("none:1", 102, 102), ("$open:1", 103, 103),
                ("session:1", 103, 103), ("waiting:1", 103, 103), (String(repeating: "x", count: 256), 107, 107),
            ] {
                for (client, code) in [(nobody, anonymous), (user, known)] {
                    let lines = try await client.ask(Self.subscribe(2, channel))
                    #expect(lines.map { $0.member("error", "code") ?? "0" } == ["\(code)"], "\(channel)")
                }
            }
            #expect(try await rig.channels() == ["open:1": 1, "all:1": 2])
            #expect(
                try await user.ask(#"{"id":3,"history":{"channel":"all:1"}}"#) == [Self.error(3, 108, "not available")])
            #expect(
                try await user.ask(#"{"id":3,"history":{"channel":"open:1"}}"#) == [
                    Self.error(3, 103, "permission denied")
                ])
            #expect(
                try await nobody.ask(#"{"id":3,"publish":{"channel":"open:1","data":1}}"#) == [
                    Self.error(3, 103, "permission denied")
                ])
            #expect(
                try await user.ask(#"{"id":3,"publish":{"channel":"open:2","data":1}}"#) == [
                    Self.error(3, 103, "permission denied")
                ])
        }
    }

    @Test func publish_whenOnlySubscribersMay_countsASubscribeOfTheSameMessage() async throws {
        let options = ChannelOptions(subscribe: .init(forClient: true), publish: .init(forSubscriber: true))
        try await GatewayRig.run(GatewayRig.closed(namespaces: NamespaceTable(withoutNamespace: options))) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            let publish = #"{"id":3,"publish":{"channel":"c","data":1}}"#
            try await client.send(Self.subscribe(2) + publish)
            let lines = try await client.received()
            #expect(Set(Self.ids(lines)) == [0, 2, 3])
            #expect(Self.ids(lines).first == 2, "the subscribe reply before its pushes")
            #expect(!lines.contains { $0.contains("error") })
            try await client.send(Self.unsubscribe(4) + publish)
            #expect(try await client.received().contains(Self.error(3, 103, "permission denied")))
        }
    }

    @Test func recovery_whenThePositionIsKnown_bringsWhatWasMissed() async throws {
        try await GatewayRig.run { rig in
            for data in ["1", "2", "3"] { try await rig.publish("c", data) }
            let client = try await rig.connect()
            let first = try await client.ask(Self.subscribe(2))
            let epoch = first.first?.member("subscribe", "epoch") ?? ""
            _ = try await client.ask(Self.unsubscribe(3))
            let start = #""subscribe":{"recoverable":true,"positioned":true,"epoch":\#(epoch),"was_recovering":true"#
            for (offset, shown, end) in [
                (
                    1, epoch,
                    #","recovered":true,"publications":[{"data":2,"offset":2},{"data":3,"offset":3}],"offset":1}}"#
                ),
                (3, epoch, #","recovered":true,"offset":3}}"#), (3, #""""#, #","recovered":true,"offset":3}}"#),
                (4, epoch, #","not_recovered":{"reason":"ahead","oldest":1},"offset":3}}"#),
                (3, #""_""#, #","not_recovered":{"reason":"epoch","oldest":1},"offset":3}}"#),
            ] {
                let lines = try await client.ask(
                    Self.subscribe(4, "c", #","recover":true,"offset":\#(offset),"epoch":\#(shown)"#))
                #expect(lines == ["{\"id\":4," + start + end], "offset \(offset), epoch \(shown)")
                _ = try await client.ask(Self.unsubscribe(5))
            }
        }
    }

    @Test func recovery_whenImpossibleAndTheClientWantsAnError_is112AndNotSubscribed() async throws {
        try await GatewayRig.run { rig in
            for data in 1...5 { try await rig.publish("c", "\(data)", size: 2) }
            let client = try await rig.connect()
            let recover = #","recover":true,"offset":1,"epoch":"","flag":3"#
            #expect(
                try await client.ask(Self.subscribe(2, "c", recover)) == [
                    #"{"id":2,"error":{"code":112,"message":"unrecoverable position","not_recovered":{"reason":"trimmed","oldest":4}}}"#
                ])
            #expect(try await rig.channels() == [:])
            try await rig.publish("c", "6")
            #expect(try await client.received() == [])
            #expect(try await client.ask(Self.subscribe(3)).first?.hasPrefix(#"{"id":3,"subscribe":"#) ?? false)
        }
    }

    @Test func recovery_whenMoreIsMissedThanOneReplyMayCarry_isRefusedAsAWhole() async throws {
        try await GatewayRig.run { rig in
            let max = ClientLimits.recoveryPublicationsMax
            for number in 0...max {
                rig.engine.submit(.write(GatewayRig.draft("c", "\(number)"), .granted, .init(loop: nil) { _ in }))
            }
            await rig.settle()
            let client = try await rig.connect()
            let all = try await client.ask(Self.subscribe(2, "c", #","recover":true,"offset":1"#))
            #expect(all.first?.ranges(of: #""data""#).count == max)
            #expect(all.first?.member("subscribe", "offset") == "1")
            _ = try await client.ask(Self.unsubscribe(3))
            let none = try await client.ask(Self.subscribe(4, "c", #","recover":true"#))
            #expect(none.first?.member("subscribe", "not_recovered") == #"{"reason":"limit","oldest":1}"#)
            #expect(none.first?.contains("publications") == false)
        }
    }

    @Test func recovery_whenTheNamespaceHasNoHistory_isOnlyTried() async throws {
        let options = ChannelOptions(historySize: 0, subscribe: .init(forClient: true))
        try await GatewayRig.run(GatewayRig.closed(namespaces: NamespaceTable(withoutNamespace: options))) { rig in
            let client = try await rig.connect(token: try rig.token("7"))
            #expect(
                try await client.ask(Self.subscribe(2, "c", #","recover":true,"offset":4,"epoch":"x","flag":2"#))
                    == [#"{"id":2,"subscribe":{"was_recovering":true}}"#])
            rig.engine.submit(.ephemeral(channel: "c", .init(offset: 0, data: Array("1".utf8))))
            await rig.settle()
            #expect(try await client.received() == [#"{"push":{"channel":"c","pub":{"data":1}}}"#])
        }
    }
}
