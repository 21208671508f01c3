import Journal
import Migrations

/// What applying one entry did, beside the state itself.
struct Applied: Equatable {
    var outcome: Outcome
    /// What subscribers of the entry's channel get.
    var publication: Publication?
    /// Whose place in a line the entry was about.
    var waiter: String?
    /// For a duplicate: what the first write with the key did.
    var original: IdempotencyWindow.Record?

    /// An accepted entry.
    init(_ outcome: Outcome, publication: Publication? = nil) {
        self.outcome = outcome
        self.publication = publication
    }

    /// A refused entry.
    static func refused(_ refusal: Refusal) -> Applied { Applied(Outcome(refusal: refusal)) }
}

extension State {
    /// Applies the next entry of the journal.
    ///
    /// - Guarantee: a pure function of the state and the entry: no clock, no randomness, no configuration. A refused entry
    ///   changes nothing but the head and the journal time, and takes no offset.
    mutating func apply(_ entry: Entry, at cursor: Cursor) -> Applied {
        (head, headID) = (cursor, entry.id)
        journalTime = max(journalTime, entry.time)
        idempotency.expire(at: journalTime)
        let applied = decide(entry, at: cursor)
        outcomeHash.combine(applied.outcome, at: cursor)
        return applied
    }

    private mutating func decide(_ entry: Entry, at cursor: Cursor) -> Applied {
        guard !origins.isStale(entry.id) else { return .refused(.stale) }
        origins.note(entry.id, at: journalTime)
        if let claim = entry.header.idempotency {
            switch idempotency.verdict(on: claim, channel: entry.channel) {
            case .new: break
            case .duplicate(let record):
                var applied = Applied.refused(.duplicate)
                applied.original = record
                return applied
            case .conflict: return .refused(.keyConflict)
            case .full: return .refused(.busy)
            }
        }
        let applied = transition(entry, at: cursor)
        if let claim = entry.header.idempotency, applied.outcome.refusal == nil {
            idempotency.remember(
                IdempotencyWindow.Record(
                    bodyHash: claim.bodyHash, epoch: applied.outcome.epoch ?? birthEpoch(of: entry.channel),
                    offset: applied.outcome.offset, version: applied.outcome.version,
                    expiresAt: journalTime.saturatingAdd(claim.window)),
                as: IdempotencyWindow.Key(channel: entry.channel, key: claim.key))
        }
        return applied
    }

    private mutating func transition(_ entry: Entry, at cursor: Cursor) -> Applied {
        switch entry.kind {
        case .open: open(entry, at: cursor)
        case .publish: publish(entry)
        case .historyRemove: removeHistory(entry)
        case .channelDrop: dropChannel(entry, at: cursor)
        case .sessionCreate: createSession(entry)
        case .sessionPut: putSession(entry)
        case .sessionPatch: patchSession(entry)
        case .sessionTouch: touchSession(entry)
        case .sessionEnd: endSession(entry)
        case .sessionExpire: expireSession(entry)
        case .sessionForget: forgetSession(entry, at: cursor)
        case .canary: Applied(Outcome())
        case .roomCreate: createRoom(entry)
        case .roomUpdate: updateRoom(entry)
        case .roomRemove: removeRoom(entry)
        case .roomForget: forgetRoom(entry, at: cursor)
        case .roomJoin: joinRoom(entry)
        case .roomLeave: leaveRoom(entry)
        case .roomAway: awayFromRoom(entry)
        case .roomOrphan: orphanRoom(entry)
        case .roomAbandon: abandonPlaces(entry)
        case .roomStart: startRoom(entry)
        case .roomAdmit: admitToRoom(entry)
        case .roomAdmission: changeAdmission(entry)
        case .roomTell: tellRoom(entry)
        case .roomAttempt: spendAttempt(entry)
        case .roomOffer: offerInRoom(entry)
        case .roomTake: takeFromRoom(entry)
        }
    }
}

/// Checksum over the outcomes of all entries so far: two nodes at one cursor that have another one have grown apart.
struct OutcomeHash: Sendable, Equatable {
    private(set) var value: UInt64 = 0

    /// Begins with nothing, or goes on from what a checkpoint has.
    init(_ value: UInt64 = 0) { self.value = value }

    fileprivate mutating func combine(_ outcome: Outcome, at cursor: Cursor) {
        var checksum = RowChecksum()
        checksum.combine(value)
        checksum.combine(cursor.sequence)
        checksum.combine((outcome.offset ?? 0) &<< 1 | (outcome.refusal == nil ? 0 : 1))
        checksum.combine(outcome.version ?? 0)
        value = checksum.result
    }
}
