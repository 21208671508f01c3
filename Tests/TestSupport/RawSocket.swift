import NIOCore
import NIOPosix
import Synchronization

/// A connection that sends and sees bytes, whatever they mean.
///
/// **Isolation**: safe from everywhere.
/// **Bounds**: keeps the first `bytesMax` bytes that come.
package final class RawSocket: Sendable {
    private struct Seen {
        var bytes: [UInt8] = []
        var isOver = false
    }

    private final class Collector: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        private let seen: Box<Seen>

        init(_ seen: Box<Seen>) { self.seen = seen }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let bytes = unwrapInboundIn(data).readableBytesView
            seen.with { $0.bytes += bytes.prefix(RawSocket.bytesMax - $0.bytes.count) }
        }

        func channelInactive(context: ChannelHandlerContext) { seen.with { $0.isOver = true } }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private static let bytesMax = 65_536
    private let channel: any Channel
    private let seen: Box<Seen>

    private init(channel: any Channel, seen: Box<Seen>) { (self.channel, self.seen) = (channel, seen) }

    deinit { channel.close(promise: nil) }

    /// Connects to a port of the loopback interface.
    package static func connect(port: Int) async throws -> RawSocket {
        let seen = Box(Seen())
        let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(5))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Collector(seen))
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        return RawSocket(channel: channel, seen: seen)
    }

    /// Sends bytes; that the other side has gone is no error.
    package func send(_ bytes: [UInt8]) async {
        // Losing the error is safe: ``isOver`` tells.
        try? await channel.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    /// Says that nothing more will be sent.
    package func closeOutput() async {
        // Losing the error is safe: a connection that is over has no output.
        try? await channel.close(mode: .output)
    }

    /// Stops or starts reading.
    package func setReading(_ isReading: Bool) async throws {
        try await channel.setOption(.autoRead, value: isReading).get()
    }

    /// Everything that came.
    package var text: String { String(decoding: seen.value.bytes, as: UTF8.self) }

    /// The connection has ended.
    package var isOver: Bool { seen.value.isOver }
}
