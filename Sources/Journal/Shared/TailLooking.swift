extension TailStateMachine {
    /// How the node's place stands to the stream that was looked at.
    private enum Standing {
        /// What follows the place can be read.
        case readable(linksOnly: Bool)
        /// Entries after the place are gone, or of another branch.
        case cut
        /// The stream doesn't reach as far as this node, or has something else at its place.
        case lost
    }

    private func standing(in view: StreamView, top: Cursor) -> Standing {
        if skip != nil { return .readable(linksOnly: true) }
        if unlinkable == place { return top > place.cursor ? .cut : .lost }
        if place == .start {
            let isFromTheBeginning = view.first?.sequence == 0 && (view.pointer.map { $0.place == .start } ?? true)
            return isFromTheBeginning ? .readable(linksOnly: true) : .cut
        }
        if top < place.cursor { return .lost }
        if let found = view.atPlace { return found == place.id ? .readable(linksOnly: false) : .lost }
        // The place's own entry was trimmed, or never was in this stream.
        if top == place.cursor || view.first == place.cursor.next { return .readable(linksOnly: false) }
        if top.lineage > place.cursor.lineage { return .readable(linksOnly: true) }
        return (view.first.map { $0 > place.cursor } ?? true) ? .cut : .lost
    }

    /// Decides what to do after a look at the server.
    mutating func look(_ view: StreamView, at now: Int64) -> Step {
        note(view, at: now)
        guard view.isPrimary else {
            enter(.looking)
            return Step(suspend(.away), next: .reconnect)
        }
        if isDiscarding { return replaceState(view) }
        guard let top = view.top else {
            (skip, unlinkable) = (nil, nil)
            return recount(at: now, reading: false)
        }
        switch standing(in: view, top: top) {
        case .readable(let linksOnly):
            self.linksOnly = linksOnly
            gapSince = nil
            // Before the opening that must follow nothing is live: the lineage at the place is over.
            return isBound && !linksOnly ? follow() : recount(at: now, reading: true)
        case .cut: return leave(view, at: now)
        case .lost:
            return top.lineage > place.cursor.lineage || isEstranged(from: top)
                ? leave(view, at: now) : recount(at: now, reading: false)
        }
    }

    /// True when the file this start found is no branch that the journal in Redis may have lost: of a node that ran alone
    /// while the journal went on, or of another fleet. By its lineage alone it may look as if it was ahead.
    private func isEstranged(from top: Cursor) -> Bool {
        guard isStarting, place != .start, top < place.cursor else { return false }
        guard let next = chain.links.first(where: { $0.parent.cursor.lineage == top.lineage }) else {
            return chain.newest?.lineage != top.lineage
        }
        return chain.isOfSingleNode && top > next.parent.cursor
    }

    /// True when the newest lineage that was applied is bound to the server that was looked at.
    var isBound: Bool { chain.newest.map { !$0.server.isEmpty && $0.server == server } ?? false }

    private mutating func follow() -> Step {
        let resume: [Effect] = isLive ? [] : [.resume]
        becomeLive()
        return Step(resume, next: .read(after: skip ?? place.cursor, waits: true))
    }

    /// Waits for a new lineage: reads on in silence, then posts how far it came.
    mutating func recount(at now: Int64, reading: Bool) -> Step {
        let effects = suspend(.loss)
        if case .recounting = phase {} else { enter(.recounting(since: nil)) }
        if reading { return Step(effects, next: .read(after: skip ?? place.cursor, waits: false)) }
        return Step(effects, next: posting(at: now))
    }

    /// Posts; the time that a post has to be up counts from the first one.
    mutating func posting(at now: Int64) -> Next {
        if case .recounting(nil) = phase {
            enter(.recounting(since: now))
            countedAt = now
        }
        return .post(place)
    }

    /// The fleet has gone on where this node can't read on: it takes the newest checkpoint, if that leads further.
    private mutating func leave(_ view: StreamView, at now: Int64) -> Step {
        let effects = suspend(.loss)
        if isSeeding(view) { return recount(at: now, reading: false) }
        let isForeign = view.top.map { isEstranged(from: $0) } ?? false
        if isForeign, start == .refuse { return halt(.notOnChain(place)) }
        guard let pointer = view.pointer, pointer.nonce != brokenPointer, isForeign || pointer.isAhead(of: place) else {
            let since = gapSince ?? now
            gapSince = since
            guard now - since >= terms.lease, !isForeign else {
                enter(.waiting)
                return Step(effects, next: .pause(terms.pause))
            }
            return recount(at: now, reading: false)
        }
        let isHeld = pointer.chain.holds(place)
        if isStarting, !isHeld, start == .refuse { return halt(.notOnChain(place)) }
        enter(.joining)
        return Step(effects, next: .join(pointer, hasSurplus: !isHeld))
    }

    /// Counts the posts of a roll call; the node that came furthest opens the next lineage.
    mutating func count(_ posts: [RollPost], at now: Int64) -> Step {
        guard case .recounting(let since?) = phase, let view, let counted = countedAt else { return verify() }
        countedAt = now
        guard now - counted <= terms.roll else {
            // This node, or the server, stood still: what the others posted meanwhile was not seen.
            enter(.recounting(since: now))
            return verify()
        }
        let live = posts.filter { $0.age <= terms.postAgeMax && $0.origin != origin }
        let isFurthest = live.allSatisfy { ($0.place.cursor, $0.origin) < (place.cursor, origin) }
        let wait = place == .start ? terms.lease : terms.roll
        guard isFurthest || isSeeding(view) else {
            // Somebody who is ahead goes on, so this node doesn't have to: a broken checkpoint is tried once more.
            brokenPointer = nil
            return pauseThenLook()
        }
        guard now - since >= wait else { return pauseThenLook() }
        if place == .start, live.contains(where: { $0.place != .start }) { return pauseThenLook() }
        let keepsEpochs = isStarting && isSoleOwner && view.top == nil && chain.isOfSingleNode
        isSoleOwner = false
        enter(.opening)
        return Step(
            next: .open(
                OpeningPlan(
                    parent: place, chain: chain, server: server, expectedTop: view.top,
                    expectedPointer: view.pointer?.nonce,
                    keepsEpochs: keepsEpochs)))
    }

    /// True when this node was told to replace the fleet's state, and isn't merely behind it.
    private func isSeeding(_ view: StreamView) -> Bool {
        start == .seedFromFile && isStarting && place != .start && !(view.pointer?.chain.holds(place) ?? false)
    }
}

extension LineageChain {
    /// True when the newest lineage was opened by a node that ran alone.
    public var isOfSingleNode: Bool { newest.map { $0.server.isEmpty } ?? false }
}

extension CheckpointPointer {
    /// True when a node at a place gets further by taking this checkpoint.
    public func isAhead(of place: Place) -> Bool {
        let newest = max(chain.newest?.lineage ?? 0, self.place.cursor.lineage)
        return newest > place.cursor.lineage
            || (newest == place.cursor.lineage && self.place.cursor > place.cursor)
    }
}
