import Foundation
import HTTPTypes
import Journal
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Store
import Synchronization

@testable import Gateway

/// A rig that listens on a real port.
struct StreamRig: Sendable {
    let rig: RouteRig
    let port: Int
    let group: ServiceGroup

    /// Serves while the body runs; the rig is stopped afterwards.
    static func run(
        _ configuration: GatewayConfiguration = .development, directory: String? = nil,
        lane: (any FleetLane)? = nil,
        _ body: @Sendable (StreamRig) async throws -> Void
    ) async throws {
        var configuration = configuration
        // Streams that a test leaves open end at once; a test of the drain asks for less than the default.
        if configuration.drainSeconds == GatewayConfiguration().drainSeconds { configuration.drainSeconds = 0 }
        try await RouteRig.run(configuration, directory: directory, lane: lane) { rig in
            let server = try await GatewayServer.bind(
                host: "127.0.0.1", port: 0, router: GatewayRouter(core: rig.core).make(),
                upgrades: ClientUpgrades(core: rig.core), limits: TransportLimits(rig.core),
                group: RouteRig.group, logger: Logger(label: "test"))
            let services = ServiceGroup(
                configuration: ServiceGroupConfiguration(services: [server], logger: Logger(label: "test")))
            try await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await services.run() }
                try await body(StreamRig(rig: rig, port: server.port, group: services))
                await services.triggerGracefulShutdown()
                try await tasks.waitForAll()
            }
        }
    }

    /// Asks for a stream and returns the connection.
    func open(_ path: String, _ fields: [String: String] = [:]) async throws -> StreamClient {
        let client = try await StreamClient.connect(port: port)
        let lines = fields.map { "\($0): \($1)\r\n" }.joined()
        try await client.send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(lines)\r\n")
        return client
    }

    func publish(_ channel: String, _ data: String, _ rest: String = "") async throws {
        _ = try await rig.send(
            .post, "/api/publish", #"{"channel":"\#(channel)","data":\#(data)\#(rest)}"#, RouteRig.key)
    }

    /// The stream of this channel has joined it.
    func waitForSubscribers(of channel: String, count: Int) async throws {
        let deadline = ContinuousClock.now + StreamClient.patience
        while true {
            let totals = try await rig.core.engine.ask { .channels($0) }
            if totals[channel, default: 0] == count { return }
            guard ContinuousClock.now < deadline else {
                throw StreamClient.Late(waitingFor: "subscribers", text: "\(totals)")
            }
            await Task.yield()
        }
    }
}

/// A client that collects what it is sent.
final class StreamClient: Sendable {
    static let patience = Duration.seconds(20)

    struct Late: Error {
        let waitingFor: String
        let text: String
    }

    private let channel: any Channel
    private let collector: NIOLoopBound<Collector>

    private init(_ channel: any Channel, _ collector: NIOLoopBound<Collector>) {
        self.channel = channel
        self.collector = collector
    }

    static func connect(port: Int) async throws -> StreamClient {
        let channel = try await ClientBootstrap(group: RouteRig.group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector())
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        let collector = try await channel.eventLoop.submit {
            NIOLoopBound(
                try channel.pipeline.syncOperations.handler(type: Collector.self), eventLoop: channel.eventLoop)
        }.get()
        return StreamClient(channel, collector)
    }

    func send(_ text: String) async throws {
        try await channel.writeAndFlush(ByteBuffer(string: text)).get()
    }

    /// Waits until a text came so many times, and returns everything that came.
    @discardableResult func wait(for needle: String, times: Int = 1) async throws -> String {
        try await wait(needle) { text, _ in
            text.split(separator: needle, omittingEmptySubsequences: false).count > times
        }
    }

    /// Waits until the server closed the connection.
    @discardableResult func waitForEnd() async throws -> String {
        try await wait("the end") { _, isOver in isOver }
    }

    private func wait(_ what: String, _ condition: @escaping @Sendable (String, Bool) -> Bool) async throws -> String {
        let (collector, loop) = (collector, channel.eventLoop)
        return try await loop.flatSubmit {
            let promise = loop.makePromise(of: String.self)
            collector.value.wait(what, condition, promise)
            let deadline = loop.scheduleTask(in: TimeAmount(Self.patience)) {
                promise.fail(Late(waitingFor: what, text: String(collector.value.text.suffix(2_000))))
            }
            promise.futureResult.whenComplete { _ in deadline.cancel() }
            return promise.futureResult
        }.get()
    }

    /// What came so far, the chunks joined.
    var text: String { get async throws { try await wait("anything") { _, _ in true } } }

    func stopReading() async throws { try await channel.setOption(.autoRead, value: false).get() }
    func readOn() async throws { try await channel.setOption(.autoRead, value: true).get() }
    func close() async throws { try await channel.close() }

    /// From now on takes one byte, and only when it is told to.
    func readByByte() async throws {
        try await stopReading()
        try await channel.setOption(.maxMessagesPerRead, value: 1).get()
        try await channel.setOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 1)).get()
    }

    func readByte() { channel.read() }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer

        private var raw = ByteBuffer()
        private var isOver = false
        private var waiting: [(String, (String, Bool) -> Bool, EventLoopPromise<String>)] = []

        /// What came, without the sizes of the chunks.
        var text: String {
            let raw = String(buffer: raw)
            guard let end = raw.firstRange(of: "\r\n\r\n"), raw.contains("chunked") else { return raw }
            var (rest, text) = (raw[end.upperBound...].utf8, String(raw[..<end.upperBound]))
            while let line = rest.firstIndex(of: 10),
                let size = Int(String(rest[..<line].dropLast()) ?? "", radix: 16), size > 0
            {
                let chunk = rest[rest.index(after: line)...]
                text += String(chunk.prefix(size)) ?? ""
                rest = chunk.dropFirst(size + 2)
            }
            return text
        }

        func wait(_ what: String, _ condition: @escaping (String, Bool) -> Bool, _ promise: EventLoopPromise<String>) {
            waiting.append((what, condition, promise))
            check()
        }

        private func check() {
            guard !waiting.isEmpty else { return }
            let text = text
            let (met, unmet) = (waiting.filter { $0.1(text, isOver) }, waiting.filter { !$0.1(text, isOver) })
            waiting = isOver ? [] : unmet
            for (_, _, promise) in met { promise.succeed(text) }
            if isOver { for (what, _, promise) in unmet { promise.fail(Late(waitingFor: what, text: text)) } }
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            raw.writeImmutableBuffer(Self.unwrapInboundIn(data))
        }

        func channelReadComplete(context: ChannelHandlerContext) { check() }

        func channelInactive(context: ChannelHandlerContext) {
            isOver = true
            check()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }
}
