import JSONText
import Journal

extension State {
    /// Appends a publication to its channel; without history it is journaled but takes no offset.
    mutating func publish(_ entry: Entry, version: UInt64? = nil) -> Applied {
        guard let window = entry.header.history, window.size > 0, window.ttl > 0 else {
            return Applied(Outcome(version: version), publication: Publication(entry, offset: 0, version: version))
        }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let (time, birth) = (journalTime, birthEpoch(of: entry.channel))
        var applied = Applied.refused(.tooLarge)
        change(channel: entry.channel) { channel in
            if channel == nil { channel = Channel(epoch: birth) }
            guard let epoch = channel?.epoch, let offset = channel?.nextOffset else { return }
            let publication = Publication(entry, offset: offset, version: version)
            channel?.append(publication, window: window, at: time)
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

    /// Begins a lineage: every epoch changes, so that each client is told.
    mutating func open(_ entry: Entry, at cursor: Cursor) -> Applied {
        epochBase = cursor
        epochSalt = Opening.salt(of: entry)
        if idSecret.isEmpty { idSecret = Opening.idSecret(of: entry) }
        return Applied(Outcome())
    }
}

/// The body of an opening entry: `{"salt":"…","secret":"…"}`, both drawn by the opener.
enum Opening {
    /// The body as JSON; both parts are base-36 text.
    static func body(salt: String, idSecret: String) -> [UInt8] {
        Array("{\"salt\":\"\(salt)\",\"secret\":\"\(idSecret)\"}".utf8)
    }

    static func salt(of entry: Entry) -> String { member("salt", of: entry) }

    static func idSecret(of entry: Entry) -> [UInt8] { Array(member("secret", of: entry).utf8) }

    private static func member(_ name: StaticString, of entry: Entry) -> String {
        // An unreadable opening has no salt: epochs are then told apart by their cursor alone.
        let found = try? entry.body.scan { (cursor, buffer) throws(JSONError) -> String in
            var found = ""
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                if key.equals(name, in: buffer) { found = try cursor.readString() } else { _ = try cursor.skipValue() }
            }
            return found
        }
        return found ?? ""
    }
}
