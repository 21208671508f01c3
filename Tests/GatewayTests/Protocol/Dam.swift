import NIOCore
import NIOEmbedded
import TestSupport

/// A peer that can stop reading: what is written then waits in the channel, which says when it is too much.
final class Dam: Sendable {
    let isShut = Box(false)
    /// Bytes over which a socket's channel is no longer writable.
    static let highMark = 65_536
}

final class DamHandler: ChannelOutboundHandler {
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let dam: Dam
    private var waiting = 0

    init(dam: Dam) { self.dam = dam }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        waiting += Self.unwrapOutboundIn(data).readableBytes
        context.write(data, promise: promise)
        set(isWritable: waiting <= Dam.highMark, context)
    }

    func flush(context: ChannelHandlerContext) {
        guard !dam.isShut.value else { return }
        waiting = 0
        context.flush()
        set(isWritable: true, context)
    }

    private func set(isWritable: Bool, _ context: ChannelHandlerContext) {
        guard let channel = context.channel as? NIOAsyncTestingChannel, channel.isWritable != isWritable else { return }
        channel.isWritable = isWritable
        context.fireChannelWritabilityChanged()
    }
}
