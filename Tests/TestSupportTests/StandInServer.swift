import NIOCore
import NIOHTTP1
import NIOPosix
import NIOWebSocket

/// A tiny server to try the clients of TestSupport on: answers HTTP, and plays a script on a WebSocket.
///
/// It knows nothing of channels: a test gives the frames that the server sends for each text that comes in.
final class StandInServer: Sendable {
    typealias Script = @Sendable (String) -> [WebSocketFrame]

    let port: Int
    private let channel: any Channel

    private init(_ channel: any Channel) {
        self.channel = channel
        port = channel.localAddress?.port ?? 0
    }

    deinit { channel.close(promise: nil) }

    static func start(_ script: @escaping Script = { _ in [] }) async throws -> StandInServer {
        let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                let upgrader = NIOWebSocketServerUpgrader(
                    shouldUpgrade: { channel, head in
                        let answer = channel.eventLoop.makePromise(of: HTTPHeaders?.self)
                        switch head.uri {
                        case "/refuse": answer.succeed(nil)
                        case "/hesitate": channel.closeFuture.whenComplete { _ in answer.succeed(nil) }
                        default: answer.succeed([:])
                        }
                        return answer.futureResult
                    },
                    upgradePipelineHandler: { channel, _ in
                        channel.eventLoop.makeCompletedFuture {
                            try channel.pipeline.syncOperations.addHandler(ScriptPlayer(script))
                        }
                    }
                )
                return channel.eventLoop.makeCompletedFuture {
                    let plain = PlainAnswers()
                    let name = "plain"
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(
                        withServerUpgrade: (
                            upgraders: [upgrader],
                            completionHandler: { context in
                                context.pipeline.syncOperations.removeHandler(name: name, promise: nil)
                            }
                        )
                    )
                    try channel.pipeline.syncOperations.addHandler(plain, name: name)
                }
            }
            .bind(host: "127.0.0.1", port: 0)
            .get()
        return StandInServer(channel)
    }

    static func text(_ text: String) -> WebSocketFrame {
        WebSocketFrame(fin: true, opcode: .text, data: ByteBuffer(string: text))
    }

    static func close(_ code: UInt16, _ reason: String) -> WebSocketFrame {
        var data = ByteBuffer()
        data.writeInteger(code)
        data.writeString(reason)
        return WebSocketFrame(fin: true, opcode: .connectionClose, data: data)
    }
}

/// Sends what the script says for each text.
private final class ScriptPlayer: ChannelInboundHandler {
    typealias InboundIn = WebSocketFrame
    typealias OutboundOut = WebSocketFrame

    private let script: StandInServer.Script

    init(_ script: @escaping StandInServer.Script) {
        self.script = script
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let frame = unwrapInboundIn(data)
        switch frame.opcode {
        case .text:
            for frame in script(String(buffer: frame.unmaskedData)) {
                context.write(wrapOutboundOut(frame), promise: nil)
            }
            context.flush()
        case .connectionClose: context.close(promise: nil)
        default: break
        }
    }
}

/// Answers plain requests: echoes the method, path and body; `/bye` ends the connection instead of answering;
/// `/events` is a stream of two events.
private final class PlainAnswers: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private var head: HTTPRequestHead?
    private var body = ByteBuffer()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var part): body.writeBuffer(&part)
        case .end: answer(context)
        }
    }

    private func answer(_ context: ChannelHandlerContext) {
        guard let head, head.uri != "/bye" else { return context.close(promise: nil) }
        if head.uri == "/silence" { return }
        let isStream = head.uri == "/events"
        let resumed = head.headers.first(name: "Last-Event-ID") ?? "none"
        let text =
            isStream
            ? ": hello\n\nid: a\ndata: \(resumed)\n\nevent: not-recovered\ndata: {}\n\n"
            : "\(head.method) \(head.uri) " + String(buffer: body)
        var headers = HTTPHeaders()
        if !isStream { headers.add(name: "Content-Length", value: "\(text.utf8.count)") }
        context.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: .ok, headers: headers))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        if !isStream { context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil) }
    }
}
