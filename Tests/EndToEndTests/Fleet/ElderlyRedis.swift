import NIOCore
import NIOPosix
import TestSupport

/// A stand-in for a Redis that is too old, where none is at hand: it answers whatever it is asked as such a server does.
struct ElderlyRedis: Sendable {
    let port: Int
    private let channel: any Channel

    /// Listens on a free port.
    init(version: String) async throws {
        port = try PortAllocator.free()
        channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Answering(version: version))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
    }

    func close() async throws { try await channel.close() }

    /// One reply for each command, which arrive whole because they are small.
    private final class Answering: ChannelInboundHandler {
        typealias InboundIn = ByteBuffer
        typealias OutboundOut = ByteBuffer
        private let version: String

        init(version: String) { self.version = version }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let lines = String(buffer: unwrapInboundIn(data)).split(separator: "\r\n")
            let names = lines.indices.filter { lines[$0].hasPrefix("*") }.map { lines[$0 + 2] }
            for name in names {
                let reply = name == "INFO" ? bulk(information) : name == "CONFIG" ? "*0\r\n" : "+OK\r\n"
                context.write(wrapOutboundOut(ByteBuffer(string: reply)), promise: nil)
            }
            context.flush()
        }

        private var information: String {
            let id = String(repeating: "a", count: 40)
            return "redis_version:\(version)\r\nrun_id:\(id)\r\nrole:master\r\nmaster_replid:\(id)\r\n"
                + "cluster_enabled:0\r\n"
        }

        private func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }
    }
}
