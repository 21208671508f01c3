import HTTPTypes
import Hummingbird
import Journal
import Logging
import Migrations
import NIOCore
import NIOPosix
import ServiceLifecycle
import Store
import TestSupport
import Testing

@testable import Gateway

/// Runs a racer on a real socket.
private final class RaceSocket: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let make: (RaceSocket, (any Channel)) -> Racer
    private(set) var racer: Racer?
    private var head: [UInt8] = []
    private var isOpen = false
    private var frames = ServerFrames()

    init(make: @escaping (RaceSocket, any Channel) -> Racer) { self.make = make }

    func channelActive(context: ChannelHandlerContext) {
        let request = RawClient.handshake(path: ClientUpgrades.path)
        context.writeAndFlush(Self.wrapOutboundOut(ByteBuffer(string: request)), promise: nil)
        racer = make(self, context.channel)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Self.unwrapInboundIn(data).readableBytesView
        if isOpen {
            frames.feed(bytes)
        } else {
            head += bytes
            let end = Array("\r\n\r\n".utf8)
            guard let range = head.firstRange(of: end) else { return }
            isOpen = true
            frames.feed(head[range.upperBound...])
            racer?.connected()
        }
        while let frame = frames.next() {
            if frame.opcode == 8 { context.close(promise: nil) }
            for line in frame.lines { racer?.take(line) }
        }
    }

    func channelInactive(context: ChannelHandlerContext) { racer?.disconnected() }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
}

@Suite struct LiveRaceTests {
    private static let channels = ["race:a", "race:b", "race:c"]

    /// Promise: with several publishers at full speed, each client's stream is the position of its reply and then every
    /// publication behind it: never a push before the reply, no gap, no repetition; and what one client saw, all saw.
    @Test func subscribing_whileOthersPublishAtFullSpeed_isContiguous() async throws {
        let seed = UInt64.random(in: .min ... .max)
        print("race seed \(seed)")
        let (facts, isFinishing) = (Box(RaceFacts()), Box(false))
        try await Self.withGateway { port, engine in
            try await withThrowingTaskGroup(of: Void.self) { group in
                for number in 0..<8 {
                    group.addTask {
                        try await Self.race("r\(number)", seed &+ UInt64(number), port, facts, isFinishing)
                    }
                }
                var random = SeededGenerator(seed: seed)
                let end = ContinuousClock.now + .seconds(8)
                while ContinuousClock.now < end, !Self.isEnough(facts.value) {
                    try await Self.burst(engine, batches: 1 + random.index(below: 30))
                    try await Self.catchUp(engine, facts, isEnd: false)
                }
                isFinishing.value = true
                try await Self.catchUp(engine, facts, isEnd: true)
                group.cancelAll()
            }
        }
        let seen = facts.value
        #expect(seen.violations == [], "seed \(seed)")
        #expect(
            Self.isEnough(seen),
            "hardly a race: \(seen.pushes) pushes, \(seen.recovered) recovered, \(seen.fresh) fresh")
        print(
            "race: \(seen.contents.count) publications, \(seen.pushes) pushes, \(seen.fresh) fresh, \(seen.recovered) recovered,",
            "\(seen.resyncs) told to resync, \(seen.drops) drops"
        )
    }

    private static func isEnough(_ facts: RaceFacts) -> Bool {
        facts.pushes > 20_000 && facts.recovered > 300 && facts.fresh > 150 && facts.drops > 10
    }

    /// Three publishers at full speed.
    private static func burst(_ engine: Engine, batches: Int) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<3 {
                group.addTask {
                    for batch in 0..<batches {
                        engine.submit(
                            (0..<6).map { index in
                                let draft = GatewayRig.draft(
                                    channels[index % 3], "[\(number),\(batch),\(index)]", size: 5_000)
                                return .write(draft, .granted, Return(loop: nil) { _ in })
                            })
                        // As fast as the engine goes, without a queue that only grows.
                        let _: [String: Int] = try await engine.ask { .channels($0) }
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    /// Waits until nobody who is subscribed is behind: commands then race with pushes again, not with a queue of pushes.
    ///
    /// - Parameter isEnd: everybody is to be subscribed, too.
    private static func catchUp(_ engine: Engine, _ facts: Box<RaceFacts>, isEnd: Bool) async throws {
        var tops: [String: Int] = [:]
        for channel in channels {
            let answer: HistoryAnswer = try await engine.ask {
                .history(channel: channel, HistoryFilter(limit: 0), limitMax: 0, .granted, $0)
            }
            tops[channel] = Int(answer.position.offset)
        }
        try await eventually("every client sees the end of every channel") {
            let next = facts.value.next
            guard !isEnd || next.count == 8 * channels.count else { return false }
            return channels.allSatisfy { channel in
                let seen = next.filter { $0.key.hasSuffix(" " + channel) }.map(\.value)
                // Clients publish, too: the top may be higher by now, but in the end it is one for all.
                return seen.allSatisfy { $0 > tops[channel] ?? .max } && (!isEnd || Set(seen).count == 1)
            }
        }
    }

    /// Comes back with its positions whenever its connection ends.
    private static func race(
        _ name: String, _ seed: UInt64, _ port: Int, _ facts: Box<RaceFacts>, _ isFinishing: Box<Bool>
    ) async throws {
        let loop = MultiThreadedEventLoopGroup.singleton.next()
        let last = NIOLoopBoundBox<Racer?>.makeEmptyBox(valueType: Racer.self, eventLoop: loop)
        while !Task.isCancelled {
            let channel = try await ClientBootstrap(group: loop)
                .channelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let socket = RaceSocket { _, channel in
                            let racer = Racer(
                                name, seed: seed, channels: channels, facts: facts, isFinishing: isFinishing,
                                resuming: last.value,
                                send: { channel.writeAndFlush(ByteBuffer(bytes: ClientFrames.text($0)), promise: nil) },
                                drop: { channel.close(promise: nil) })
                            last.value = racer
                            return racer
                        }
                        try channel.pipeline.syncOperations.addHandler(socket)
                    }
                }
                .connect(host: "127.0.0.1", port: port).get()
            await withTaskCancellationHandler {
                // The end of the connection is what is awaited, whatever the reason.
                try? await channel.closeFuture.get()
            } onCancel: {
                channel.close(promise: nil)
            }
        }
    }

    /// Runs `body` against a gateway on a port that the kernel chose, and sees to it that nothing is left behind.
    private static func withGateway(_ body: (Int, Engine) async throws -> Void) async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 2)
        let directory = try TemporaryDirectory()
        let engine = try Engine(EngineConfiguration(directory: directory.data, durability: .os, loops: 2))
        let core = try GatewayCore(
            engine: engine, configuration: GatewayConfiguration(), terms: ServiceTerms(), group: group, logger: .silent)
        try await serve(core, on: group) { try await body($0, engine) }
        try await eventually("no subscription is left behind") {
            let left: [String: Int] = try await engine.ask { .channels($0) }
            return left.isEmpty
        }
        #expect(core.connections.total == 0)
        #expect(engine.stop() == nil)
        try await group.shutdownGracefully()
    }

    /// Serves the client protocol and nothing else. A function of its own, because a server must not outlive its group.
    private static func serve(
        _ core: GatewayCore, on group: any EventLoopGroup, _ body: (Int) async throws -> Void
    ) async throws {
        let server = try await GatewayServer.bind(
            host: "127.0.0.1", port: 0, router: Router(context: GatewayRequestContext.self),
            upgrades: ClientUpgrades(core: core),
            group: group, logger: .silent)
        let services = ServiceGroup(services: [server], logger: .silent)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await services.run() }
            try await body(server.port)
            await services.triggerGracefulShutdown()
            try await tasks.waitForAll()
        }
    }
}
