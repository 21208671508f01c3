import Glibc
import Migrations
import NIOCore
import NIOEmbedded
import Store
import Synchronization
import TestSupport
import Testing

@testable import Gateway

@Suite struct ConnectionEndTests {
    private static func subscribe(_ id: Int, _ channel: String = "c", _ more: String = "") -> String {
        #"{"id":\#(id),"subscribe":{"channel":"\#(channel)"\#(more)}}"#
    }

    private static let publish = #"{"id":9,"publish":{"channel":"c","data":1}}"#

    @Test func close_whenASubscribeIsInFlight_leavesNothingBehind() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            let gate = try await EngineGate(rig.engine)
            defer { gate.open() }
            let messages =
                Self.subscribe(2) + Self.subscribe(3, "d") + #"{"id":4,"unsubscribe":{"channel":"d"}}"#
                + Self.subscribe(5, "d")
            try await client.channel.writeInbound(ByteBuffer(bytes: ClientFrames.text(messages)))
            try await client.channel.close().get()
            gate.open()
            await rig.settle()
            #expect(try await rig.channels() == [:])
            #expect(try await client.received() == [])
            #expect(rig.core.connections.total == 0)
        }
    }

    @Test func close_whenSubscribed_leavesNothingBehind() async throws {
        try await GatewayRig.run { rig in
            let (client, other) = (try await rig.connect(), try await rig.connect())
            for subscriber in [client, other] { try await subscriber.send(Self.subscribe(2) + Self.subscribe(3, "d")) }
            #expect(try await rig.channels() == ["c": 2, "d": 2])
            await client.drop()
            #expect(try await rig.channels() == ["c": 1, "d": 1])
            let hubCount = try await rig.loop.executeInContext { other.connection.value.hub.subscriptionCount }
            #expect(hubCount == 2)
            #expect(rig.core.connections.total == 1)
        }
    }

    @Test func closing_whenAnswersComeBehindTheClose_sendsNothingMore() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            _ = try await client.ask(Self.subscribe(2))
            let gate = try await EngineGate(rig.engine)
            defer { gate.open() }
            try await client.channel.writeInbound(
                ByteBuffer(bytes: ClientFrames.text(Self.publish + Self.subscribe(3, "d"))))
            try await client.channel.writeInbound(ByteBuffer(bytes: ClientFrames.text("nonsense")))
            gate.open()
            await rig.settle()
            #expect(try await client.received() == [])
            #expect(try await client.closes() == [3501])
            #expect(client.framesAfterClose == 0)
            #expect(try await rig.publish("c", "2") == 2, "what came before is done")
            await rig.advance(milliseconds: 6_000)
            #expect(try await rig.channels() == [:], "the peer did not answer the close: it is gone all the same")
            #expect(try await client.closes() == [3501])
        }
    }

    @Test func engine_whenBusy_isAnsweredWithAReasonAndMayBeAskedAgain() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            let gate = try await EngineGate(rig.engine)
            defer { gate.open() }
            rig.engine.submit(
                Array(repeating: .channels(Return(loop: nil) { _ in }), count: EngineLimits.queuedRequestsMax))
            let messages =
                Self.subscribe(2) + #"{"id":3,"unsubscribe":{"channel":"c"}}"# + Self.subscribe(4) + Self.publish
                + #"{"id":5,"history":{"channel":"c"}}"#
            try await client.channel.writeInbound(ByteBuffer(bytes: ClientFrames.text(messages)))
            await rig.loop.run()
            await rig.loop.run()
            let busy = #""error":{"code":111,"message":"too many requests","temporary":true,"reason":"busy: "#
            var lines = try await client.received()
            for id in [2, 9, 5, 4] {
                #expect(lines.contains { $0.hasPrefix("{\"id\":\(id)," + busy) }, "\(id)")
            }
            #expect(lines.contains(#"{"id":3,"unsubscribe":{}}"#))
            #expect(lines.count == 5)
            gate.open()
            await rig.settle()
            lines = try await client.ask(Self.subscribe(6))
            #expect(
                lines.first?.hasPrefix(#"{"id":6,"subscribe":{"#) ?? false,
                "a refused subscribe is not in the way of the next")
            #expect(try await rig.channels() == ["c": 1])
        }
    }

    @Test func engine_whenStopping_isAnsweredWithTheReason() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            _ = rig.engine.stop()
            try await client.send(Self.subscribe(2) + Self.publish)
            await rig.loop.run()
            let lines = try await client.received()
            for id in [2, 9] {
                #expect(
                    lines.contains(
                        #"{"id":\#(id),"error":{"code":100,"message":"internal server error","temporary":true,"#
                            + #""reason":"stopping: the node is stopping"}}"#))
            }
            #expect(try await client.closes() == [])
        }
    }

    @Test func drain_whenCommandsAreInFlight_answersThemAndCloses() async throws {
        try await GatewayRig.run { rig in
            let (client, idle, silent) = (try await rig.connect(), try await rig.connect(), try await rig.open())
            let gate = try await EngineGate(rig.engine)
            defer { gate.open() }
            try await client.channel.writeInbound(
                ByteBuffer(bytes: ClientFrames.text(Self.subscribe(2) + Self.publish)))
            for peer in [client, idle, silent] {
                try await rig.loop.executeInContext {
                    peer.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
                }
            }
            await rig.loop.run()
            #expect(try await idle.closes() == [3001])
            #expect(try await silent.closes() == [3001])
            try await client.channel.writeInbound(
                ByteBuffer(bytes: ClientFrames.text(#"{"id":7,"ping":{}}"# + "nonsense")))
            #expect(try await client.closes() == [], "its commands are not answered yet")
            gate.open()
            await rig.settle()
            let lines = try await client.received()
            // The push of its own publication may go under: it is behind the position that the client comes back with.
            #expect(lines.compactMap { $0.member("id") } == ["2", "9"])
            #expect(lines.first?.hasPrefix(#"{"id":2,"#) ?? false)
            #expect(try await client.closes() == [3001])
            #expect(client.framesAfterClose == 0)
        }
    }

    /// Row O1: who is sent away comes back at once, so they are sent in pace.
    @Test func drain_whenMany_closesThemInPace() async throws {
        try await GatewayRig.run { rig in
            var clients: [RigClient] = []
            for _ in 0..<(ClientLimits.drainBurst + 100) { clients.append(try await rig.open()) }
            let channels = clients.map(\.channel)
            try await rig.loop.executeInContext {
                for channel in channels { channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            }
            var closed: [Int] = []
            for milliseconds in [0, 50, 50] {
                await rig.loop.advanceTime(by: .milliseconds(Int64(milliseconds)))
                var count = 0
                for client in clients where try await client.closes() == [3001] { count += 1 }
                closed.append(count)
            }
            #expect(closed == [ClientLimits.drainBurst, ClientLimits.drainBurst + 50, ClientLimits.drainBurst + 100])
        }
    }

    @Test func idleConnection_whenConnected_isSmall() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            // In no module of the platform, but in every C library that this is tested with.
            let symbol = try #require(dlsym(nil, "malloc_usable_size"))
            let size = unsafeBitCast(symbol, to: (@convention(c) (UnsafeRawPointer) -> Int).self)
            let bytes = try await rig.loop.executeInContext {
                size(Unmanaged.passUnretained(client.connection.value).toOpaque())
            }
            // The allocator may hand out a slightly larger block than it was asked for.
            #expect(bytes <= 208, "\(bytes) bytes, once for each idle connection")
        }
    }
}
