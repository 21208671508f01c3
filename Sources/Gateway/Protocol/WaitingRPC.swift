import JSONBytes
import Journal
import NIOCore
import Store

/// A call of a waiting room over the socket: `waiting.join`, `waiting.place`, `waiting.leave`, `waiting.start`.
///
/// The data is `{"hash":…,"participant"?:…,"name"?:…}`, for a start `{"hash":…,"activityName":…,"teacherCode":…}`. What happens
/// in the room is published on `waiting:<hash>`.
struct WaitingCall {
    static let prefix = "waiting."

    enum Action: String {
        case join
        case place
        case leave
        case start
    }

    let action: Action
    let hash: LinkHash
    /// The token by which a participant is known; empty for a new one.
    let participant: String
    let name: String
    let activity: String
    let code: String

    /// Reads a call; nil for a method that doesn't exist.
    ///
    /// - Errors: `ReplyError.badRequest` for data that doesn't fit.
    static func read(method: String, data: [UInt8]?) throws(ReplyError) -> WaitingCall? {
        guard let action = Action(rawValue: String(method.dropFirst(prefix.count))) else { return nil }
        var values: [String: String] = [:]
        do throws(JSONError) {
            values = try (data ?? []).readJSON { (cursor, bytes) throws(JSONError) in
                var values: [String: String] = [:]
                try cursor.beginObject()
                while let key = try cursor.nextKey() { values[key.string(in: bytes)] = try cursor.readString() }
                return values
            }
        } catch { throw .badRequest }
        let hash: LinkHash
        do throws(LinkFault) { hash = try LinkHash(values["hash"] ?? "") } catch { throw .badRequest }
        return WaitingCall(
            action: action, hash: hash, participant: values["participant"] ?? "",
            name: String((values["name"] ?? "").prefix(WaitingAsk.nameLengthMax)),
            activity: values["activityName"] ?? "",
            code: values["teacherCode"] ?? "")
    }
}

/// A place in a waiting room that a connection holds.
struct HeldPlace {
    let waiter: String
    let holder: EntryID

    /// Lets the place wait for whoever comes back to it. Should that not be taken, the process that holds the place is found
    /// to be gone some day.
    func release(in hash: String, by rooms: RoomOperations, loop: Int) -> Request {
        .write(rooms.away(hash: hash, waiter: waiter, holder: holder), .granted, Return(loop: loop) { _ in })
    }
}

extension ClientConnection {
    private var rooms: RoomOperations {
        RoomOperations(core)
    }

    func waitingRPC(_ method: String, _ data: [UInt8]?, id: UInt32) {
        let call: WaitingCall
        do throws(ReplyError) {
            guard let read = try WaitingCall.read(method: method, data: data) else { return fail(id, .methodNotFound) }
            call = read
        } catch { return fail(id, error) }
        let known = ParticipantCookie(
            call.participant, scope: call.hash.text, secrets: core.configuration.links.secrets)
        switch call.action {
        case .join: join(call, known ?? ParticipantCookie(newIn: call.hash.text), id: id)
        case .place, .leave:
            guard let known else { return fail(id, .badRequest) }
            if call.action == .place { place(call, known, id: id) } else { leave(call, known, id: id) }
        case .start: start(call, id: id)
        }
    }

    private func join(_ call: WaitingCall, _ participant: ParticipantCookie, id: UInt32) {
        guard places.count < ClientLimits.placesMax || places[call.hash.text] != nil else {
            return fail(id, .limitExceeded)
        }
        let (engine, rooms, loop, hash) = (core.engine, rooms, seat.number, call.hash.text)
        // Whoever left before the answer came holds a place all the same.
        let letGo: @Sendable (WriteAnswer) -> Void = { answer in
            guard let holder = answer.receipt?.standing?.holder else { return }
            let place = HeldPlace(waiter: participant.id, holder: holder)
            engine.submit(place.release(in: hash, by: rooms, loop: loop))
        }
        let address: Return<WriteAnswer>? = address(id, orElse: letGo) { connection, answer in
            switch answer {
            case .accepted(let receipt), .duplicate(let receipt):
                guard let room = receipt.room, let standing = receipt.standing else {
                    return connection.fail(id, .sessionNotFound)
                }
                if let holder = standing.holder {
                    connection.places[room.hash] = HeldPlace(waiter: participant.id, holder: holder)
                }
                connection.answer(id, room, standing, participant)
            case .refused(.notFound), .forbidden: connection.fail(id, .sessionNotFound)
            case .refused(let refusal): connection.fail(id, ReplyError(refusal), reason: refusal.rawValue)
            }
        }
        guard let address else { return }
        let name = call.name.isEmpty ? nil : call.name
        submit(.write(rooms.join(hash: call.hash.text, waiter: participant.id, name: name), .granted, address))
    }

    private func place(_ call: WaitingCall, _ participant: ParticipantCookie, id: UInt32) {
        let address: Return<WaitingRoom?>? = address(id) { connection, room in
            guard let room else { return connection.fail(id, .sessionNotFound) }
            connection.answer(id, room, room.standing(of: participant.id), participant)
        }
        if let address { submit(.readRoom(hash: call.hash.text, address)) }
    }

    private func leave(_ call: WaitingCall, _ participant: ParticipantCookie, id: UInt32) {
        places[call.hash.text] = nil
        let address: Return<WriteAnswer>? = address(id) { connection, _ in
            connection.reply { ReplyEncoder.rpc(Array("{}".utf8), id: id, to: &$0) }
        }
        guard let address else { return }
        submit(.write(rooms.leave(hash: call.hash.text, waiter: participant.id), .granted, address))
    }

    /// An attempt is spent before the code is looked at.
    private func start(_ call: WaitingCall, id: UInt32) {
        let address: Return<WriteAnswer>? = address(id) { connection, answer in
            guard case .accepted = answer else { return connection.fail(id, .tooManyRequests) }
            let secrets = connection.core.configuration.links.secrets
            guard call.hash.verifies(activity: call.activity, code: call.code, secrets: secrets) else {
                return connection.fail(id, .permissionDenied)
            }
            connection.startVerified(call, id: id)
        }
        guard let address else { return }
        let peer = CallerAddress.text(of: socket?.remoteAddress)
        submit(.write(rooms.attempt(hash: call.hash.text, address: peer), .granted, address))
    }

    private func startVerified(_ call: WaitingCall, id: UInt32) {
        let looked: Return<WaitingRoom?>? = address(id) { connection, room in
            guard let room else { return connection.fail(id, .sessionNotFound) }
            guard room.terms.policy != .soloOnly else { return connection.fail(id, .conflict) }
            let started: Return<WriteAnswer>? = connection.address(id) { connection, answer in
                guard let session = answer.receipt?.room?.session else { return connection.fail(id, .conflict) }
                var out: [UInt8] = Array("{".utf8)
                out.appendMember("sessionId", string: session)
                out[out.count - 1] = UInt8(ascii: "}")
                connection.reply { ReplyEncoder.rpc(out, id: id, to: &$0) }
            }
            guard let started else { return }
            connection.core.engine.submit(
                .write(connection.rooms.start(hash: call.hash.text, room: room), .granted, started))
        }
        if let looked { core.engine.submit(.readRoom(hash: call.hash.text, looked)) }
    }

    private func answer(
        _ id: UInt32, _ room: WaitingRoom, _ standing: WaiterStanding, _ participant: ParticipantCookie
    ) {
        let token = participant.text(secrets: core.configuration.links.secrets)
        let body = WaitingMessage.place(
            WaitingMessage.Standing(standing), participant: participant.id, token: token,
            session: standing.isAdmitted ? room.session : nil, isPaused: room.isPaused)
        reply { ReplyEncoder.rpc(body, id: id, to: &$0) }
    }

    /// The connection has ended: its places wait for whoever comes back to them.
    func letGoOfPlaces() {
        let held = places
        places = [:]
        for (hash, place) in held {
            core.engine.submit(place.release(in: hash, by: rooms, loop: seat.number))
        }
    }
}
