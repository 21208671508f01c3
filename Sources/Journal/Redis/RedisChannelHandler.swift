import NIOCore

/// Carries out what the pipeline decides: writes commands, reads replies, keeps the deadline timer.
///
/// **Isolation**: everything on the event loop of its channel.
final class RedisChannelHandler: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    /// Told once, on the event loop.
    typealias Waiter = (Result<RESPReply, RedisError>) -> Void

    private let eventLoop: any EventLoop
    private let place: String
    private let reader: RESPReader
    private var pipeline: RedisPipelineStateMachine<Waiter>
    private var channel: (any Channel)?
    private var timer: (task: Scheduled<Void>, at: Int64)?
    /// True while a passed deadline was looked at once, and no reply came since.
    private var isSecondLook = false
    private var onPush: ((RedisPush) -> Void)?
    private let ended: EventLoopPromise<RedisError>

    private static let secondLook = TimeAmount.milliseconds(2)

    init(place: String, limits: RedisLimits, eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.place = place
        reader = RESPReader(limits: limits)
        pipeline = RedisPipelineStateMachine(limits: limits)
        ended = eventLoop.makePromise()
    }

    /// Succeeds with the reason when the connection ended.
    var endFuture: EventLoopFuture<RedisError> { ended.futureResult }

    var isOpen: Bool { pipeline.closeReason == nil }
    var inFlightCount: Int { pipeline.inFlightCount }

    func handlerAdded(context: ChannelHandlerContext) { channel = context.channel }

    func channelInactive(context: ChannelHandlerContext) {
        close(.closed("Redis at \(place) closed the connection"))
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        close(error as? RedisError ?? .closed("the connection to Redis at \(place) failed: \(error)"))
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard isOpen else { return }
        let buffer = unwrapInboundIn(data)
        do throws(RedisError) {
            try buffer.withUnsafeReadableBytes { (bytes) throws(RedisError) in
                try reader.read(bytes) { receive($0) }
            }
        } catch {
            close(error)
        }
    }

    private func receive(_ reply: RESPReply) {
        isSecondLook = false
        if let onPush, isOpen, let push = RedisPush(reply) {
            onPush(push)
            return
        }
        switch pipeline.received() {
        case .answer(let waiter): waiter(.success(reply))
        case .drop: break
        case .violation:
            // Redis says why it closes a connection in a reply that nobody asked for.
            let text = reply.serverError.map { "Redis at \(place) closed the connection: \($0.description)" }
            close(.closed(text ?? "Redis at \(place) sent a reply that nobody asked for"))
        }
    }

    /// Writes commands with one flush and answers the waiter once for each, in order.
    func send(_ commands: some Collection<RedisCommand>, deadline: TimeAmount, _ waiter: @escaping Waiter) {
        guard let channel, !commands.isEmpty else {
            for _ in commands { waiter(.failure(.closed("the connection to Redis at \(place) is not open"))) }
            return
        }
        var buffer = channel.allocator.buffer(capacity: commands.count * 64)
        var refusal = pipeline.refusal(of: commands.count)
        if refusal == nil, !commands.allSatisfy({ !$0.isEmpty && $0.write(into: &buffer) }) {
            refusal = .busy("no memory for a command to Redis")
        }
        if let refusal {
            for _ in commands { waiter(.failure(refusal)) }
            return
        }
        let latest = (NIODeadline.now() + deadline).uptime
        for _ in commands { pipeline.sent(waiter, deadline: latest) }
        let count = buffer.readableBytes
        pipeline.queued(bytes: count)
        // The loop calls back on itself, so the handler crosses nothing.
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        channel.writeAndFlush(buffer).whenComplete { _ in bound.value.pipeline.flushed(bytes: count) }
        arm(at: latest)
    }

    /// From now on replies may be pushes.
    func startPushing(_ onPush: @escaping (RedisPush) -> Void) { self.onPush = onPush }

    private func arm(at time: Int64) {
        if let timer {
            guard time < timer.at else { return }
            timer.task.cancel()
        }
        let bound = NIOLoopBound(self, eventLoop: eventLoop)
        let task = eventLoop.scheduleTask(deadline: .uptimeNanoseconds(UInt64(clamping: time))) {
            bound.value.timerFired()
        }
        timer = (task, time)
    }

    private func timerFired() {
        timer = nil
        switch pipeline.deadlineAction(at: NIODeadline.now().uptime) {
        case .idle: break
        case .wait(let until): arm(at: until)
        case .expired where !isSecondLook:
            // Perhaps this loop was held up, and not Redis: then the replies are in the socket, and are read before the next timer.
            isSecondLook = true
            arm(at: (NIODeadline.now() + Self.secondLook).uptime)
        case .expired: close(.timedOut("Redis at \(place) did not answer within the deadline"))
        }
    }

    /// Ends the connection and tells everybody who waits.
    func close(_ reason: RedisError) {
        guard isOpen else { return }
        let waiters = pipeline.close(reason)
        timer?.task.cancel()
        timer = nil
        onPush = nil
        channel?.close(promise: nil)
        for waiter in waiters { waiter(.failure(reason)) }
        ended.succeed(reason)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        close(.closed("the connection to Redis at \(place) ended"))
        channel = nil
    }
}

extension NIODeadline {
    /// Monotonic nanoseconds, as the pipeline counts them.
    var uptime: Int64 { Int64(clamping: uptimeNanoseconds) }
}
