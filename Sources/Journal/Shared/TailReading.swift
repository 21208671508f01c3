extension TailStateMachine {
    /// Takes what a read brought.
    mutating func take(_ batch: Batch, at now: Int64) -> Step {
        guard batch.isPrimary, batch.server == server else {
            // Another server's entries may be of another branch: none of them is looked at.
            enter(.looking)
            return Step(suspend(batch.isPrimary ? .loss : .away), next: batch.isPrimary ? .look(place) : .reconnect)
        }
        var effects: [Effect] = []
        var taken = 0
        for item in batch.entries {
            guard follows(item) else {
                leaveUnlinked()
                return Step(effects + hand(taken) + suspend(.loss), next: .look(place))
            }
            move(to: item.place)
            taken += 1
            guard let opening = item.opening else { continue }
            adopt(opening.link(at: item.place.cursor))
            effects += hand(taken)
            taken = 0
            effects += changeStanding()
        }
        effects += hand(taken)
        return Step(effects, next: afterReading(isEmpty: batch.entries.isEmpty, at: now))
    }

    private func follows(_ item: Item) -> Bool {
        // While an opening is looked for, nothing else follows.
        (!linksOnly || item.opening != nil) && place.isFollowed(by: item.place.cursor, item.opening)
    }

    private func hand(_ count: Int) -> [Effect] { count > 0 ? [.hand(count, isDelivered: isLive)] : [] }

    /// An opening decided whose server this is: bound to it, entries are delivered from here on. Appends in flight were
    /// made to the lineage before.
    private mutating func changeStanding() -> [Effect] {
        let effects = suspend(.loss)
        if isBound {
            becomeLive()
            return effects + [.resume]
        }
        enter(.recounting(since: nil))
        return effects
    }

    private mutating func afterReading(isEmpty: Bool, at now: Int64) -> Next {
        if isLive, !isEmpty, now - lookedAt < terms.look { return .read(after: place.cursor, waits: true) }
        if isLive { return .look(place) }
        guard isEmpty else { return .read(after: place.cursor, waits: false) }
        guard linksOnly else { return posting(at: now) }
        leaveUnlinked()
        return .look(place)
    }

    /// What was to follow the place is not there; taking the same checkpoint once more would lead here again.
    private mutating func leaveUnlinked() {
        if skip != nil, let takenPointer { brokenPointer = takenPointer }
        (unlinkable, skip) = (place, nil)
    }
}
