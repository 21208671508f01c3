import NIOCore

/// One connection to one Redis: commands go out in order, replies come back in order.
///
/// - Guarantee: a command is sent at most once. When a deadline passes, the connection closes and everything in flight
///   fails as `timedOut`, so that a late reply never answers another command.
/// - Errors: an error *reply* is a `RESPReply` like any other; `RESPReply.checked` throws it.
/// - Isolation: safe from everywhere; what its documentation calls "on the loop" must be called on `eventLoop`.
public final class RedisConnection: Sendable {
    /// Where everything of the connection happens.
    public let eventLoop: any EventLoop
    /// What it is connected to.
    public let address: RedisAddress
    /// Succeeds with the reason when the connection ended.
    public let closeFuture: EventLoopFuture<RedisError>
    private let handler: NIOLoopBound<RedisChannelHandler>

    /// Called once for each command of a batch, in order, on the loop.
    public typealias Waiter = (Result<RESPReply, RedisError>) -> Void

    init(address: RedisAddress, handler: RedisChannelHandler, eventLoop: any EventLoop) {
        self.address = address
        self.eventLoop = eventLoop
        closeFuture = handler.endFuture
        self.handler = NIOLoopBound(handler, eventLoop: eventLoop)
    }

    deinit {
        // A connection that nobody holds can't be used any more, and must not stay open.
        let handler = handler
        eventLoop.execute { handler.value.close(.closed("the connection to Redis was dropped")) }
    }

    /// Sends a command.
    ///
    /// Errors: `busy` when it was not sent; `timedOut`, `closed`, `protocolViolation` when its outcome is unknown.
    public func send(_ command: RedisCommand, deadline: TimeAmount) -> EventLoopFuture<RESPReply> {
        let promise = eventLoop.makePromise(of: RESPReply.self)
        onLoop { $0.send(CollectionOfOne(command), deadline: deadline) { promise.complete(with: $0) } }
        return promise.futureResult
    }

    /// Sends commands with one flush; succeeds with one reply for each, in order.
    ///
    /// Errors: as `send` of one; one failure fails all.
    public func send(_ commands: [RedisCommand], deadline: TimeAmount) -> EventLoopFuture<[RESPReply]> {
        let promise = eventLoop.makePromise(of: [RESPReply].self)
        guard !commands.isEmpty else {
            promise.succeed([])
            return promise.futureResult
        }
        onLoop { handler in
            var replies: [RESPReply] = []
            replies.reserveCapacity(commands.count)
            handler.send(commands, deadline: deadline) { result in
                switch result {
                case .success(let reply):
                    replies.append(reply)
                    if replies.count == commands.count { promise.succeed(replies) }
                case .failure(let error): promise.fail(error)
                }
            }
        }
        return promise.futureResult
    }

    /// Sends commands with one flush; on the loop, without futures: the way of the hot pipelines.
    ///
    /// - Parameter waiter: called once for each command, in order; perhaps before this returns, when nothing was sent.
    public func sendOnLoop(_ commands: [RedisCommand], deadline: TimeAmount, _ waiter: @escaping Waiter) {
        handler.value.send(commands, deadline: deadline, waiter)
    }

    /// Subscribes to channels and stays in push mode: nothing but PING may be sent afterwards.
    ///
    /// - Parameters:
    ///   - isSharded: SSUBSCRIBE (the channels of one slot stay on its node) instead of SUBSCRIBE.
    ///   - onPush: called on the loop for every message, in order, from the confirmation on.
    /// - Returns: a future that succeeds when every channel is confirmed.
    public func subscribe(
        to channels: [[UInt8]], isSharded: Bool = true, deadline: TimeAmount,
        onPush: @escaping @Sendable (RedisPush) -> Void
    ) -> EventLoopFuture<Void> {
        // One command for each channel, so that each has exactly one confirmation.
        let commands = channels.map { RedisCommand(isSharded ? "SSUBSCRIBE" : "SUBSCRIBE").appending($0) }
        return eventLoop.flatSubmit { [self] in
            handler.value.startPushing(onPush)
            return send(commands, deadline: deadline)
        }
        .flatMapThrowing { replies in
            for reply in replies { _ = try reply.checked() }
        }
    }

    /// Commands that wait for their reply; on the loop.
    public var inFlightCount: Int { handler.value.inFlightCount }

    /// Whether commands can still be sent; on the loop.
    public var isOpen: Bool { handler.value.isOpen }

    /// Ends the connection; what is in flight fails as `closed`.
    public func close() {
        onLoop { $0.close(.closed("the connection to Redis was closed by this node")) }
    }

    private func onLoop(_ body: @escaping @Sendable (RedisChannelHandler) -> Void) {
        let handler = handler
        if eventLoop.inEventLoop { body(handler.value) } else { eventLoop.execute { body(handler.value) } }
    }
}

extension EventLoopPromise where Value: Sendable {
    /// Completes with a result of a typed error.
    func complete(with result: Result<Value, RedisError>) {
        switch result {
        case .success(let value): succeed(value)
        case .failure(let error): fail(error)
        }
    }
}
