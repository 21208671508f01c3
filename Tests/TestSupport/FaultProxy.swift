import Foundation
import NIOCore
import NIOPosix

/// A TCP proxy between a client and a server on this machine that delays, slices, holds and cuts.
///
/// **Guarantee**: the process is gone with the last reference.
package final class FaultProxy: Sendable {
    /// What it does to the bytes from now on.
    package enum Fault: Sendable {
        case latency(milliseconds: Int)
        case slice(bytes: Int)
        /// Bytes wait, connections stay open.
        case blackHole
        /// What the server sends waits, on connections whose client's newest command has this word in it.
        case stall(command: String)
        /// All connections are reset.
        case reset
        /// The server hears an end of the stream.
        case halfClose
        /// The next connection that sent so many bytes to the server is reset.
        case cut(afterBytes: Int)
        case none

        var line: String {
            switch self {
            case .latency(let milliseconds): "latency \(milliseconds)"
            case .slice(let bytes): "slice \(bytes)"
            case .blackHole: "blackhole"
            case .stall(let command): "stall \(command)"
            case .reset: "reset"
            case .halfClose: "half-close"
            case .cut(let bytes): "cut-after \(bytes)"
            case .none: "clear"
            }
        }
    }

    /// Where clients connect.
    package let port: Int
    private let controlPort: Int
    private let child: ChildProcess

    /// Starts a proxy before the server on `target` and waits until it takes commands.
    package init(to target: Int) async throws {
        port = try PortAllocator.free()
        controlPort = try PortAllocator.free()
        let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("faultproxy.py")
        child = try ChildProcess("python3", [script.path, "\(port)", "\(target)", "\(controlPort)"])
        try await eventually("the fault proxy takes commands") {
            if let status = child.exitStatus { throw ServerEnded(status: status, output: child.output) }
            // Losing the error is safe: not answering is the normal state of a program that is starting.
            return (try? await set(.none)) != nil
        }
    }

    deinit { child.signal(SIGKILL) }

    /// Changes what it does; returns when it does so.
    package func set(_ fault: Fault) async throws {
        let promise = MultiThreadedEventLoopGroup.singleton.next().makePromise(of: Void.self)
        let connecting = ClientBootstrap(group: promise.futureResult.eventLoop)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(FirstRead(promise))
                }
            }
            .connect(host: "127.0.0.1", port: controlPort)
        connecting.whenFailure { promise.fail($0) }
        let channel = try await connecting.get()
        try await channel.writeAndFlush(ByteBuffer(string: fault.line + "\n"))
        try await promise.futureResult.get()
        try await channel.close()
    }
}

/// Waits for the proxy's `ok`.
private final class FirstRead: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    private let promise: EventLoopPromise<Void>

    init(_ promise: EventLoopPromise<Void>) { self.promise = promise }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) { promise.succeed() }

    func channelInactive(context: ChannelHandlerContext) { promise.fail(ChannelError.eof) }
}
