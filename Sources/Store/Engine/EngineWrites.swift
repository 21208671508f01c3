import JSONBytes
import Journal
import Migrations

extension EngineCore {
    /// Handles one request of the round in hand.
    func handle(_ request: Request) {
        if let memoryFailure, request.readsMemory {
            // Whoever leaves has left, whether the session behind the channel can be read or not.
            if case .unsubscribe(let channel, let loop) = request { _ = directory.remove(channel, loop: loop) }
            return shared.refuse(request, with: memoryFailure)
        }
        if let refusal = fleet?.machine.readRefusal, request.readsMemory {
            return shared.refuse(request, with: refusal)
        }
        switch request {
        case .write(let draft, let access, let to): write(draft, access, to)
        case .arrival(let arrival): take(arrival)
        case .caughtUp(let request, let result): caughtUp(request, result)
        case .readRoom(let hash, let to): readRoom(hash, to)
        case .readOffer(let hash, let token, let to): readOffer(hash, token, to)
        case .readAttempt(let terms, let to): readAttempt(terms, to)
        case .listRooms(let after, let limit, let to): listRooms(after: after, limit: limit, to)
        case .reach(let cursor, let to): reach(cursor, to)
        case .offered(let result): offered(result)
        case .flushed: if let fleet { takeFlushOutcome(fleet) }
        case .left: ending.left()
        case .ephemeral(let channel, let publication): fanOut(publication, to: channel)
        case .subscribe(let request, let to): subscribe(request, to, attempt: 0, page: nil)
        case .unsubscribe(let channel, let loop): unsubscribe(channel, loop: loop)
        case .history(let channel, let filter, let limitMax, let access, let to):
            history(channel, filter, limitMax: limitMax, access, to, attempt: 0, page: nil)
        case .readSession(let id, let access, let to): readSession(id, access, to)
        case .listSessions(let type, let after, let limit, let to):
            listAfterRound(SessionListing(type: type, after: after, limit: limit, to: to))
        case .channels(let to): answer(to, .success(directory.totals))
        case .status(let to): status(to)
        case .resume(let parked, let page): resume(parked, page)
        }
    }

    private func write(_ draft: Draft, _ access: SessionAccess, _ to: Return<WriteAnswer>) {
        if let refusal = writer.refusal ?? fleet?.machine.appendRefusal { return answer(to, .failure(refusal)) }
        guard draft.header.isWellFormed else { return answer(to, .success(.refused(.badPatch))) }
        do throws(StorageError) {
            try loadRows(of: draft.channel, draft.header)
        } catch {
            return answer(to, .failure(EngineError(.unavailable, error.message)))
        }
        if draft.kind.isSession, draft.kind != .sessionCreate, let id = Session.id(ofChannel: draft.channel),
            let session = state.sessions[id], !access.allows(session)
        {
            return answer(to, .success(.forbidden))
        }
        if draft.kind == .sessionTouch, let early = earlyTouch(draft) { return answer(to, .success(early)) }
        var draft = draft
        if draft.kind.isSession, case .user(let user) = access { draft.header.user = user }
        let channel = draft.channel
        propose(draft, to: to) { answer(to, .success(writeAnswer(channel, $0))) }
    }

    /// What the writer of an entry is told once it was applied.
    func writeAnswer(_ channel: String, _ applied: Applied) -> WriteAnswer {
        switch applied.outcome.refusal {
        case nil: .accepted(receipt(channel, applied.outcome.offset, applied.outcome.version, waiter: applied.waiter))
        // Of several who start a room, or come when it is live, all are told what is live.
        case .live: .duplicate(receipt(channel, nil, nil, waiter: applied.waiter))
        // What is there is newer than what was to be published: that is the answer.
        case .outdated: .duplicate(receipt(channel, state.channels[channel]?.top, nil))
        case .duplicate:
            .duplicate(
                receipt(
                    channel, applied.original?.offset, applied.original?.version, in: applied.original?.epoch))
        case .forbidden: .forbidden
        case .some(let refusal): .refused(refusal)
        }
    }

    /// A touch soon after the last one is answered without an entry.
    private func earlyTouch(_ draft: Draft) -> WriteAnswer? {
        let now = now
        guard let id = Session.id(ofChannel: draft.channel), let session = state.sessions[id],
            !session.isOver(at: now), !session.isTouchDue(at: now)
        else { return nil }
        return .accepted(
            Receipt(
                position: nil, version: session.version, session: session, room: nil, standing: nil, cursor: state.head)
        )
    }

    private func receipt(
        _ channel: String, _ offset: UInt64?, _ version: UInt64?, in epoch: Cursor? = nil, waiter: String? = nil
    ) -> Receipt {
        let room = WaitingRoom.hash(ofChannel: channel).flatMap { state.rooms.rooms[$0] }
        return Receipt(
            position: offset.map { position(of: channel, offset: $0, in: epoch) }, version: version,
            session: Session.id(ofChannel: channel).flatMap { state.sessions[$0] },
            // Thousands who join at once must not hold thousands of lines.
            room: waiter == nil ? room : room?.withoutPeople, standing: waiter.flatMap { room?.standing(of: $0) },
            cursor: state.head)
    }

    /// Moves a session's deadline if that is worth an entry.
    func keepAlive(_ id: String, ifUntouchedFor milliseconds: Int64 = 0) {
        let channel = Session.channel(of: id)
        guard mayUpkeep(channel) else { return }
        // A session that can't be read now is left to the next sign of life.
        guard (try? state.loadRows(of: channel, from: file)) != nil, let session = state.sessions[id] else { return }
        let now = now
        guard session.isTouchDue(at: now), now >= session.touchedAt.saturatingAdd(milliseconds),
            !session.isOver(at: now)
        else { return }
        propose(Draft(channel: channel, kind: .sessionTouch)) { _ in }
    }

    /// False while nothing can be written, or the service has something for the channel under way already.
    func mayUpkeep(_ channel: String) -> Bool {
        guard writer.refusal == nil, let fleet else { return writer.refusal == nil }
        return fleet.machine.appendRefusal == nil && !fleet.awaiting.upkeep.contains(channel)
    }

    private func unsubscribe(_ channel: String, loop: Int) {
        guard directory.remove(channel, loop: loop), let id = Session.id(ofChannel: channel) else { return }
        // The session lived by its subscriber; its full time begins now.
        keepAlive(id)
    }
}

extension EntryHeader {
    /// True when what came from outside is JSON: a header that can't be read back would keep the node from starting.
    fileprivate var isWellFormed: Bool {
        [info, tags].allSatisfy { json in
            guard let json else { return true }
            // The reason does not matter, only that the journal must not take it.
            return (try? JSONText(validating: json)) != nil
        }
    }
}
