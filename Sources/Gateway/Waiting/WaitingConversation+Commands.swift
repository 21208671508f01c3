import JSONBytes
import Journal
import NIOCore
import Store

extension WaitingConversation {
    func received(text: ByteBuffer) {
        let command: WaitingCommand
        do throws(JSONError) { command = try WaitingCommand(Array(text.readableBytesView)) } catch {
            return send(WaitingMessage.error("A message is a JSON object with a type."))
        }
        switch command {
        case .ping: send(WaitingMessage.pong)
        case .verifyTeacherCode(let code): verify(code)
        case .leave: leave()
        case .unknown: send(WaitingMessage.error("Unknown message type."))
        case .endSession, .admit, .pause, .resume:
            guard isTeacher else { return send(WaitingMessage.error("Only the teacher may do that.")) }
            direct(command)
        }
    }

    func refused(text: ByteBuffer) { send(WaitingMessage.error("Too many messages; wait a moment.")) }

    func closing(code: UInt16) { seat.hub.value.tally.closed(Int(code), on: .waiting) }

    func received(binary: ByteBuffer) { close(CloseCode.unsupportedData, "text only") }

    func readCompleted() { flushQueued() }

    /// What is said here is little: whoever leaves so much of it unread is closed, and comes back to the same place.
    func writabilityChanged(isWritable: Bool) {
        if !isWritable { socket?.close(code: CloseCode.slow, reason: "slow", flushing: false) }
    }

    /// In pace, together with the clients of the loop: a class that is sent away at once comes back at once.
    func shuttingDown(_ socket: WebSocketHandler) {
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        seat.eventLoop.scheduleTask(in: seat.heartbeat.value.nextGoodbye()) {
            me.value.close(CloseCode.shutdown, "shutdown")
        }
    }

    /// An attempt is spent before the code is looked at, so that it counts on every node and through every restart.
    private func verify(_ code: String) {
        let draft = operations.attempt(hash: hash, address: ask.address)
        let spent: Return<WriteAnswer> = address { me, answer in
            guard case .accepted = answer else {
                return me.send(
                    WaitingMessage.teacherCodeError("Too many attempts; wait a moment.", code: "too-many-attempts"))
            }
            me.verified(code)
        }
        core.engine.submit(.write(draft, .granted, spent))
    }

    private func verified(_ code: String) {
        let secrets = core.configuration.links.secrets
        guard let hash = ask.hash, hash.verifies(activity: ask.activity, code: code, secrets: secrets) else {
            return send(WaitingMessage.teacherCodeError("Invalid teacher code"))
        }
        guard let room else { return send(WaitingMessage.teacherCodeError("The room is not known yet; try again.")) }
        guard room.policy != EntryPolicy.soloOnly.rawValue else {
            return send(
                WaitingMessage.teacherCodeError(
                    "This link is for working alone.", code: "entry-policy-rejected", policy: room.policy))
        }
        isTeacher = true
        giveUpPlace()
        start(room)
    }

    private func start(_ room: WaitingRoom) {
        let started: Return<WriteAnswer> = address { me, answer in
            guard let session = answer.receipt?.room?.session else {
                return me.send(WaitingMessage.teacherCodeError("The session could not be started; try again."))
            }
            me.send(WaitingMessage.teacherAuthenticated(session))
        }
        core.engine.submit(.write(operations.start(hash: hash, room: room), .granted, started))
    }

    /// A teacher doesn't wait in the own line.
    private func giveUpPlace() {
        guard holder != nil else { return }
        gaveUp()
        let draft = operations.leave(hash: hash, waiter: participant.id)
        core.engine.submit(.write(draft, .granted, Return(loop: seat.number) { _ in }))
    }

    private func leave() {
        giveUpPlace()
        close(CloseCode.normal, "Left")
    }

    private func direct(_ command: WaitingCommand) {
        let draft: Draft?
        switch command {
        case .endSession: draft = room?.session.map { operations.end(sessionID: $0) }
        case .admit(let count): draft = operations.admit(hash: hash, count: count)
        case .pause: draft = operations.admission(hash: hash, paused: true)
        case .resume: draft = operations.admission(hash: hash, paused: false)
        default: draft = nil
        }
        guard let draft else { return send(WaitingMessage.error("Nothing is live.")) }
        let done: Return<WriteAnswer> = address { me, answer in
            guard case .refused(let refusal) = answer else { return me.seat.floor.value.look(at: me.hash) }
            me.send(WaitingMessage.error("Not done: \(refusal.rawValue)."))
        }
        core.engine.submit(.write(draft, .granted, done))
    }
}
