import Journal

extension State {
    private func hash(of entry: Entry) -> String { WaitingRoom.hash(ofChannel: entry.channel) ?? entry.channel }

    private func room(of entry: Entry) -> WaitingRoom? { rooms.rooms[hash(of: entry)] }

    /// Changes the room of an entry that has one.
    private mutating func change(roomOf entry: Entry, _ body: (inout WaitingRoom) -> Void) {
        rooms.change(hash(of: entry)) { room in
            guard var changed = room else { return }
            room = nil  // leaves `changed` the only owner, so that a long line isn't copied
            body(&changed)
            room = changed
        }
    }

    mutating func createRoom(_ entry: Entry) -> Applied {
        guard let terms = entry.header.room, let activity = terms.activity else { return .refused(.notFound) }
        guard room(of: entry) == nil else { return .refused(.exists) }
        guard rooms.rooms.count < RoomTable.roomsMax else { return .refused(.busy) }
        let (hash, time) = (hash(of: entry), journalTime)
        // A link that comes from elsewhere may bring what is live; a session has one room.
        let session = terms.session.flatMap { id in
            sessions[id].map { $0.isOver(at: time) } == false && rooms.live[id] == nil ? id : nil
        }
        rooms.change(hash) {
            var room = WaitingRoom(
                hash: hash, activity: activity, policy: terms.policy ?? "", options: terms.options ?? [],
                createdAt: time, usedAt: time)
            room.session = session
            $0 = room
        }
        return Applied(Outcome())
    }

    mutating func updateRoom(_ entry: Entry) -> Applied {
        guard let terms = entry.header.room, room(of: entry) != nil else { return .refused(.notFound) }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let time = journalTime
        change(roomOf: entry) { room in
            if let policy = terms.policy { room.policy = policy }
            if let options = terms.options { room.options = options }
            room.usedAt = time
        }
        return publish(entry)
    }

    mutating func removeRoom(_ entry: Entry) -> Applied {
        guard room(of: entry) != nil else { return .refused(.notFound) }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        rooms.change(hash(of: entry)) { $0 = nil }
        return publish(entry)
    }

    /// Forgets a link that nobody used for long, with its channel.
    mutating func forgetRoom(_ entry: Entry, at cursor: Cursor) -> Applied {
        guard let room = room(of: entry) else { return .refused(.notFound) }
        guard room.dueAt <= journalTime, room.line.isEmpty else { return .refused(.notDue) }
        rooms.change(room.hash) { $0 = nil }
        if channels[entry.channel] != nil { forgetChannel(entry.channel, at: cursor) }
        return Applied(Outcome())
    }

    mutating func joinRoom(_ entry: Entry) -> Applied {
        guard let terms = entry.header.room, let waiter = terms.waiter else { return .refused(.notFound) }
        if let refusal = refusal(ofJoin: entry, waiter) { return Self.applied(refusal, waiter) }
        let time = journalTime
        var ticket: UInt64 = 0
        change(roomOf: entry) { room in
            ticket = room.line.join(waiter, name: terms.name, by: entry.id, at: time)
            room.usedAt = time
            room.revision &+= 1
        }
        return Self.applied(nil, waiter, ticket: ticket)
    }

    /// A function of its own, so that nothing holds the line when it is changed: it would be copied for each who joins.
    private func refusal(ofJoin entry: Entry, _ waiter: String) -> Refusal? {
        guard let room = room(of: entry) else { return .notFound }
        guard !room.isAdmitted(waiter) else { return .live }
        guard room.line.place(of: waiter) == nil else { return nil }
        let taken = room.line.count + room.line.admitted.count
        let isFull = taken >= WaitingLine.placesMax || (room.capacity > 0 && UInt64(taken) >= room.capacity)
        return room.isClosed || isFull ? .full : nil
    }

    private static func applied(_ refusal: Refusal?, _ waiter: String, ticket: UInt64? = nil) -> Applied {
        var applied = refusal.map { Applied.refused($0) } ?? Applied(Outcome(version: ticket))
        applied.waiter = waiter
        return applied
    }

    mutating func leaveRoom(_ entry: Entry) -> Applied {
        changeLine(entry) { line, terms, _ in terms.waiter.map { line.leave($0) } ?? false }
    }

    mutating func awayFromRoom(_ entry: Entry) -> Applied {
        changeLine(entry) { line, terms, time in
            guard let waiter = terms.waiter, let holder = terms.holder else { return false }
            return line.away(waiter, from: holder, at: time)
        }
    }

    mutating func orphanRoom(_ entry: Entry) -> Applied {
        changeLine(entry) { line, terms, time in terms.origin.map { line.orphan($0, at: time) } ?? false }
    }

    /// Refused as not due when nothing in the line changed.
    private mutating func changeLine(
        _ entry: Entry, _ body: (inout WaitingLine, RoomTerms, Int64) -> Bool
    ) -> Applied {
        guard let terms = entry.header.room, room(of: entry) != nil else { return .refused(.notFound) }
        let time = journalTime
        var changed = false
        change(roomOf: entry) { room in
            changed = body(&room.line, terms, time)
            if changed { room.revision &+= 1 }
        }
        var applied = changed ? Applied(Outcome()) : .refused(.notDue)
        applied.waiter = terms.waiter
        return applied
    }

    mutating func abandonPlaces(_ entry: Entry) -> Applied {
        guard let room = room(of: entry), let life = entry.header.room?.life else { return .refused(.notFound) }
        let since = journalTime.saturatingAdd(-max(0, life))
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        guard room.line.hasAway(since: since) else { return .refused(.notDue) }
        var count = 0
        change(roomOf: entry) { room in
            count = room.line.abandon(awaySince: since)
            room.revision &+= 1
        }
        return publish(entry, version: UInt64(count))
    }

    /// Exactly one of those who press at once makes the session; the others are told which it is.
    mutating func startRoom(_ entry: Entry) -> Applied {
        guard let room = room(of: entry) else { return .refused(.notFound) }
        guard room.session == nil else { return .refused(.live) }
        guard let terms = entry.header.session, let id = entry.header.room?.session, sessions[id] == nil else {
            return .refused(.exists)
        }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let time = journalTime
        beginSession(id, terms, document: entry.body)
        change(roomOf: entry) { room in
            room.session = id
            room.usedAt = time
            room.hasEnded = false
            room.revision &+= 1
            if !room.isPaused { room.line.empty() }
        }
        return publish(entry, version: 1)
    }

    mutating func admitToRoom(_ entry: Entry) -> Applied {
        guard let room = room(of: entry), let count = entry.header.room?.count else { return .refused(.notFound) }
        guard room.session != nil, room.isPaused, room.line.count > 0 else { return .refused(.notDue) }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let time = journalTime
        var last: UInt64?
        change(roomOf: entry) { room in
            last = room.line.admit(Int(clamping: count), at: time)
            room.revision &+= 1
        }
        return publish(entry, version: last ?? 0)
    }

    mutating func changeAdmission(_ entry: Entry) -> Applied {
        guard let terms = entry.header.room, room(of: entry) != nil else { return .refused(.notFound) }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let time = journalTime
        change(roomOf: entry) { room in
            if let isPaused = terms.isPaused { room.isPaused = isPaused }
            if let isClosed = terms.isClosed { room.isClosed = isClosed }
            if let count = terms.count { room.capacity = count }
            // Nobody is let in one by one any more: what is live is open to all.
            if room.session != nil, !room.isPaused { room.line.empty() }
            room.usedAt = time
            room.revision &+= 1
        }
        return publish(entry)
    }

    /// What is said has to be news: of several nodes that say it at once one does.
    mutating func tellRoom(_ entry: Entry) -> Applied {
        guard let room = room(of: entry), let seen = entry.header.expectedVersion else { return .refused(.notFound) }
        guard seen > room.told, seen <= room.revision else { return .refused(.notDue) }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let time = journalTime
        change(roomOf: entry) { room in
            (room.told, room.toldAt) = (seen, time)
            room.hasEnded = false
        }
        return publish(entry)
    }

    mutating func spendAttempt(_ entry: Entry) -> Applied {
        guard let terms = entry.header.room, let token = terms.token, let burst = terms.count, let life = terms.life
        else { return .refused(.notFound) }
        let wait = rooms.spend(token, burst: burst, interval: life, at: journalTime)
        return wait == nil ? Applied(Outcome()) : .refused(.limited)
    }

    mutating func offerInRoom(_ entry: Entry) -> Applied {
        guard let room = room(of: entry), let token = entry.header.room?.token, let life = entry.header.room?.life
        else { return .refused(.notFound) }
        guard room.offers[token] == nil else { return .refused(.exists) }
        let time = journalTime
        let kept = room.offers.values.filter { $0.expiresAt > time }
        guard kept.count < WaitingRoom.offersMax,
            kept.reduce(entry.body.count, { $0 + $1.values.count }) <= WaitingRoom.offerBytesMax
        else { return .refused(.full) }
        change(roomOf: entry) { room in
            room.offers = room.offers.filter { $0.value.expiresAt > time }
            room.offers[token] = WaitingRoom.Offer(values: entry.body, expiresAt: time.saturatingAdd(max(0, life)))
            room.usedAt = time
        }
        return Applied(Outcome())
    }

    /// A token is good once, on whichever node it is shown.
    mutating func takeFromRoom(_ entry: Entry) -> Applied {
        guard let room = room(of: entry), let token = entry.header.room?.token,
            room.offer(token, at: journalTime) != nil
        else { return .refused(.notFound) }
        change(roomOf: entry) { $0.offers[token] = nil }
        return Applied(Outcome())
    }

    /// A session has ended: the room that it belonged to waits again.
    mutating func releaseRoom(ofSession id: String) {
        guard let hash = rooms.live[id] else { return }
        let time = journalTime
        rooms.change(hash) { room in
            room?.session = nil
            room?.hasEnded = true
            room?.usedAt = time
            room?.line.forgetAdmitted()
            room?.revision &+= 1
        }
    }
}
