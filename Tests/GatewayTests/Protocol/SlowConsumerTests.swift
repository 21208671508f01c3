import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct SlowConsumerTests {
    private static func subscribe(_ id: Int, _ channel: String, _ more: String = "") -> String {
        #"{"id":\#(id),"subscribe":{"channel":"\#(channel)"\#(more)}}"#
    }

    private static let big = "\"" + String(repeating: "x", count: 50_000) + "\""

    @Test func slowConsumer_whenItStopsReading_isDroppedAndOthersGoOn() async throws {
        try await GatewayRig.run { rig in
            let dam = Dam()
            let (slow, other) = (try await rig.connect(dam: dam), try await rig.connect(dam: Dam()))
            let channels = ["a", "b", "c"]
            var epoch = ""
            for client in [slow, other] {
                for (index, channel) in channels.enumerated() {
                    epoch =
                        try await client.ask(Self.subscribe(index + 2, channel)).first?.member("subscribe", "epoch")
                        ?? ""
                }
            }
            dam.isShut.value = true
            var sent = 0
            while slow.channel.isActive, sent < 60 {
                try await rig.publish(channels[sent % 3], Self.big)
                sent += 1
            }
            // The bound, and the one publication over it that was not written any more.
            let most = ClientLimits.outboundBytesMax / 50_000 + 2
            #expect((most - 1...most).contains(sent), "\(sent) of 50 kB")
            #expect(try await slow.closes() == [], "nobody reads a close frame behind such a queue")
            #expect(try await other.received().count == sent)
            #expect(rig.core.connections.total == 1)
            #expect(try await rig.channels() == ["a": 1, "b": 1, "c": 1])
            try await rig.publish("a", "1")
            #expect(try await other.received().count == 1)

            let back = try await rig.connect()
            var recovered = 0
            for (index, channel) in channels.enumerated() {
                let position = #","recover":true,"offset":0,"epoch":\#(epoch)"#
                let line = try await back.ask(Self.subscribe(index + 2, channel, position)).first ?? ""
                #expect(line.member("subscribe", "recovered") == "true")
                recovered += line.ranges(of: #""offset":"#).count
            }
            #expect(recovered == sent + 1, "what it missed is all there")
        }
    }

    @Test func burst_whenOneRoundIsOverTheBound_closesNobodyWhoReads() async throws {
        try await GatewayRig.run { rig in
            let reader = try await rig.connect(dam: Dam())
            for (index, channel) in ["a", "b", "c"].enumerated() {
                _ = try await reader.ask(Self.subscribe(index + 2, channel))
            }
            let gate = try await EngineGate(rig.engine)
            defer { gate.open() }
            let count = 90
            for number in 0..<count {
                rig.engine.submit(
                    .write(
                        GatewayRig.draft(["a", "b", "c"][number % 3], Self.big), .granted, Return(loop: nil) { _ in }))
            }
            gate.open()
            await rig.settle()
            #expect(try await reader.received().count == count, "1.5 MB a channel in one hand-over, all read at once")
            #expect(reader.channel.isActive)
        }
    }

    @Test func commands_whenTheirRepliesAreNotRead_endTheConnection() async throws {
        try await GatewayRig.run { rig in
            let dam = Dam()
            let client = try await rig.connect(dam: dam)
            dam.isShut.value = true
            let flood = String(repeating: #"{"id":4294967295,"ping":{}}"#, count: 900)
            var reads = 0
            while client.channel.isActive, reads < 60 {
                try await client.send(flood)
                reads += 1
            }
            #expect(!client.channel.isActive)
            #expect(reads > 5, "replies up to the bound are kept")
        }
    }
}
