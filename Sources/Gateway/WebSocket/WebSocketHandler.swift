import NIOCore

/// The only handler of an upgraded connection: frames in, messages to a conversation, framed bytes out.
///
/// It holds as little as it can, because most connections are idle: whatever is only needed while data is
/// incomplete or while the connection closes lives in ``Rest`` and goes with the need.
///
/// It counts what comes in against the rate of its client: messages, control frames, and fragments by the dozen. It does
/// not speak permessage-deflate and does not time out silent peers: the first is refused in the handshake, the other is
/// the conversation's business.
///
/// - Guarantee: nothing is handed over after a close, a broken rule or ``close(code:reason:flushing:)``,
///   except ``WebSocketConversation/closing(code:)`` for just that, and ``WebSocketConversation/closed()``.
/// - Isolation: the event loop of its channel.
public final class WebSocketHandler: ChannelInboundHandler, RemovableChannelHandler {
    public typealias InboundIn = ByteBuffer
    public typealias OutboundOut = ByteBuffer

    /// The event loop that everything here happens on.
    public let eventLoop: any EventLoop
    private var context: ChannelHandlerContext?
    private var conversation: (any WebSocketConversation)?
    private var rest: Rest?
    private let terms: SocketTerms
    private let maxMessageBytes: Int32
    private var bucket: TokenBucket
    private var state: State = .idle
    private var pongs: UInt8 = 0
    private var needsFlush = false

    /// Creates the handler of one connection; ``start()`` begins the conversation.
    package init(
        eventLoop: any EventLoop, maxMessageBytes: Int, terms: SocketTerms = SocketTerms(),
        conversation: any WebSocketConversation
    ) {
        self.eventLoop = eventLoop
        self.terms = terms
        self.bucket = TokenBucket(perMinute: terms.messagesPerMinute, now: Self.nanoseconds(of: eventLoop))
        self.maxMessageBytes = Int32(clamping: maxMessageBytes)
        self.conversation = conversation
    }

    /// The caller's address: the peer's, unless a trusted proxy said otherwise. Nil once the connection is gone.
    public var remoteAddress: SocketAddress? {
        self.context.flatMap { self.terms.caller ?? $0.remoteAddress }
    }

    /// Bytes that were written and are not yet with the kernel.
    public var pendingBytes: Int {
        guard let options = self.context?.channel.syncOptions else { return 0 }
        // A channel without this option (no socket channel) has no queue to speak of.
        return (try? options.getOption(.bufferedWritableBytes)) ?? 0
    }

    /// Takes a message off what the client may send; false for one too many, with which the socket may have been closed.
    ///
    /// Messages and frames are counted already: this is for a conversation whose messages hold several commands.
    public func passes() -> Bool {
        switch self.bucket.take(now: { Self.nanoseconds(of: self.eventLoop) }) {
        case .passes: return true
        case .refused: return false
        case .cutOff:
            self.close(code: CloseCode.tooManyMessages, reason: "too many requests", flushing: true)
            return false
        }
    }

    private static func nanoseconds(of eventLoop: any EventLoop) -> Int64 {
        Int64(clamping: eventLoop.now.uptimeNanoseconds)
    }

    /// Queues whole frames, as ``FrameWriter`` makes them; dropped once the socket is closing.
    public func write(_ frames: ByteBuffer) {
        self.eventLoop.assertInEventLoop()
        guard self.state == .open, let context = self.context else { return }
        context.write(Self.wrapOutboundOut(frames), promise: nil)
    }

    /// Hands the queued frames to the kernel.
    public func flush() {
        self.eventLoop.assertInEventLoop()
        self.context?.flush()
    }

    /// Ends the connection.
    ///
    /// With `flushing`, queued frames and a close frame go out, and the peer has ``closeTimeout`` to answer. Without,
    /// what is still queued is thrown away and the connection is dropped: for consumers that don't read.
    /// Code 3000 is never sent; it closes after the queue was handed to the kernel.
    ///
    /// - Bounds: at most 123 bytes of `reason` are sent.
    public func close(code: UInt16, reason: String, flushing: Bool) {
        self.eventLoop.assertInEventLoop()
        guard self.state == .open, let context = self.context else { return }
        self.conversation?.closing(code: code)
        guard flushing || self.pendingBytes == 0 else { return self.drop(context) }
        guard code != CloseCode.connectionClosed else { return self.drain(context) }
        self.state = .closing
        self.writeClose(context, code: code, reason: reason)
        self.startCloseTimer()
    }

    /// Begins the conversation; call it when everything that this handler writes reaches the socket as it is.
    package func start() {
        guard self.state == .idle else { return }
        self.state = .open
        self.conversation?.opened(self)
    }

    private func writeClose(_ context: ChannelHandlerContext, code: UInt16?, reason: String) {
        var frame = ByteBuffer()
        FrameWriter.append(close: code, reason: reason, to: &frame)
        context.writeAndFlush(Self.wrapOutboundOut(frame), promise: nil)
    }

    /// Closes our side behind what is queued, reads nothing more, and waits for the peer's end.
    ///
    /// Closing both sides at once would make the kernel answer unread bytes with a reset, and a reset
    /// destroys the close frame that is still on its way to the peer.
    private func drain(_ context: ChannelHandlerContext) {
        self.state = .draining
        self.rest?.reader = nil
        self.startCloseTimer()
        context.flush()
        context.close(mode: .output, promise: nil)
    }

    private func drop(_ context: ChannelHandlerContext) {
        self.state = .draining
        context.close(promise: nil)
    }

    private func startCloseTimer() {
        let rest = self.makeRest()
        guard rest.closeTimer == nil else { return }
        rest.closeTimer = self.eventLoop.assumeIsolated().scheduleTask(in: Self.closeTimeout) {
            self.context?.close(promise: nil)
        }
    }

    private func makeRest() -> Rest {
        if let rest = self.rest { return rest }
        let rest = Rest()
        self.rest = rest
        return rest
    }

    private func finish() {
        self.state = .closed
        self.rest?.closeTimer?.cancel()
        self.rest = nil
        self.context = nil
        let conversation = self.conversation
        self.conversation = nil
        conversation?.closed()
    }
}

extension WebSocketHandler {
    public func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    public func handlerRemoved(context: ChannelHandlerContext) {
        self.finish()
    }

    public func channelInactive(context: ChannelHandlerContext) {
        self.finish()
        context.fireChannelInactive()
    }

    public func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.state == .open || self.state == .closing else { return }
        // Taken, not copied: a second reference would copy the message in progress when it grows.
        var reader = self.rest?.reader.take() ?? MessageReader(maxMessageBytes: Int(self.maxMessageBytes))
        reader.feed(Self.unwrapInboundIn(data))
        while self.state == .open || self.state == .closing {
            let outcome = reader.next()
            if case .incomplete = outcome { return self.keep(reader) }
            self.handle(outcome, context: context)
        }
    }

    /// Keeps the reader only if it holds something.
    private func keep(_ reader: MessageReader) {
        if !reader.isIdle {
            self.makeRest().reader = reader
        } else if let rest = self.rest, rest.closeTimer == nil, rest.latestPing == nil {
            self.rest = nil
        }
    }

    private func handle(_ outcome: MessageAssembler.Outcome, context: ChannelHandlerContext) {
        let isOpen = self.state == .open
        switch outcome {
        case .incomplete: break
        case .text(let message):
            guard isOpen else { break }
            if self.passes() {
                self.conversation?.received(text: message)
            } else if self.state == .open {
                self.conversation?.refused(text: message)
            }
        case .binary(let message): if isOpen, self.passes() { self.conversation?.received(binary: message) }
        case .ping(let payload): if isOpen, self.passes() { self.answer(ping: payload, context: context) }
        case .pong: if isOpen, self.passes() { self.conversation?.receivedPong() }
        case .fragments: if isOpen { _ = self.passes() }
        case .close(let code):
            // RFC 6455 §7.1.1: the server is the one that closes the TCP connection.
            if isOpen { self.writeClose(context, code: code, reason: "") }
            self.drain(context)
        case .violation(let violation):
            if isOpen {
                self.conversation?.closing(code: violation.closeCode)
                self.writeClose(context, code: violation.closeCode, reason: violation.reason)
            }
            self.drain(context)
        }
    }

    private func answer(ping payload: ByteBuffer, context: ChannelHandlerContext) {
        if self.pongs < Self.maxPongsPerRead {
            self.pongs += 1
            self.pong(payload, context: context)
        } else {
            self.makeRest().latestPing = payload
        }
    }

    private func pong(_ payload: ByteBuffer, context: ChannelHandlerContext) {
        guard self.pendingBytes <= Self.maxPendingBytesForPong else { return }
        var frame = ByteBuffer()
        FrameWriter.append(pong: payload, to: &frame)
        context.write(Self.wrapOutboundOut(frame), promise: nil)
        self.needsFlush = true
    }

    public func channelReadComplete(context: ChannelHandlerContext) {
        self.pongs = 0
        if self.state == .open {
            if let ping = self.rest?.latestPing.take() { self.pong(ping, context: context) }
            self.conversation?.readCompleted()
        }
        if self.needsFlush {
            self.needsFlush = false
            context.flush()
        }
    }

    public func channelWritabilityChanged(context: ChannelHandlerContext) {
        guard self.state == .open else { return }
        self.conversation?.writabilityChanged(isWritable: context.channel.isWritable)
    }

    public func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        // The server allows half-closed connections, for HTTP; a WebSocket whose peer is gone is over.
        case ChannelEvent.inputClosed: self.drop(context)
        case is ChannelShouldQuiesceEvent: if self.state == .open { self.conversation?.shuttingDown(self) }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    public func errorCaught(context: ChannelHandlerContext, error: any Error) {
        // Only the channel itself fails here (reset, timeout): there is nobody left to tell.
        self.drop(context)
    }
}
