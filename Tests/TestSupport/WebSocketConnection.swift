import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket
import Synchronization

/// The end of a WebSocket: the code and reason of the server's Close frame, or nothing when the TCP connection just ended.
package struct SocketEnd: Sendable, Hashable {
    package let code: Int?
    package let reason: String

    /// The end as a test expects it.
    package init(code: Int?, reason: String) {
        self.code = code
        self.reason = reason
    }
}

/// The server answered the handshake with something else than an upgrade.
package struct UpgradeRefused: Error {}

/// A WebSocket client connection: text frames out, text messages in, and how it ended.
///
/// **Isolation**: safe from everywhere. The callback runs on the connection's event loop, in the order of the frames.
package final class WebSocketConnection: Sendable {
    private let channel: any Channel
    private let endOfSocket: EndOfSocket

    private init(channel: any Channel, endOfSocket: EndOfSocket) {
        self.channel = channel
        self.endOfSocket = endOfSocket
    }

    /// How the connection ended, or nil while it is open.
    package var end: SocketEnd? { endOfSocket.value }

    /// Opens a WebSocket to a path of the loopback interface.
    /// - Parameters:
    ///   - limit: the time for the handshake.
    ///   - onText: gets every text message.
    ///   - onEnd: is called before `end` has its value.
    ///   - afterEnd: is called when `end` has its value.
    package static func open(
        port: Int,
        path: String,
        headers: [(String, String)] = [],
        within limit: Duration = .seconds(10),
        onText: @escaping @Sendable (String) -> Void,
        onEnd: @escaping @Sendable (SocketEnd) -> Void = { _ in },
        afterEnd: @escaping @Sendable () -> Void = {}
    ) async throws -> WebSocketConnection {
        let end = EndOfSocket(onEnd: onEnd, afterEnd: afterEnd)
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        head.headers.add(name: "Host", value: "127.0.0.1:\(port)")
        head.headers.add(name: "Content-Length", value: "0")
        head.headers.add(contentsOf: headers)
        let request = head
        let opened = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .connect(host: "127.0.0.1", port: port) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try upgrade(channel, request, within: limit) { WebSocketClientHandler(onText: onText, end: end) }
                }
            }
        return WebSocketConnection(channel: try await opened.get(), endOfSocket: end)
    }

    /// Sends the handshake, and fails when its answer does not come in time or refuses.
    private static func upgrade(
        _ channel: any Channel,
        _ request: HTTPRequestHead,
        within limit: Duration,
        _ handler: @escaping @Sendable () -> WebSocketClientHandler
    ) throws -> EventLoopFuture<any Channel> {
        let upgrader = NIOTypedWebSocketClientUpgrader<any Channel>(
            maxFrameSize: 1 << 24,
            enableAutomaticErrorHandling: false
        ) { channel, _ in
            channel.eventLoop.makeCompletedFuture {
                try channel.pipeline.syncOperations.addHandler(handler())
                return channel
            }
        }
        let configuration = NIOTypedHTTPClientUpgradeConfiguration(
            upgradeRequestHead: request,
            upgraders: [upgrader]
        ) { channel in
            channel.close(promise: nil)
            return channel.eventLoop.makeFailedFuture(UpgradeRefused())
        }
        var pipeline = NIOUpgradableHTTPClientPipelineConfiguration(upgradeConfiguration: configuration)
        // By default NIO drops the frames that come in one read with the answer to the handshake.
        pipeline.leftOverBytesStrategy = .forwardBytes
        let negotiated = try channel.pipeline.syncOperations.configureUpgradableHTTPClientPipeline(
            configuration: pipeline)
        let promise = channel.eventLoop.makePromise(of: (any Channel).self)
        let timeout = channel.eventLoop.scheduleTask(in: TimeAmount(limit)) {
            promise.fail(DeadlinePassed(what: "answer to the upgrade to \(request.uri)", limit: limit))
            channel.close(promise: nil)
        }
        negotiated.whenComplete { _ in timeout.cancel() }
        negotiated.cascade(to: promise)
        return promise.futureResult
    }

    /// Sends a text message in one frame.
    package func send(_ text: String) {
        send(opcode: .text, ByteBuffer(string: text))
    }

    /// Sends a frame as it is given.
    package func send(opcode: WebSocketOpcode, _ data: ByteBuffer) {
        let frame = WebSocketFrame(fin: true, opcode: opcode, maskKey: .random(), data: data)
        channel.writeAndFlush(frame, promise: nil)
    }

    /// Says goodbye with a Close frame; the server answers and ends the connection.
    package func close() {
        var data = ByteBuffer()
        data.writeInteger(UInt16(1000))
        send(opcode: .connectionClose, data)
    }

    /// Drops the TCP connection without a word.
    package func abort() {
        channel.close(promise: nil)
    }

    /// Stops or starts reading from the socket, to play a consumer that is slow.
    package func setReading(_ isReading: Bool) {
        channel.setOption(.autoRead, value: isReading).whenComplete { _ in }
    }

    /// Waits for the end of the connection.
    package func waitForEnd(within limit: Duration = .seconds(10)) async throws -> SocketEnd {
        try await eventuallySome(within: limit, "end of the socket") { end }
    }

    /// Runs on the event loop of the connection, failing after the deadline.
    func answer<Value: Sendable>(
        within limit: Duration,
        _ what: String,
        start: (EventLoopPromise<Value>) -> Void
    ) async throws -> Value {
        try await channel.answer(within: limit, what, start: start)
    }
}

/// The place where the handler leaves how its connection ended: once.
final class EndOfSocket: Sendable {
    private struct State {
        var isClaimed = false
        var end: SocketEnd?
    }

    private let state = Mutex(State())
    private let onEnd: @Sendable (SocketEnd) -> Void
    private let afterEnd: @Sendable () -> Void

    init(onEnd: @escaping @Sendable (SocketEnd) -> Void, afterEnd: @escaping @Sendable () -> Void) {
        self.onEnd = onEnd
        self.afterEnd = afterEnd
    }

    var value: SocketEnd? { state.withLock { $0.end } }

    func set(_ end: SocketEnd) {
        let isFirst = state.withLock { state in
            defer { state.isClaimed = true }
            return !state.isClaimed
        }
        guard isFirst else { return }
        onEnd(end)
        state.withLock { $0.end = end }
        afterEnd()
    }
}

/// Assembles text messages, answers Ping and Close.
final class WebSocketClientHandler: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let onText: @Sendable (String) -> Void
    private let end: EndOfSocket
    private var message = ByteBuffer()

    init(onText: @escaping @Sendable (String) -> Void, end: EndOfSocket) {
        self.onText = onText
        self.end = end
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        var payload = frame.unmaskedData
        switch frame.opcode {
        case .text, .continuation:
            message.writeBuffer(&payload)
            guard frame.fin else { return }
            onText(String(buffer: message))
            message.clear()
        case .ping:
            let pong = WebSocketFrame(fin: true, opcode: .pong, maskKey: .random(), data: payload)
            context.writeAndFlush(wrapOutboundOut(pong), promise: nil)
        case .connectionClose:
            let code = payload.readInteger(as: UInt16.self).map(Int.init)
            end.set(SocketEnd(code: code, reason: String(buffer: payload)))
            let echo = WebSocketFrame(fin: true, opcode: .connectionClose, maskKey: .random(), data: frame.unmaskedData)
            context.writeAndFlush(wrapOutboundOut(echo), promise: nil)
        default:
            break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        end.set(SocketEnd(code: nil, reason: ""))
        context.fireChannelInactive()
    }
}
