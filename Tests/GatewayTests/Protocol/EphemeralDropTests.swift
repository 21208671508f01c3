import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct EphemeralDropTests {
    private static func configuration(_ dropsEphemeral: Bool) -> GatewayConfiguration {
        let options = ChannelOptions(dropsEphemeral: dropsEphemeral)
        return GatewayConfiguration(namespaces: NamespaceTable(namespaces: ["chat": options]))
    }

    private static let big = Array(("\"" + String(repeating: "x", count: 50_000) + "\"").utf8)

    private func subscribe(_ client: RigClient, _ channel: String) async throws {
        _ = try await client.ask(#"{"id":2,"subscribe":{"channel":"\#(channel)"}}"#)
    }

    private func say(_ rig: GatewayRig, _ channel: String) async {
        rig.engine.submit(EphemeralMessage(channel: channel, data: Self.big).request)
        await rig.settle()
    }

    @Test func slowConsumer_whereItsNamespaceSaysSo_goesWithoutEphemeralPublicationsOnly() async throws {
        try await GatewayRig.run(Self.configuration(true)) { rig in
            let dam = Dam()
            let (slow, other) = (try await rig.connect(dam: dam), try await rig.connect(dam: Dam()))
            for client in [slow, other] { try await subscribe(client, "chat:1") }
            dam.isShut.value = true
            for _ in 0..<60 { await say(rig, "chat:1") }
            for number in 1...3 { try await rig.publish("chat:1", "{\"kept\":\(number)}") }
            #expect(slow.channel.isActive, "it is not closed for what it can do without")
            #expect(try await other.received().count == 63)
            dam.isShut.value = false
            try await rig.publish("chat:1", #"{"kept":4}"#)
            let lines = try await slow.received()
            #expect(lines.filter { $0.contains("kept") }.count == 4, "what has an offset came, all of it")
            let dropped = 64 - lines.count
            #expect((50...58).contains(dropped), "256 KiB of 50 kB each wait, the rest is gone: \(dropped)")
            await say(rig, "chat:1")
            #expect(try await slow.received().count == 1, "who reads again gets everything again")
        }
    }

    @Test func slowConsumer_whereItsNamespaceSaysNothing_isClosed() async throws {
        try await GatewayRig.run(Self.configuration(false)) { rig in
            let dam = Dam()
            let slow = try await rig.connect(dam: dam)
            try await subscribe(slow, "chat:1")
            dam.isShut.value = true
            for _ in 0..<60 { await say(rig, "chat:1") }
            #expect(!slow.channel.isActive)
        }
    }

    @Test func batch_withBothKinds_leavesWhatHasAnOffset() {
        let data = Array("1".utf8)
        let publications = [UInt64(0), 7, 0, 8].map { Publication(offset: $0, data: data) }
        let batch = ChannelBatch(channel: "a", publications: publications)
        #expect(batch.hasEphemeral)
        #expect(batch.lasting?.publications.map(\.offset) == [7, 8])
        #expect(ChannelBatch(channel: "a", publications: [publications[0]]).lasting == nil)
        #expect(!ChannelBatch(channel: "a", publications: [publications[1]]).hasEphemeral)
    }

    /// Row J8: one of a thousand stops reading. The others miss nothing, and it finds everything when it comes back.
    @Test func slowConsumer_ofAThousand_isClosedAndNobodyMissesAnything() async throws {
        try await GatewayRig.run { rig in
            let dam = Dam()
            let slow = try await rig.connect(dam: dam)
            let opening = try await slow.ask(#"{"id":2,"subscribe":{"channel":"all"}}"#).first
            let epoch = try #require(opening?.member("subscribe", "epoch"))
            _ = try await slow.ask(#"{"id":3,"subscribe":{"channel":"own"}}"#)
            var others: [RigClient] = []
            for _ in 0..<1_000 {
                let client = try await rig.connect()
                _ = try await client.ask(#"{"id":2,"subscribe":{"channel":"all"}}"#)
                others.append(client)
            }
            dam.isShut.value = true
            var sent = 0
            while slow.channel.isActive, sent < 60 {
                try await rig.publish("own", String(decoding: Self.big, as: UTF8.self))
                sent += 1
                try await rig.publish("all", "\(sent)")
                // After a fan-out of this size the next one waits for company.
                await rig.advance(milliseconds: 20)
            }
            #expect((20...24).contains(sent), "its queue is bounded: \(sent) of 50 kB")
            let expected = (1...sent).map { #"{"push":{"channel":"all","pub":{"data":\#($0),"offset":\#($0)}}}"# }
            for client in others { #expect(try await client.received() == expected) }
            let back = try await rig.connect()
            let line = try await back.ask(
                #"{"id":2,"subscribe":{"channel":"all","recover":true,"offset":0,"epoch":\#(epoch)}}"#
            ).first
            #expect(line?.member("subscribe", "recovered") == "true")
            #expect(line?.ranges(of: #""data":"#).count == sent)
        }
    }
}
