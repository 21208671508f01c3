import Journal
import Migrations

extension EngineCore {
    /// What a channel looks like to a reader right now.
    private struct View {
        let position: Position
        /// Offsets above this one are retained.
        let above: UInt64
    }

    private func view(of channel: String) throws(EngineError) -> View {
        do throws(StorageError) { try loadRows(of: channel) } catch {
            throw EngineError(.unavailable, error.message)
        }
        let row = state.channels[channel]
        let top = row?.top ?? 0
        let above = row?.retainedAbove(at: now) ?? 0
        return View(position: position(of: channel, offset: top), above: above)
    }

    /// Session channels exist as long as their session or its tombstone does, and for whom the session does; a room's for
    /// everybody who knows its link.
    private func mayRead(_ channel: String, _ access: SessionAccess) -> Bool {
        if let hash = WaitingRoom.hash(ofChannel: channel) { return state.rooms.rooms[hash] != nil }
        guard let id = Session.id(ofChannel: channel) else { return true }
        guard let session = state.sessions[id] else { return false }
        return access.allows(session)
    }

    /// True for the channel of a session or a link that this node doesn't have: another node may just have made it.
    private func isUnknown(_ channel: String) -> Bool {
        if let hash = WaitingRoom.hash(ofChannel: channel) { return state.rooms.rooms[hash] == nil }
        return Session.id(ofChannel: channel).map { state.sessions[$0] == nil } ?? false
    }

    func subscribe(
        _ request: SubscribeRequest, _ to: Return<SubscribeAnswer>, attempt: Int, page: JournalPage?
    ) {
        do throws(EngineError) {
            if let refusal = fleet?.machine.recoveryRefusal { throw refusal }
            let view = try view(of: request.channel)
            guard mayRead(request.channel, request.access) else {
                if isUnknown(request.channel), waitsForJournal(.subscribe(request, to)) { return }
                return answer(to, .success(SubscribeAnswer(denied: view.position)))
            }
            guard let recover = request.recover else { return open(request, to, view.position, .none) }
            let decision = RecoveryDecision.decide(
                position: recover, epoch: view.position.epoch, top: view.position.offset, above: view.above,
                limit: request.limit)
            switch decision {
            case .notRecovered(let why)
            where (why.reason == .ahead || why.reason == .epoch) && waitsForJournal(.subscribe(request, to)):
                return
            case .upToDate: open(request, to, view.position, .recovered([]))
            case .notRecovered(let why): open(request, to, view.position, .notRecovered(why))
            case .recover where page?.isCut ?? false:
                let why = NotRecovered(.limit, above: view.above, top: view.position.offset)
                open(request, to, view.position, .notRecovered(why))
            case .recover(let range):
                switch try assemble(request.channel, range, page, attempt) {
                case .publications(let found):
                    let bytes = found.reduce(0) { $0 + $1.encoded.count }
                    guard bytes <= EngineLimits.recoveryBytesMax else {
                        let why = NotRecovered(.limit, above: view.above, top: view.position.offset)
                        return open(request, to, view.position, .notRecovered(why))
                    }
                    open(request, to, view.position, .recovered(found))
                case .trimmed(let oldest):
                    let why = NotRecovered(.trimmed, above: oldest &- 1, top: view.position.offset)
                    open(request, to, view.position, .notRecovered(why))
                case .read(let offsets):
                    park(.subscribe(request, to), offsets, of: request.channel, attempt: attempt)
                }
            }
        } catch { answer(to, .failure(error)) }
    }

    private func open(
        _ request: SubscribeRequest, _ to: Return<SubscribeAnswer>, _ position: Position,
        _ recovery: SubscribeAnswer.Recovery
    ) {
        var isSubscribed = true
        switch recovery {
        case .notRecovered(let why):
            counters.notRecovered[why.reason, default: 0] += 1
            isSubscribed = !request.onlyIfRecovered
        case .recovered: counters.recovered += 1
        case .none: break
        }
        if isSubscribed { openSubscription(request.channel, loop: request.loop) }
        answer(
            to,
            .success(
                SubscribeAnswer(position: position, recovery: recovery, isSubscribed: isSubscribed, isDenied: false)))
    }

    func history(
        _ channel: String, _ filter: HistoryFilter, limitMax: Int, _ access: SessionAccess, _ to: Return<HistoryAnswer>,
        attempt: Int, page: JournalPage?
    ) {
        do throws(EngineError) {
            if let refusal = fleet?.machine.recoveryRefusal { throw refusal }
            let request = Request.history(channel: channel, filter, limitMax: limitMax, access, to)
            let view = try view(of: channel)
            var (found, failure): ([Publication], HistoryAnswer.Failure?) = ([], nil)
            guard mayRead(channel, access) else {
                if isUnknown(channel), waitsForJournal(request) { return }
                return answer(to, .success(HistoryAnswer(position: view.position, publications: [], failure: .denied)))
            }
            let decision = HistoryDecision.decide(
                filter, epoch: view.position.epoch, top: view.position.offset, above: view.above, limitMax: limitMax)
            switch decision {
            case .nothing: break
            case .unrecoverable:
                if waitsForJournal(request) { return }
                failure = .unrecoverable
            case .badRequest: failure = .badRequest
            case .range(let range):
                switch try assembleRest(channel, range, page, attempt) {
                case .publications(let publications): found = publications
                case .trimmed: break
                case .read(let offsets):
                    return park(
                        .history(channel: channel, filter, limitMax: limitMax, access, to), offsets, of: channel,
                        attempt: attempt)
                }
            }
            if filter.reverse { found.reverse() }
            answer(to, .success(HistoryAnswer(position: view.position, publications: found, failure: failure)))
        } catch { answer(to, .failure(error)) }
    }

    private enum Assembly {
        case publications([Publication])
        case read(ClosedRange<UInt64>)
        case trimmed(oldest: UInt64)
    }

    /// Assembles a range, or what retention has left of it.
    private func assembleRest(
        _ channel: String, _ range: ClosedRange<UInt64>, _ page: JournalPage?, _ attempt: Int
    ) throws(EngineError) -> Assembly {
        let assembly = try assemble(channel, range, page, attempt)
        guard case .trimmed(let oldest) = assembly, range.contains(oldest) else { return assembly }
        return try assemble(channel, oldest...range.upperBound, page, attempt)
    }

    private func assemble(
        _ channel: String, _ range: ClosedRange<UInt64>, _ page: JournalPage?, _ attempt: Int
    ) throws(EngineError) -> Assembly {
        guard let row = state.channels[channel] else { return .publications([]) }
        let page = page?.epoch == row.epoch ? page : nil
        switch PageDecision.decide(range: range, firstInMemory: row.firstRecent, page: page?.offsets) {
        case .complete(let fromPage):
            var found = (page?.publications ?? []).filter { fromPage.contains($0.offset) }
            if fromPage.upperBound <= range.upperBound {
                found.append(
                    contentsOf: row.publications(max(fromPage.upperBound, range.lowerBound)...range.upperBound))
            }
            if let page, !page.publications.isEmpty {
                let time = state.journalTime
                state.changeCache(ofChannel: channel) { $0.adopt(page.publications, at: time) }
            }
            return .publications(found)
        case .trimmed(let oldest): return .trimmed(oldest: oldest)
        case .read(let offsets):
            guard attempt < EngineLimits.pageAttemptsMax else {
                throw EngineError(.busy, "memory is too short for the history of this channel; try again")
            }
            return .read(offsets)
        }
    }

    private func park(
        _ purpose: ParkedRead.Purpose, _ offsets: ClosedRange<UInt64>, of channel: String, attempt: Int
    ) {
        guard let epoch = state.channels[channel]?.epoch else { return }
        let (parked, mailbox, shared) = (ParkedRead(purpose: purpose, attempt: attempt + 1), mailbox, shared)
        let bytesMax = if case .subscribe = purpose { EngineLimits.recoveryBytesMax } else { Int.max }
        reader.read(offsets, of: channel, epoch: epoch, bytesMax: bytesMax, from: file) { page in
            let request = Request.resume(parked, page: page)
            if let error = mailbox.put([request]) { shared.refuse(request, with: error) }
        }
    }

    func resume(_ parked: ParkedRead, _ page: Result<JournalPage, EngineError>) {
        switch (parked.purpose, page) {
        case (.subscribe(let request, let to), .success(let page)):
            subscribe(request, to, attempt: parked.attempt, page: page)
        case (.history(let channel, let filter, let limitMax, let access, let to), .success(let page)):
            history(channel, filter, limitMax: limitMax, access, to, attempt: parked.attempt, page: page)
        case (.subscribe(_, let to), .failure(let error)): answer(to, .failure(error))
        case (.history(_, _, _, _, let to), .failure(let error)): answer(to, .failure(error))
        }
    }

    func readSession(_ id: String, _ access: SessionAccess, _ to: Return<SessionAnswer>) {
        do throws(StorageError) { try loadRows(of: Session.channel(of: id)) } catch {
            return answer(to, .failure(EngineError(.unavailable, error.message)))
        }
        guard let session = state.sessions[id] else {
            return waitsForJournal(.readSession(id: id, access, to)) ? () : answer(to, .success(.notFound))
        }
        guard access.allows(session) else { return answer(to, .success(.forbidden)) }
        guard !session.isOver(at: now) else { return answer(to, .success(.ended)) }
        keepAlive(id)
        answer(to, .success(.found(state.sessions[id] ?? session)))
    }

    func status(_ to: Return<EngineStatus>) {
        let status = EngineStatus(
            head: state.head, journalTime: state.journalTime, journalBytes: journal.sizeBytes,
            dirtyRows: state.dirtyCount, residentBytes: state.residentBytes,
            residentSessions: state.sessions.count, residentChannels: state.channels.count, sessions: 0,
            failure: writer.refusal ?? memoryFailure, flushAge: housekeeping.flushAge(at: clock.monotonic()),
            waitingRequests: mailbox.count, counters: counters)
        reader.count(for: status, from: file, through: shared, to)
    }
}
