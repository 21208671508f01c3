import JSONBytes
import Journal
import NIOCore
import Store
import Synchronization

/// One connection of the client protocol: carries out what the state machine decides.
///
/// Commands of one read go to the engine together; replies and pushes of one hand-over leave with one flush.
///
/// - Isolation: the event loop of its socket.
final class ClientConnection: WebSocketConversation {
    let core: GatewayCore
    let seat: LoopSeat
    let id = ClientID.random()
    var machine = ClientStateMachine()
    var identity = Identity.anonymous
    var subscriptions = SubscriptionTable()
    /// Places in waiting rooms that this connection holds, by their links.
    var places: [String: HeldPlace] = [:]
    /// Place in the heartbeat; nil before the connect.
    var beat: BeatPlace?
    // Small things lie together: there are many connections.
    var isFlushDue = false
    /// Something other than a ping or a pong went either way since the last ping.
    var wasUsed = true
    /// Pings since then.
    var quietBeats: UInt32 = 0
    private(set) var isCongested = false
    /// A connect that waits for the engine; nil for most, and for all who are connected.
    var connecting: ConnectInProgress?

    private(set) var socket: WebSocketHandler?
    /// Requests of the read in progress.
    private var requests: [Request] = []
    /// Replies that wait for their frame: JSON, one a line.
    private var replies: ByteBuffer?

    init(core: GatewayCore, seat: LoopSeat) {
        self.core = core
        self.seat = seat
    }

    var hub: Hub { seat.hub.value }

    // The conversation, as the socket tells it.

    func opened(_ socket: WebSocketHandler) {
        self.socket = socket
        core.connections.opened(on: .client)
        seat.heartbeat.value.arrived(self)
    }

    func received(text: ByteBuffer) { take(text, isAllowed: true) }

    func refused(text: ByteBuffer) { take(text, isAllowed: false) }

    func closing(code: UInt16) { hub.tally.closed(Int(code), on: .client) }

    private func take(_ text: ByteBuffer, isAllowed: Bool) {
        do throws(JSONError) { try scan(text, isAllowed: isAllowed) } catch { carryOut(.malformed) }
    }

    private func scan(_ text: ByteBuffer, isAllowed: Bool) throws(JSONError) {
        var failure: JSONError?
        // The message was counted as one: each further command in it counts as well.
        var (isAllowed, isFirst) = (isAllowed, true)
        text.withUnsafeReadableBytes { bytes in
            do throws(JSONError) {
                try CommandScanner.scan(bytes) { command in
                    // Without an id it is a pong, or a reason to close.
                    if !isFirst { isAllowed = socket?.passes() ?? false }
                    isFirst = false
                    guard isAllowed || command.id == 0 else { return fail(command.id, .tooManyRequests) }
                    if command.id != 0 { wasUsed = true }
                    carryOut(.command(command.method, id: command.id), command)
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
    }

    func received(binary: ByteBuffer) { perform(.close(.inappropriateProtocol)) }

    func receivedPong() {}

    func readCompleted() { flushQueued() }

    func writabilityChanged(isWritable: Bool) { isCongested = !isWritable }

    func shuttingDown(_ socket: WebSocketHandler) {
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        seat.eventLoop.scheduleTask(in: seat.heartbeat.value.nextGoodbye()) { me.value.carryOut(.drain) }
    }

    func closed() {
        _ = machine.handle(.closed)
        guard socket != nil else { return }
        socket = nil
        core.connections.ended(on: .client)
        seat.heartbeat.value.leave(self)
        hub.users.leave(self, of: identity.user)
        letGoOfPlaces()
        // Commands that came in the same read as the peer's close were not submitted yet.
        submitQueued()
        let open = subscriptions.removeAll()
        guard !open.isEmpty else { return }
        for ended in open { hub.close(ended.subscription) }
        core.engine.submit(open.map { .unsubscribe(channel: $0.subscription.channel.name, loop: seat.number) })
        // Nobody was told of what a connect in progress had opened.
        guard connecting == nil else { return }
        for ended in open { subscriptionEnded(ended.subscription.channel.name, terms: ended.terms) }
    }

    // Events in, actions out.

    /// Tells the state machine what happened and does what it says.
    func carryOut(_ event: ClientStateMachine.Event, _ command: Command? = nil) {
        switch machine.handle(event) {
        case .nothing: break
        case .connect: if case .connect(let connect)? = command?.method { self.connect(connect, id: command?.id ?? 0) }
        case .carryOut: if let command { run(command) }
        case .postpone: if let command { postpone(.command(command)) }
        case .sendPing: ping()
        case .close(let disconnect): perform(.close(disconnect))
        }
    }

    private func perform(_ action: ClientStateMachine.Action) {
        guard case .close(let disconnect) = action else { return }
        end(code: disconnect.rawValue, reason: disconnect.reason, flushing: disconnect != .slow)
    }

    /// Ends the connection with any code.
    func end(code: UInt16, reason: String, flushing: Bool) {
        _ = machine.handle(.closed)
        submitQueued()
        if flushing { writeReplies() }
        socket?.close(code: code, reason: reason, flushing: flushing)
    }

    /// Ends the connection.
    func close(_ disconnect: Disconnect) { perform(.close(disconnect)) }

    private func ping() {
        reply { $0.writeStaticString("{}") }
        flushQueued()
    }

    // Towards the engine.

    /// Queues a request of the read in progress.
    func submit(_ request: Request) { requests.append(request) }

    /// Hands what the read in progress asks to the engine.
    func submitQueued() {
        guard !requests.isEmpty else { return }
        core.engine.submit(requests)
        requests.removeAll()
    }

    /// Counts a command in and makes the address of its answer; nil, with an error reply, when too many are in flight.
    ///
    /// The body runs only if the connection still lives; `orElse` runs if it doesn't. `failed` runs behind the error reply.
    func address<Value: Sendable>(
        _ id: UInt32, orElse: (@Sendable (Value) -> Void)? = nil, failed: (@Sendable (ClientConnection) -> Void)? = nil,
        _ body: @escaping @Sendable (ClientConnection, Value) -> Void
    ) -> Return<Value>? {
        guard machine.inFlight < ClientLimits.inFlightMax else {
            fail(id, .tooManyRequests)
            return nil
        }
        machine.began()
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        return Return(loop: seat.number) { result in
            let connection = me.value
            guard connection.socket != nil else {
                if case .success(let value) = result { orElse?(value) }
                return
            }
            switch result {
            case .success(let value): body(connection, value)
            case .failure(let error):
                connection.fail(id, ReplyError(error), reason: "\(error.code.rawValue): \(error.message)")
                failed?(connection)
            }
            connection.hub.flushLater(connection)
            connection.perform(connection.machine.ended())
        }
    }

    /// Makes the address of an answer that counts as in flight. The body runs only if the connection still lives; `orElse`
    /// runs if it doesn't.
    func returning<Value: Sendable>(
        orElse: @escaping @Sendable (Value) -> Void,
        _ body: @escaping @Sendable (ClientConnection, Result<Value, EngineError>) -> Void
    ) -> Return<Value> {
        machine.began()
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        return Return(loop: seat.number) { result in
            let connection = me.value
            guard connection.socket != nil else {
                if case .success(let value) = result { orElse(value) }
                return
            }
            body(connection, result)
            connection.hub.flushLater(connection)
            connection.perform(connection.machine.ended())
        }
    }

    // Towards the client.

    /// Appends one reply or push to those that leave with the next flush.
    func reply(_ body: (inout ByteBuffer) -> Void) {
        if let waiting = replies?.readableBytes, waiting > ClientLimits.replyFrameBytes { writeReplies() }
        var buffer = replies.take() ?? ByteBuffer()
        if buffer.readableBytes > 0 { buffer.writeInteger(UInt8(ascii: "\n")) }
        body(&buffer)
        replies = buffer
    }

    /// Answers a command with an error.
    func fail(_ id: UInt32, _ error: ReplyError, reason: String? = nil, notRecovered: NotRecovered? = nil) {
        hub.tally.failed(Int(error.rawValue), on: .client)
        reply { ReplyEncoder.error(error, id: id, reason: reason, notRecovered: notRecovered, to: &$0) }
    }

    /// Makes one frame of the replies that wait.
    func writeReplies() {
        guard let payload = replies.take(), payload.readableBytes > 0 else { return }
        var frames = ByteBuffer()
        frames.reserveCapacity(payload.readableBytes + FrameWriter.maxHeaderBytes)
        FrameWriter.append(text: payload, to: &frames)
        write(frames)
    }

    /// Hands frames to the socket, unless the consumer is too slow.
    func write(_ frames: ByteBuffer) {
        guard let socket, takesMore(socket) else { return }
        socket.write(frames)
    }

    /// False for a consumer that is too slow, which is closed.
    ///
    /// What counts is what it left of everything before: one round's burst may be larger than the bound, and whoever reads
    /// must not be closed for it. The queue is only looked at once the channel says that it grows.
    private func takesMore(_ socket: WebSocketHandler) -> Bool {
        guard isCongested, socket.hasUnsent(over: ClientLimits.outboundBytesMax) else { return true }
        perform(.close(.slow))
        return false
    }
}
