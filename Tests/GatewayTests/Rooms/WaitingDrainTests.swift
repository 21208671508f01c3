import HTTPTypes
import NIOCore
import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct WaitingDrainTests {
    /// Fault A23: a deploy sent everybody away within a second, and all came back at the same moment.
    @Test func drain_whenManyWait_closesThemInPace() async throws {
        try await GatewayRig.run { rig in
            let (rooms, hash) = (RoomOperations(rig.core), LinkSamples.hashText)
            _ = try await rooms.apply(rooms.create(hash: hash, activity: LinkSamples.activity, terms: .fallback))
            let sockets = try await Self.sockets(ClientLimits.drainBurst + 100, at: hash, rig)
            await rig.settle()
            #expect(try await Self.closed(sockets) == 0)
            try await rig.loop.executeInContext {
                for socket in sockets { socket.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent()) }
            }
            var closed = 0
            for (milliseconds, sum) in [(0, 0), (50, 50), (50, 100)] {
                await rig.loop.advanceTime(by: .milliseconds(Int64(milliseconds)))
                closed += try await Self.closed(sockets)
                #expect(closed == ClientLimits.drainBurst + sum)
            }
            // Losing the error is safe: they are closed, which is what finishing is about.
            for socket in sockets { _ = try? await socket.finish(acceptAlreadyClosed: true) }
        }
    }

    private static func sockets(
        _ count: Int, at hash: String, _ rig: GatewayRig
    ) async throws -> [NIOAsyncTestingChannel] {
        let path = "\(ClientUpgrades.waitingPath)?hash=\(hash)&activityName=\(LinkSamples.activity)"
        let head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: path)
        let ask = WaitingAsk(head, remote: nil, secrets: LinkSamples.secrets, now: 0)
        var sockets: [NIOAsyncTestingChannel] = []
        for _ in 0..<count {
            let channel = NIOAsyncTestingChannel(loop: rig.loop)
            try await channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).get()
            try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
                guard let seat = core.seat(of: loop) else { throw ChannelError.inappropriateOperationForState }
                let conversation = WaitingConversation(core: core, seat: seat, ask: ask)
                let socket = WebSocketHandler(eventLoop: loop, maxMessageBytes: 4_096, conversation: conversation)
                try channel.pipeline.syncOperations.addHandler(socket)
                socket.start()
            }
            sockets.append(channel)
        }
        return sockets
    }

    /// How many were told to come back later since the last look.
    private static func closed(_ sockets: [NIOAsyncTestingChannel]) async throws -> Int {
        var count = 0
        for socket in sockets {
            var frames = ServerFrames()
            while let buffer = try await socket.readOutbound(as: ByteBuffer.self) {
                frames.feed(buffer.readableBytesView)
            }
            while let frame = frames.next() { if frame.closeCode == CloseCode.shutdown { count += 1 } }
        }
        return count
    }
}
