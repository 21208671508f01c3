import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOExtras
import NIOPosix
import NIOSSL
import ServiceLifecycle

/// Serves HTTP and WebSockets on one port, plain or over TLS.
///
/// Binding and serving are two steps, so that a port that is taken is told before anything else was done.
/// Connections that come between the two wait in the kernel's queue.
///
/// On graceful shutdown it stops accepting, tells every connection (``WebSocketConversation/shuttingDown(_:)``;
/// HTTP finishes the request in progress), and ``run()`` returns when the last is gone. It does not bound
/// how long that takes: the service group does. On cancellation it does not wait.
public struct GatewayServer: Service {
    /// The port that it listens on; what the kernel chose if 0 was asked for.
    public let port: Int
    /// The listening socket.
    package let listener: any Channel
    private let quiescing: ServerQuiescingHelper
    private let gated: GatedChannel
    private let connections: AsyncStream<GatedConnection>
    private let arrivals: AsyncStream<GatedConnection>.Continuation
    private let logger: Logger

    /// Connections that wait for a task, not counting those that have one; over it they are dropped.
    private static let maxWaitingConnections = 16384

    /// Listens, without accepting yet.
    ///
    /// - Errors: ``GatewayServerError``.
    /// - Parameter router: put ``ProblemMiddleware`` on it first, so that errors of routes are problems, too.
    public static func bind<Context: RequestContext>(
        host: String, port: Int, router: Router<Context>, upgrades: any WebSocketUpgrades,
        limits: TransportLimits = TransportLimits(), tls: ServerTLS? = nil, group: any EventLoopGroup, logger: Logger
    ) async throws(GatewayServerError) -> GatewayServer where Context.Source == ApplicationRequestContextSource {
        guard (0...65535).contains(port) else { throw .portOutOfRange(port) }
        let entry = RouterEntry(router: router, logger: logger, refused: upgrades.refused)
        let gated = GatedChannel(responder: entry.respond, upgrades: upgrades, limits: limits)
        let quiescing = ServerQuiescingHelper(group: group)
        let (connections, arrivals) = AsyncStream.makeStream(
            of: GatedConnection.self, bufferingPolicy: .bufferingOldest(self.maxWaitingConnections)
        )
        let bootstrap = ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: CInt(clamping: limits.backlog))
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: UInt(clamping: limits.acceptsPerTurn))
            .serverChannelOption(.autoRead, value: false)
            .serverChannelInitializer { listener in
                listener.eventLoop.makeCompletedFuture {
                    try listener.pipeline.syncOperations.addHandler(
                        quiescing.makeServerChannelHandler(channel: listener))
                }
            }
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(.recvAllocator, value: TransportLimits.receiveBuffers)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if let tls {
                        try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: tls.context))
                    }
                    try gated.install(on: channel, logger: logger) { connection in
                        guard connection.speaksHTTP else { return }
                        if case .enqueued = arrivals.yield(connection) { return }
                        connection.channel.close(promise: nil)
                    }
                }
            }
        let listener: any Channel
        do {
            listener = try await bootstrap.bind(host: host, port: port).get()
        } catch {
            throw GatewayServerError(error, host: host, port: port)
        }
        return GatewayServer(
            port: listener.localAddress?.port ?? port, listener: listener, quiescing: quiescing, gated: gated,
            connections: connections, arrivals: arrivals, logger: logger
        )
    }

    /// Accepts and serves until graceful shutdown or cancellation, or until the listening socket fails.
    public func run() async throws {
        let drained = self.listener.eventLoop.makePromise(of: Void.self)
        drained.futureResult.whenComplete { [arrivals] _ in arrivals.finish() }
        self.listener.closeFuture.whenComplete { [quiescing] _ in quiescing.initiateShutdown(promise: drained) }
        try await withTaskCancellationOrGracefulShutdownHandler {
            try await self.listener.setOption(.autoRead, value: true).get()
            await withDiscardingTaskGroup { group in
                for await connection in self.connections {
                    group.addTask { await self.gated.handle(value: connection, logger: self.logger) }
                }
            }
        } onCancelOrGracefulShutdown: {
            self.quiescing.initiateShutdown(promise: nil)
        }
    }
}
