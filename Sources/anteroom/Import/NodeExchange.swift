import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// Sends one batch to a node over a connection of its own and gathers the answer.
///
/// An import has few, large batches: a connection for each spares all the states of one that is kept.
///
/// - Isolation: confined to the event loop of its channel.
final class NodeExchange: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    /// Time to reach the node.
    static let connectDeadline = TimeAmount.seconds(10)
    /// From the request to the end of the answer: a batch waits for the node's disk.
    static let answerDeadline = TimeAmount.seconds(60)
    /// Bytes of an answer.
    static let answerBytesMax = 1_048_576

    private let head: HTTPRequestHead
    private let body: ByteBuffer
    private var promise: EventLoopPromise<NodeAnswer>?
    private var received: HTTPResponseHead?
    private var gathered: [UInt8] = []
    private var deadline: Scheduled<Void>?

    private init(head: HTTPRequestHead, body: ByteBuffer, promise: EventLoopPromise<NodeAnswer>) {
        (self.head, self.body, self.promise) = (head, body, promise)
    }

    /// Asks the node.
    ///
    /// - Errors: ``Exit`` with one sentence when there is no whole answer.
    static func run(
        _ body: ByteBuffer, to address: NodeAddress, apiKey: String?, group: any EventLoopGroup
    ) async throws -> NodeAnswer {
        var head = HTTPRequestHead(version: .http1_1, method: .POST, uri: address.prefix + "/api/import")
        head.headers.add(name: "Host", value: address.authority)
        head.headers.add(name: "Content-Type", value: "application/x-ndjson")
        head.headers.add(name: "Content-Length", value: String(body.readableBytes))
        head.headers.add(name: "Connection", value: "close")
        if let apiKey { head.headers.add(name: "X-API-Key", value: apiKey) }
        let request = head
        do {
            let tls = try address.isSecure ? NIOSSLContext(configuration: .makeClientConfiguration()) : nil
            let promise = group.any().makePromise(of: NodeAnswer.self)
            do {
                _ = try await ClientBootstrap(group: group).connectTimeout(connectDeadline).channelInitializer {
                    channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        if let tls { try pipeline.addHandler(try encryption(tls, host: address.host)) }
                        try pipeline.addHTTPClientHandlers()
                        try pipeline.addHandler(NodeExchange(head: request, body: body, promise: promise))
                    }
                }.connect(host: address.host, port: address.port).get()
            } catch {
                promise.fail(error)
                throw error
            }
            return try await promise.futureResult.get()
        } catch {
            throw Exit(.unavailable, "\(address.description) can't be asked: \(NodeFault(error).reason).")
        }
    }

    /// An address is no name that a certificate could be asked for.
    private static func encryption(_ tls: NIOSSLContext, host: String) throws -> NIOSSLClientHandler {
        // The failure only says that the host is a name.
        let isAddress = (try? SocketAddress(ipAddress: host, port: 0)) != nil
        return try NIOSSLClientHandler(context: tls, serverHostname: isAddress ? nil : host)
    }

    func channelActive(context: ChannelHandlerContext) {
        send(context)
        context.fireChannelActive()
    }

    private func send(_ context: ChannelHandlerContext) {
        let channel = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: Self.answerDeadline) {
            let (handler, context) = channel.value
            handler.finish(.failure(NodeFault(reason: "there is no answer in time")), context)
        }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): received = head
        case .body(let part):
            guard gathered.count + part.readableBytes <= Self.answerBytesMax else {
                return finish(.failure(NodeFault(reason: "the answer has too many bytes")), context)
            }
            gathered.append(contentsOf: part.readableBytesView)
        case .end:
            guard let received else { return }
            let retryAfter = received.headers.first(name: "Retry-After").flatMap { Int($0) }
            let answer = NodeAnswer(
                status: Int(received.status.code), retryAfter: retryAfter.map { max(0, $0) }, body: gathered)
            finish(.success(answer), context)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { finish(.failure(error), context) }

    func channelInactive(context: ChannelHandlerContext) {
        finish(.failure(NodeFault(reason: "the connection ended before the answer")), context)
        context.fireChannelInactive()
    }

    private func finish(_ result: Result<NodeAnswer, any Error>, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        deadline = nil
        guard let promise else { return }
        self.promise = nil
        promise.completeWith(result)
        context.close(promise: nil)
    }
}

/// Why a node could not be asked, as the end of a sentence.
struct NodeFault: Error {
    let reason: String

    init(reason: String) { self.reason = reason }

    init(_ error: any Error) {
        switch error {
        case let fault as NodeFault: self = fault
        case let error as IOError: reason = String(cString: strerror(error.errnoCode))
        case let error as NIOConnectionError:
            let first = error.connectionErrors.first?.error
            if let first {
                self = NodeFault(first)
            } else {
                reason = "the host can't be resolved"
            }
        case ChannelError.connectTimeout: reason = "it can't be reached in time"
        default: reason = "\(error)"
        }
    }
}
