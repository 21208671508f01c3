import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The methods that the tests use.
package enum HTTPVerb: String, Sendable {
    case GET, POST, PUT, PATCH, DELETE
}

/// An HTTP answer, whole.
package struct HTTPAnswer: Sendable {
    package let status: Int
    let headers: HTTPHeaders
    package let body: String

    /// The first header field of that name.
    package func header(_ name: String) -> String? { headers.first(name: name) }

    /// The body as JSON, or nil when it is none.
    package var json: JSONValue? {
        // Losing the error is safe: the caller asks whether there is JSON.
        try? JSONValue(parsing: body)
    }
}

/// A small HTTP/1.1 client with kept-alive connections to one port of the loopback interface.
///
/// **Isolation**: safe from everywhere; concurrent requests use a connection each.
/// **Bounds**: every request has a deadline; nothing is ever sent twice.
package final class TestHTTP: Sendable {
    private let port: Int
    private let deadline: Duration
    private let headers: [(String, String)]
    private let idle = Mutex<[any Channel]>([])

    /// - Parameter headers: fields that every request carries.
    package init(port: Int, deadline: Duration = .seconds(10), headers: [(String, String)] = []) {
        self.port = port
        self.deadline = deadline
        self.headers = headers
    }

    deinit {
        idle.withLock { channels in channels.forEach { $0.close(promise: nil) } }
    }

    /// Gets a path.
    package func get(_ path: String, headers: [(String, String)] = []) async throws -> HTTPAnswer {
        try await send(.GET, path, headers: headers)
    }

    /// Posts a JSON document.
    package func post(
        _ path: String,
        _ document: JSONValue,
        headers: [(String, String)] = []
    ) async throws -> HTTPAnswer {
        try await send(.POST, path, headers: headers, body: document.text)
    }

    /// Sends a request and waits for the whole answer.
    ///
    /// A body without a `Content-Type` field is announced as JSON.
    package func send(
        _ method: HTTPVerb,
        _ path: String,
        headers: [(String, String)] = [],
        body: String? = nil
    ) async throws -> HTTPAnswer {
        let channel = try await connection()
        var head = HTTPRequestHead(version: .http1_1, method: HTTPMethod(rawValue: method.rawValue), uri: path)
        head.headers.add(name: "Host", value: "127.0.0.1:\(port)")
        head.headers.add(contentsOf: self.headers + headers)
        let bytes = body.map { ByteBuffer(string: $0) }
        if let bytes {
            head.headers.add(name: "Content-Length", value: "\(bytes.readableBytes)")
            if !head.headers.contains(name: "Content-Type") {
                head.headers.add(name: "Content-Type", value: "application/json")
            }
        }
        let answer = try await channel.answer(within: deadline, "answer to \(method) \(path)") { promise in
            // A closed channel has no handlers any more: then only the write itself tells.
            channel.writeAndFlush(HTTPExchange(head: head, body: bytes, answer: promise)).cascadeFailure(to: promise)
        }
        if answer.header("Connection")?.lowercased() == "close" {
            channel.close(promise: nil)
        } else {
            idle.withLock { $0.append(channel) }
        }
        return answer
    }

    private func connection() async throws -> any Channel {
        let kept = idle.withLock { channels in
            channels.removeAll { !$0.isActive }
            return channels.popLast()
        }
        if let kept { return kept }
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(HTTPExchangeHandler())
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
    }
}

extension Channel {
    /// Starts something that completes a promise, and fails it and closes the channel when the deadline passes first.
    func answer<Value: Sendable>(
        within limit: Duration,
        _ what: String,
        start: (EventLoopPromise<Value>) -> Void
    ) async throws -> Value {
        let promise = eventLoop.makePromise(of: Value.self)
        let timeout = eventLoop.scheduleTask(in: TimeAmount(limit)) {
            promise.fail(DeadlinePassed(what: what, limit: limit))
            self.close(promise: nil)
        }
        start(promise)
        defer { timeout.cancel() }
        return try await promise.futureResult.get()
    }
}

/// A request with the promise of its answer.
struct HTTPExchange: Sendable {
    let head: HTTPRequestHead
    let body: ByteBuffer?
    let answer: EventLoopPromise<HTTPAnswer>
}

/// The connection ended before the answer was complete: the outcome of the request is unknown.
package struct ConnectionEnded: Error {
    /// The error for any connection.
    package init() {}
}

/// Runs one exchange at a time on a connection.
final class HTTPExchangeHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPExchange
    typealias OutboundOut = HTTPClientRequestPart

    private var waiting: EventLoopPromise<HTTPAnswer>?
    private var head: HTTPResponseHead?
    private var body = ByteBuffer()

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let exchange = unwrapOutboundIn(data)
        guard context.channel.isActive else { return exchange.answer.fail(ConnectionEnded()) }
        waiting = exchange.answer
        context.write(wrapOutboundOut(.head(exchange.head)), promise: nil)
        if let body = exchange.body { context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil) }
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head):
            self.head = head
            body.clear()
        case .body(var part):
            body.writeBuffer(&part)
        case .end:
            guard let head else { return }
            let answer = HTTPAnswer(status: Int(head.status.code), headers: head.headers, body: String(buffer: body))
            waiting?.succeed(answer)
            waiting = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        waiting?.fail(error)
        waiting = nil
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        waiting?.fail(ConnectionEnded())
        waiting = nil
        context.fireChannelInactive()
    }
}
