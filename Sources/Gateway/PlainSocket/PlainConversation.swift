import Journal
import NIOCore
import Store
import Synchronization

/// A channel over a WebSocket without a protocol: what comes in is published, and every publication goes out.
///
/// - Guarantee: a follower that shows a position is given everything after it, or told that it can't have it, or closed.
/// - Isolation: the event loop of its socket.
final class PlainConversation: WebSocketConversation {
    let core: GatewayCore
    let seat: LoopSeat
    let plan: PlainPlan
    let id = ClientID.random()
    var isFlushDue = false
    /// Messages that wait for the engine.
    var inFlight = 0

    private(set) var socket: WebSocketHandler?
    private var subscription: Subscription?
    /// Of the subscription; nil before it, and where it has no positions.
    private var epoch: String?
    /// Requests of the read in progress.
    private var requests: [Request] = []
    private var isCongested = false
    private var isAnswering = true
    private var heartbeat: RepeatedTask?
    private var expiry: Scheduled<Void>?

    init(core: GatewayCore, seat: LoopSeat, plan: PlainPlan) {
        (self.core, self.seat, self.plan) = (core, seat, plan)
    }

    var hub: Hub { seat.hub.value }

    // The conversation, as the socket tells it.

    func opened(_ socket: WebSocketHandler) {
        self.socket = socket
        core.connections.opened(on: .plain)
        hub.users.join(self, of: plan.identity.user)
        startTimers()
        follow()
    }

    /// Follows the channel, before anything is published: one's own publications come, too.
    private func follow() {
        let (engine, loop, channel) = (core.engine, seat.number, plan.channel)
        let request = SubscribeRequest(
            channel: channel, loop: loop, recover: plan.since, limit: PlainLimits.recoveredMax, access: plan.access,
            onlyIfRecovered: !plan.isEnveloped)
        let answer: Return<SubscribeAnswer> = address(
            orElse: { answer in
                if answer.isSubscribed { engine.submit(.unsubscribe(channel: channel, loop: loop)) }
            },
            failed: { me, _ in me.close(CloseCode.tryAgain, "unavailable") },
            { $0.subscribed($1) })
        core.engine.submit(.subscribe(request, answer))
    }

    private func startTimers() {
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        let interval = core.configuration.pingIntervalMilliseconds
        if interval > 0 {
            // Herds spread: the first ping comes after half an interval to a whole one.
            heartbeat = seat.eventLoop.scheduleRepeatedTask(
                initialDelay: .milliseconds(Int64.random(in: (interval + 1) / 2...interval)),
                delay: .milliseconds(interval)
            ) { _ in me.value.beat() }
        }
        guard !core.configuration.insecure, let end = plan.identity.expiresAt else { return }
        let left = max(0, end - core.engine.now)
        expiry = seat.eventLoop.scheduleTask(in: .milliseconds(left)) { me.value.close(.connectionExpired) }
    }

    /// Sends a ping; closes a socket that did not answer the last one.
    private func beat() {
        guard isAnswering else { return close(.noPong) }
        isAnswering = false
        socket?.ping()
    }

    func receivedPong() { isAnswering = true }

    func received(binary: ByteBuffer) { close(CloseCode.unsupportedData, "text only") }

    func readCompleted() { flushQueued() }

    /// There is no frame that says so: who comes back knows that something was not taken.
    func refused(text: ByteBuffer) { close(.tooManyRequests) }

    func closing(code: UInt16) { hub.tally.closed(Int(code), on: .plain) }

    func writabilityChanged(isWritable: Bool) { isCongested = !isWritable }

    func shuttingDown(_ socket: WebSocketHandler) {
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        seat.eventLoop.scheduleTask(in: seat.heartbeat.value.nextGoodbye()) { me.value.close(.shutdown) }
    }

    func closed() {
        guard socket != nil else { return }
        socket = nil
        core.connections.ended(on: .plain)
        heartbeat?.cancel()
        expiry?.cancel()
        hub.users.leave(self, of: plan.identity.user)
        // Messages that came in the same read as the peer's close were not submitted yet.
        submitQueued()
        guard let subscription else { return }
        self.subscription = nil
        hub.close(subscription)
        core.engine.submit(.unsubscribe(channel: plan.channel, loop: seat.number))
    }

    // Towards the engine.

    /// Queues a request of the read in progress.
    func submit(_ request: Request) { requests.append(request) }

    private func submitQueued() {
        guard !requests.isEmpty else { return }
        core.engine.submit(requests)
        requests.removeAll()
    }

    /// The address of an answer; the body runs only if the socket still lives, `orElse` if it doesn't.
    func address<Value: Sendable>(
        orElse: (@Sendable (Value) -> Void)? = nil,
        failed: @escaping @Sendable (PlainConversation, EngineError) -> Void,
        _ body: @escaping @Sendable (PlainConversation, Value) -> Void
    ) -> Return<Value> {
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        return Return(loop: seat.number) { result in
            let conversation = me.value
            switch (result, conversation.socket) {
            case (.success(let value), nil): orElse?(value)
            case (.failure, nil): break
            case (.success(let value), _): body(conversation, value)
            case (.failure(let error), _): failed(conversation, error)
            }
            conversation.hub.flushLater(conversation)
        }
    }

    private func subscribed(_ answer: SubscribeAnswer) {
        guard answer.isSubscribed else {
            guard case .notRecovered(let why) = answer.recovery else { return close(.permissionDenied) }
            return close(CloseCode.notRecovered, "not recovered: \(why.reason.rawValue)")
        }
        subscription = hub.open(plan.channel, at: answer.position, for: self)
        epoch = plan.isRecoverable ? answer.position.epoch : nil
        if case .recovered(let publications) = answer.recovery, !publications.isEmpty {
            write(
                plan.isEnveloped
                    ? PlainEncoder.envelopes(of: publications, epoch: epoch) : PlainEncoder.payloads(of: publications))
        }
        guard plan.isEnveloped else { return }
        // Behind what was recovered: whoever is cut off before this has the position of the last one that it was given.
        if case .notRecovered(let why) = answer.recovery {
            send(PlainEncoder.notRecovered(why, at: answer.position))
        } else {
            send(
                PlainEncoder.subscribed(
                    at: plan.isRecoverable ? answer.position : nil, isRecovered: plan.since != nil))
        }
    }

    // Towards the client.

    /// Sends one message of the server's own with the next flush.
    func send(_ message: [UInt8]) {
        var frames = ByteBuffer()
        FrameWriter.append(text: ByteBuffer(bytes: message), to: &frames)
        write(frames)
        hub.flushLater(self)
    }

    private func write(_ frames: ByteBuffer) {
        guard let socket, takesMore(socket) else { return }
        socket.write(frames)
    }

    /// False for a consumer that is too slow, which is closed; what counts is what it left of everything before.
    private func takesMore(_ socket: WebSocketHandler) -> Bool {
        guard isCongested, socket.hasUnsent(over: PlainLimits.outboundBytesMax) else { return true }
        socket.close(code: Disconnect.slow.rawValue, reason: Disconnect.slow.reason, flushing: false)
        return false
    }

    private func close(_ disconnect: Disconnect) { close(disconnect.rawValue, disconnect.reason) }

    private func close(_ code: UInt16, _ reason: String) {
        submitQueued()
        socket?.flush()
        socket?.close(code: code, reason: reason, flushing: true)
    }
}

extension PlainConversation: HubSubscriber {
    func deliver(_ batch: ChannelBatch) {
        guard let socket, let batch = bearable(batch, socket) else { return }
        write(plan.isEnveloped ? batch.plainEnvelopes(epoch: epoch) : batch.plainPayloads)
    }

    /// Leaves out what a consumer that reads too slowly can do without; nil when nothing is left.
    private func bearable(_ batch: ChannelBatch, _ socket: WebSocketHandler) -> ChannelBatch? {
        guard isCongested, batch.hasEphemeral, core.configuration.namespaces.dropsEphemeral(in: batch.channel),
            socket.hasUnsent(over: PlainLimits.ephemeralBytesMax)
        else { return batch }
        return batch.lasting
    }

    func flushQueued() {
        submitQueued()
        socket?.flush()
    }

    func lost(_ subscription: Subscription) { close(.insufficientState) }

    func epochsChanged(for subscriptions: [Subscription]) { close(.insufficientState) }
}

extension PlainConversation: UserMember {
    func take(_ order: UserOrder) {
        guard socket != nil, order.means(id.text) else { return }
        switch order.action {
        case .disconnect(let code, let reason): close(code, reason)
        // Without its channel there is nothing left of the socket.
        case .unsubscribe(let channel): if channel.isEmpty || channel == plan.channel { close(.forced) }
        case .refresh(let refresh) where refresh.isExpired: close(.connectionExpired)
        // A plain socket has the channel of its address, and ends only with its credentials.
        case .subscribe, .refresh: break
        }
    }
}
