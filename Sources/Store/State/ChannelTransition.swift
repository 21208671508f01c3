import Journal

extension State {
    /// Appends a publication to its channel; without history it is journaled but takes no offset.
    mutating func publish(_ entry: Entry, version: UInt64? = nil) -> Applied {
        guard let window = entry.header.history, window.size > 0, window.ttl > 0 else {
            return Applied(Outcome(version: version), publication: Publication(entry, offset: 0, version: version))
        }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let asked = entry.header.dataVersion
        if let asked, let seen = channels[entry.channel]?.dataVersion, asked.isOutdated(after: seen) {
            return .refused(.outdated)
        }
        let (time, birth) = (journalTime, birthEpoch(of: entry.channel))
        var applied = Applied.refused(.tooLarge)
        change(channel: entry.channel) { channel in
            if channel == nil { channel = Channel(epoch: birth) }
            guard let epoch = channel?.epoch, let offset = channel?.nextOffset else { return }
            let publication = Publication(entry, offset: offset, version: version)
            channel?.append(publication, window: window, at: time, dataVersion: asked)
            applied = Applied(Outcome(epoch: epoch, offset: offset, version: version), publication: publication)
        }
        return applied
    }

    /// False at the end of a channel's numbers; asked before anything is changed.
    func hasRoom(_ entry: Entry) -> Bool { channels[entry.channel].map { $0.nextOffset != nil } ?? true }

    /// Empties a channel's window; offsets and epoch go on.
    mutating func removeHistory(_ entry: Entry) -> Applied {
        guard channels[entry.channel] != nil else { return .refused(.notFound) }
        change(channel: entry.channel) { $0?.removeHistory() }
        return Applied(Outcome())
    }

    /// Forgets a channel that is due; positions in it never match again, because its bucket's epoch moves on.
    mutating func dropChannel(_ entry: Entry, at cursor: Cursor) -> Applied {
        guard let channel = channels[entry.channel] else { return .refused(.notFound) }
        guard channel.dueAt <= journalTime else { return .refused(.notDue) }
        forgetChannel(entry.channel, at: cursor)
        return Applied(Outcome())
    }

    /// Removes a channel's row and moves its bucket's epoch on.
    mutating func forgetChannel(_ name: String, at cursor: Cursor) {
        change(channel: name) { $0 = nil }
        change(epochOfBucketOf: name, to: cursor)
    }

    /// Begins a lineage: every epoch changes, so that each client is told; unless the opener proved that it is the sole owner
    /// of the state.
    mutating func open(_ entry: Entry, at cursor: Cursor) -> Applied {
        let opening = Opening(entry)
        chain.append(opening.link(at: cursor))
        if idSecret.isEmpty { idSecret = Array(opening.secret.utf8) }
        guard !opening.keepsEpochs else { return Applied(Outcome()) }
        epochBase = cursor
        epochSalt = opening.salt
        return Applied(Outcome())
    }
}
