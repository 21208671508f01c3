import JSONBytes
import Journal
import NIOCore
import Store
import Synchronization

/// One socket at a waiting room: of somebody who waits, or of the teacher.
///
/// A place belongs to a participant and outlives the socket: it is held by the newest one, and kept for a while when that goes.
///
/// - Isolation: the event loop of its socket.
final class WaitingConversation: WebSocketConversation {
    let core: GatewayCore
    let seat: LoopSeat
    let ask: WaitingAsk
    let operations: RoomOperations
    let participant: ParticipantCookie
    var isTeacher: Bool
    var isFlushDue = false

    private(set) var socket: WebSocketHandler?
    private var subscription: Subscription?
    /// The join by which this socket holds its place.
    private(set) var holder: EntryID?
    private var said: WaitingMessage.Standing?
    private var isAdmitted = false
    /// What the room was like when it was last shown.
    private var view: RoomView?
    private var isAnswering = true

    init(core: GatewayCore, seat: LoopSeat, ask: WaitingAsk) {
        (self.core, self.seat, self.ask) = (core, seat, ask)
        isTeacher = ask.isTeacher
        participant = ask.participant ?? ParticipantCookie(newIn: ask.hash?.text ?? "")
        operations = RoomOperations(core)
    }

    /// True for whoever is not taken into the session.
    private var staysOutside: Bool { isTeacher || ask.looksOn }
    var hash: String { participant.scope }
    /// What the room was like when it was last shown, without the people in it.
    var room: WaitingRoom? { view?.room }
    var channel: String { WaitingRoom.channel(of: hash) }

    func opened(_ socket: WebSocketHandler) {
        self.socket = socket
        core.connections.opened(on: .waiting)
        guard ask.hash != nil, !ask.activity.isEmpty else {
            return close(CloseCode.policyViolation, "Missing hash or activityName")
        }
        seat.floor.value.join(self, hash)
        let (engine, seat) = (core.engine, seat)
        let name = channel
        let subscribed: Return<SubscribeAnswer> = address(
            orElse: { answer in
                if answer.isSubscribed { engine.submit(.unsubscribe(channel: name, loop: seat.number)) }
            },
            { me, answer in
                if answer.isSubscribed { me.subscription = me.seat.hub.value.open(name, at: answer.position, for: me) }
            })
        let request = SubscribeRequest(
            channel: channel, loop: seat.number, recover: nil, limit: 0, access: .granted)
        core.engine.submit([.subscribe(request, subscribed), ask.looksOn ? enter() : join()])
    }

    /// Who looks on takes no place.
    private func enter() -> Request {
        .readRoom(
            hash: hash,
            address { me, room in
                guard let room, room.activity == me.ask.activity else {
                    return me.close(CloseCode.policyViolation, "Unknown link")
                }
                me.welcome(RoomView(room), room.standing(of: me.participant.id))
            })
    }

    /// Takes a place at the end of the line, or takes one's place up again.
    private func join() -> Request {
        let draft = operations.join(hash: hash, waiter: participant.id, name: ask.name.isEmpty ? nil : ask.name)
        let (engine, letGo) = (core.engine, letGo)
        // Whoever left before the answer came holds a place all the same.
        return .write(
            draft, .granted,
            address(
                orElse: { answer in if let holder = answer.receipt?.standing?.holder { engine.submit(letGo(holder)) } },
                { me, answer in me.joined(answer) }))
    }

    /// Lets the place wait for whoever comes back to it.
    private var letGo: @Sendable (EntryID) -> Request {
        let (operations, hash, waiter, loop) = (operations, hash, participant.id, seat.number)
        return { HeldPlace(waiter: waiter, holder: $0).release(in: hash, by: operations, loop: loop) }
    }

    private func joined(_ answer: WriteAnswer) {
        switch answer {
        case .accepted(let receipt), .duplicate(let receipt):
            // First of all: whoever is sent away lets go of the place with the socket.
            holder = receipt.standing?.holder
            guard let room = receipt.room, let standing = receipt.standing, room.activity == ask.activity else {
                return close(CloseCode.policyViolation, "Unknown link")
            }
            welcome(RoomView(room), standing)
        case .refused(.full): close(CloseCode.policyViolation, "The waiting room takes nobody at the moment")
        case .refused, .forbidden: close(CloseCode.policyViolation, "Unknown link")
        }
    }

    private func welcome(_ view: RoomView, _ standing: WaiterStanding) {
        guard socket != nil else { return }
        let said = WaitingMessage.Standing(standing)
        self.said = said
        let token = participant.text(secrets: core.configuration.links.secrets)
        send(
            WaitingMessage.welcome(
                said, participant: participant.id, token: token, isPaused: view.room.isPaused))
        self.view = view
        isAdmitted = standing.isAdmitted
        // What is live is told last: whoever may go in leaves with it.
        if view.room.session != nil, staysOutside || isAdmitted { started(view) }
    }

    /// Shows how the room is now; says only what is new to this socket, and nothing before its welcome.
    func show(_ view: RoomView, _ standing: WaiterStanding) {
        guard socket != nil, let before = self.view else { return }
        self.view = view
        isAdmitted = standing.isAdmitted
        tell(view.room, after: before.room)
        if let session = view.room.session, staysOutside ? before.room.session != session : isAdmitted {
            return started(view)
        }
        if !staysOutside, isReplaced(standing) { return }
        let said = WaitingMessage.Standing(standing)
        if said != self.said {
            self.said = said
            send(WaitingMessage.waiterCount(said))
        }
    }

    private func tell(_ room: WaitingRoom, after before: WaitingRoom) {
        if before.session != nil, room.session == nil { send(WaitingMessage.sessionEnded) }
        if before.isPaused != room.isPaused || before.isClosed != room.isClosed || before.capacity != room.capacity {
            send(WaitingMessage.admission(room))
        }
    }

    private func started(_ view: RoomView) {
        if let frame = view.startedFrame { write(frame) }
        // A teacher stays to end what was started.
        guard !staysOutside else { return }
        // Everybody is told before the first goodbye is said: closing takes longer than telling.
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        seat.eventLoop.execute { me.value.close(CloseCode.normal, "Session already started") }
    }

    /// True when another socket of this participant holds the place, or nobody does and it is taken up again.
    private func isReplaced(_ standing: WaiterStanding) -> Bool {
        guard let holder else { return false }
        if let newer = standing.holder, newer != holder {
            close(CloseCode.replaced, "Replaced by new connection")
            return true
        }
        if standing.holder == nil || standing.isAway {
            self.holder = nil
            core.engine.submit(join())
        }
        return false
    }

    // Towards the client.

    func send(_ message: [UInt8]) { write(WaitingMessage.frame(message)) }

    private func write(_ frame: ByteBuffer) {
        guard let socket else { return }
        socket.write(frame)
        seat.hub.value.flushLater(self)
    }

    func close(_ code: UInt16, _ reason: String) {
        socket?.flush()
        socket?.close(code: code, reason: reason, flushing: true)
    }

    /// Sends a ping; closes a socket that did not answer the last one.
    func beat() {
        guard isAnswering else { return close(CloseCode.shutdown, "no pong") }
        isAnswering = false
        socket?.ping()
    }

    func receivedPong() { isAnswering = true }

    /// The address of an answer; the body runs only if the socket still lives, `orElse` if it doesn't.
    func address<Value: Sendable>(
        orElse: (@Sendable (Value) -> Void)? = nil,
        _ body: @escaping @Sendable (WaitingConversation, Value) -> Void
    ) -> Return<Value> {
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        return Return(loop: seat.number) { result in
            let conversation = me.value
            switch result {
            case .success(let value):
                guard conversation.socket != nil else { orElse?(value); return }
                body(conversation, value)
            case .failure(let error):
                // Never "not found": the page comes back and asks again.
                conversation.send(WaitingMessage.error(error.message))
                conversation.close(CloseCode.tryAgain, "unavailable")
            }
            conversation.seat.hub.value.flushLater(conversation)
        }
    }

    func closed() {
        guard socket != nil else { return }
        socket = nil
        core.connections.ended(on: .waiting)
        seat.floor.value.leave(self, hash)
        var requests: [Request] = []
        if let subscription {
            seat.hub.value.close(subscription)
            requests.append(.unsubscribe(channel: channel, loop: seat.number))
        }
        subscription = nil
        if let holder, !isAdmitted { requests.append(letGo(holder)) }
        if !requests.isEmpty { core.engine.submit(requests) }
    }

    /// The place was given up on purpose.
    func gaveUp() { holder = nil }
}

extension WaitingConversation: HubSubscriber {
    func deliver(_ batch: ChannelBatch) { seat.floor.value.look(at: hash) }

    func flushQueued() { socket?.flush() }

    func lost(_ subscription: Subscription) { close(CloseCode.shutdown, "insufficient state") }

    func epochsChanged(for subscriptions: [Subscription]) { close(CloseCode.shutdown, "insufficient state") }
}
