import Journal

extension EngineCore {
    /// A link as it is now. One that another node just made is waited for.
    func readRoom(_ hash: String, _ to: Return<WaitingRoom?>) {
        let room = state.rooms.rooms[hash]
        if room == nil, waitsForJournal(.readRoom(hash: hash, to)) { return }
        answer(to, .success(room))
    }

    /// What waits for a token. Something that was just left on another node is waited for.
    func readOffer(_ hash: String, _ token: String, _ to: Return<[UInt8]?>) {
        let values = state.rooms.rooms[hash]?.offer(token, at: .min)
        if values == nil, waitsForJournal(.readOffer(hash: hash, token: token, to)) { return }
        answer(to, .success(values))
    }

    /// How long somebody whose attempt was refused has to wait; nothing for terms that are no attempt.
    func readAttempt(_ terms: RoomTerms, _ to: Return<Int64>) {
        guard let token = terms.token, let burst = terms.count, let life = terms.life else {
            return answer(to, .success(0))
        }
        answer(to, .success(state.rooms.wait(token, burst: burst, interval: life, at: now) ?? 0))
    }

    func listRooms(after hash: String, limit: Int, _ to: Return<[WaitingRoom]>) {
        let hashes = state.rooms.rooms.keys.filter { $0 > hash }.sorted().prefix(max(0, limit))
        answer(to, .success(hashes.compactMap { state.rooms.rooms[$0] }))
    }

    /// Looks after rooms where somebody waits: says how things stand, and gives up the places of those who are gone.
    func tendRooms(isSweeper: Bool) {
        guard memoryFailure == nil, !state.rooms.restless.isEmpty else { return }
        let living = livingOrigins
        for hash in state.rooms.restless {
            guard let room = state.rooms.rooms[hash] else { continue }
            let channel = WaitingRoom.channel(of: hash)
            guard mayUpkeep(channel) else { continue }
            if isSweeper, let draft = roomUpkeep(room, channel, living) {
                propose(draft) { _ in }
            } else if room.isUntold, directory.contains(channel),
                now >= room.toldAt.saturatingAdd(room.tellPause)
            {
                propose(tidings(of: room, channel)) { _ in }
            }
        }
    }

    /// What those who wait in a room are to be told now.
    private func tidings(of room: WaitingRoom, _ channel: String) -> Draft {
        var header = EntryHeader()
        header.history = RoomHistory.window
        header.expectedVersion = room.revision
        return Draft(channel: channel, kind: .roomTell, header: header, body: RoomEvent.tidings(of: room))
    }

    /// The next thing that one node does for all: first the places of processes that are gone, then those that were left, then
    /// what a host set and forgot.
    private func roomUpkeep(_ room: WaitingRoom, _ channel: String, _ living: Set<UInt64>) -> Draft? {
        var terms = RoomTerms()
        let kind: EntryKind
        let since = now.saturatingAdd(-configuration.roomGrace)
        if let gone = room.line.holders.first(where: { isGone($0, living) }) {
            (kind, terms.origin) = (.roomOrphan, gone)
        } else if room.line.hasAway(since: since) {
            (kind, terms.life) = (.roomAbandon, configuration.roomGrace)
        } else if room.hasAdmission, room.session == nil, room.line.isEmpty,
            now >= room.usedAt.saturatingAdd(configuration.roomTTL)
        {
            kind = .roomAdmission
            (terms.isPaused, terms.isClosed, terms.count) = (false, false, 0)
        } else {
            return nil
        }
        var header = EntryHeader()
        (header.room, header.history) = (terms, RoomHistory.window)
        return Draft(channel: channel, kind: kind, header: header)
    }

    private var livingOrigins: Set<UInt64> {
        (fleet?.link.status.members ?? []).union([origin])
    }

    /// True for a process that was not seen for long enough: a node that just came may hold places before its lease is seen.
    private func isGone(_ process: UInt64, _ living: Set<UInt64>) -> Bool {
        guard !living.contains(process) else {
            strangers[process] = nil
            return false
        }
        let now = clock.monotonic()
        let since = strangers[process] ?? now
        strangers[process] = since
        return now - since >= EngineLimits.strangerMilliseconds
    }
}

/// How far back those who wait can recover.
public enum RoomHistory {
    /// A room says little: what was said in a day is enough for whoever comes back.
    public static let window = HistoryWindow(size: 100, ttl: 86_400_000)
}
