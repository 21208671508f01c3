import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// A reader of one Server-Sent Events stream.
package final class SSEClient: Sendable {
    private let channel: any Channel
    private let stream: StreamRecord

    private init(channel: any Channel, stream: StreamRecord) {
        self.channel = channel
        self.stream = stream
    }

    /// Opens a stream and waits for the head of the answer.
    /// - Parameter lastEventID: sent as `Last-Event-ID`, as a browser does when it comes back.
    package static func open(
        port: Int,
        path: String,
        lastEventID: String? = nil,
        within limit: Duration = .seconds(10)
    ) async throws -> SSEClient {
        let stream = StreamRecord()
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(StreamReader(stream))
                }
            }
            .connect(host: "127.0.0.1", port: port)
            .get()
        var head = HTTPRequestHead(version: .http1_1, method: .GET, uri: path)
        head.headers.add(name: "Host", value: "127.0.0.1:\(port)")
        head.headers.add(name: "Accept", value: "text/event-stream")
        if let lastEventID { head.headers.add(name: "Last-Event-ID", value: lastEventID) }
        try await channel.writeAndFlush(head)
        let client = SSEClient(channel: channel, stream: stream)
        try await eventually(within: limit, "head of the stream \(path)") { client.status != nil || client.isEnded }
        return client
    }

    /// The status of the answer, once its head came.
    package var status: Int? { stream.read { $0.status } }
    /// Every event so far.
    package var events: [SSEEvent] { stream.read { $0.events } }
    /// How many comment lines came.
    package var commentCount: Int { stream.read { $0.parser.commentCount } }
    /// True once the stream ended, from either side.
    package var isEnded: Bool { stream.read { $0.isEnded } }

    /// Waits until that many events came, and returns them all.
    package func waitForEvents(_ count: Int, within limit: Duration = .seconds(10)) async throws -> [SSEEvent] {
        try await eventually(within: limit, "\(count) events; there are \(events)") { events.count >= count }
        return events
    }

    /// Drops the connection.
    package func close() {
        channel.close(promise: nil)
    }
}

/// What came on a stream.
final class StreamRecord: Sendable {
    struct State {
        var parser = SSEParser()
        var status: Int?
        var events: [SSEEvent] = []
        var isEnded = false
    }

    private let state = Mutex(State())

    func read<Value: Sendable>(_ body: (State) -> Value) -> Value {
        state.withLock { body($0) }
    }

    func begin(status: Int) {
        state.withLock { $0.status = status }
    }

    func take(_ bytes: ByteBuffer) {
        state.withLock { state in state.events += state.parser.take(bytes.readableBytesView) }
    }

    func end() {
        state.withLock { $0.isEnded = true }
    }
}

/// Writes one request and hands what comes to the record.
final class StreamReader: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPRequestHead
    typealias OutboundOut = HTTPClientRequestPart

    private let record: StreamRecord

    init(_ record: StreamRecord) {
        self.record = record
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        context.write(wrapOutboundOut(.head(unwrapOutboundIn(data))), promise: nil)
        context.write(wrapOutboundOut(.end(nil)), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): record.begin(status: Int(head.status.code))
        case .body(let part): record.take(part)
        case .end: context.close(promise: nil)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        record.end()
        context.fireChannelInactive()
    }
}
