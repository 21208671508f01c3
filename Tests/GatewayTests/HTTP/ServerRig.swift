import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle
import Synchronization
import Testing

@testable import Gateway

/// Opens sockets at `/socket`, refuses `/refused`, leaves the rest to the router.
struct TestUpgrades: WebSocketUpgrades {
    let log: ConversationLog

    func upgrade(_ head: HTTPRequest, remote: SocketAddress?) -> UpgradeDecision {
        switch head.path {
        case "/socket":
            let offered = head.offeredSubprotocols
            let subprotocol = offered.contains("centrifuge-protobuf") ? "centrifuge-protobuf" : nil
            return .accept(subprotocol: subprotocol, maxMessageBytes: 65536) { [log] _ in
                RecordingConversation(log: log)
            }
        case "/refused": return .refuse(Problem(.unauthorized, code: "token-invalid", detail: "No.", retryAfter: 7))
        default: return .pass
        }
    }
}

/// A server on a port that the kernel chose, for the time of one test.
struct ServerRig {
    let server: GatewayServer
    let log = ConversationLog()
    let group: ServiceGroup
    private let cancelled = AsyncStream.makeStream(of: Void.self)

    /// Cancels the running server.
    func cancel() { self.cancelled.continuation.finish() }

    private init(limits: TransportLimits) async throws {
        var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        logger.logLevel = .critical
        self.server = try await GatewayServer.bind(
            host: "127.0.0.1", port: 0, router: Self.router(self.log), upgrades: TestUpgrades(log: self.log),
            limits: limits,
            group: MultiThreadedEventLoopGroup.singleton, logger: logger
        )
        self.group = ServiceGroup(services: [self.server], logger: logger)
    }

    private static func router(_ log: ConversationLog) -> Router<GatewayRequestContext> {
        let router = Router(context: GatewayRequestContext.self)
        router.add(middleware: ProblemMiddleware())
        router.get("hello") { _, context in "hello \(context.remoteAddress?.ipAddress ?? "nobody")" }
        router.post("echo") { request, _ in try await request.body.collect(upTo: 1 << 30) }
        router.post("ignore") { _, _ in "ignored" }
        router.get("teapot") { _, _ -> String in throw Problem(.init(code: 418), code: "teapot", detail: "Short.") }
        router.get("broken") { _, _ -> String in throw SecretError(secret: "hunter2") }
        router.post("mirror") { request, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    for try await part in request.body { try await writer.write(part) }
                    try await writer.finish(nil)
                })
        }
        router.get("endless") { _, _ in
            Response(
                status: .ok,
                body: ResponseBody { writer in
                    do { while true { try await writer.write(ByteBuffer(repeating: 0x61, count: 65536)) } } catch {
                        log.add("stopped")
                        throw error
                    }
                })
        }
        router.get("items/:id") { _, _ in "item" }
        router.delete("items/:id") { _, _ in "gone" }
        return router
    }

    struct SecretError: Error { let secret: String }

    /// Runs `body` against a server, then stops it gracefully.
    static func run(
        limits: TransportLimits = TransportLimits(), _ body: @Sendable (ServerRig) async throws -> Void
    ) async throws {
        let rig = try await ServerRig(limits: limits)
        await withTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                await withTaskGroup(of: Void.self) { service in
                    // A server that is cancelled, or ends by itself, fails its group; what counts is that it ends.
                    service.addTask { _ = try? await rig.group.run() }
                    service.addTask { for await _ in rig.cancelled.stream {} }
                    await service.next()
                    service.cancelAll()
                }
            }
            do { try await body(rig) } catch { Issue.record(error) }
            await rig.group.triggerGracefulShutdown()
        }
    }

    func connect() async throws -> RawClient { try await RawClient.connect(port: self.server.port) }

    /// Waits until `condition` holds.
    static func eventually(_ what: Comment, _ condition: () -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(10)
        while !condition() {
            guard ContinuousClock.now < deadline else { throw Late(what: what) }
            let pause = MultiThreadedEventLoopGroup.singleton.next().scheduleTask(in: .milliseconds(2)) {}
            try await pause.futureResult.get()
        }
    }

    struct Late: Error { let what: Comment }
}

/// A client that sends and sees bytes.
final class RawClient: Sendable {
    private final class Received: Sendable {
        let state = Mutex<(bytes: [UInt8], isClosed: Bool)>(([], false))
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        let received: Received
        init(received: Received) { self.received = received }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = Self.unwrapInboundIn(data).readableBytesView
            self.received.state.withLock { $0.bytes += bytes }
        }
        func channelInactive(context: ChannelHandlerContext) { self.received.state.withLock { $0.isClosed = true } }
        func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
            if case ChannelEvent.inputClosed = event { self.received.state.withLock { $0.isClosed = true } }
        }
        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let channel: any Channel
    private let received: Received

    private init(channel: any Channel, received: Received) {
        self.channel = channel
        self.received = received
    }

    deinit { self.channel.close(promise: nil) }

    static func connect(port: Int) async throws -> RawClient {
        let received = Received()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.allowRemoteHalfClosure, value: true)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(received: received))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawClient(channel: channel, received: received)
    }

    func send(_ bytes: [UInt8]) async throws { try await self.channel.writeAndFlush(ByteBuffer(bytes: bytes)) }
    func send(_ text: String) async throws { try await self.send(Array(text.utf8)) }
    func stopReading() async throws { try await self.channel.setOption(.autoRead, value: false).get() }
    func close() async throws { try await self.channel.close() }
    func closeOutput() async throws { try await self.channel.close(mode: .output) }

    /// Everything that came so far.
    var bytes: [UInt8] { self.received.state.withLock { $0.bytes } }
    var text: String { String(decoding: self.bytes, as: UTF8.self) }
    /// The server closed its side.
    var sawEnd: Bool { self.received.state.withLock { $0.isClosed } }

    func waitForEnd() async throws { try await ServerRig.eventually("the server closes") { self.sawEnd } }
    func wait(for part: String, times: Int = 1) async throws {
        try await ServerRig.eventually("'\(part)' in \(self.text)") {
            self.text.ranges(of: part).count >= times
        }
    }
    func wait(forSuffix suffix: [UInt8]) async throws {
        try await ServerRig.eventually("\(suffix) at the end of \(self.bytes.suffix(40))") {
            self.bytes.suffix(suffix.count) == suffix[...]
        }
    }

    /// A handshake as in RFC 6455 §1.3, with fields added or replaced.
    static func handshake(path: String = "/socket", without: Set<String> = [], with extra: [String] = []) -> String {
        let fields = [
            "Host: x", "Upgrade: websocket", "Connection: keep-alive, Upgrade", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ].filter { field in !without.contains { field.hasPrefix($0 + ":") } }
        return "GET \(path) HTTP/1.1\r\n" + (fields + extra).map { $0 + "\r\n" }.joined() + "\r\n"
    }
}
