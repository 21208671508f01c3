import JSONBytes
import Journal

/// What may happen to a session, decided on the session alone.
enum SessionTransition {
    /// The largest document that a patch may lead to.
    static let documentBytesMax = JournalLimits.bodyBytesMax

    /// Whether a session may be changed at a journal time by a writer who saw a version; nil when it may.
    static func refusal(of session: Session?, expected: UInt64?, at time: Int64) -> Refusal? {
        guard let session else { return .notFound }
        if session.isOver(at: time) { return .ended }
        if let expected, expected != session.version { return .versionMismatch }
        return nil
    }

    /// Whether whoever sends an entry may change the session; the sender's own node may not have it yet.
    static func isForbidden(_ entry: Entry, to session: Session?) -> Bool {
        guard let session, let user = entry.header.user else { return false }
        return user.isEmpty || session.owner != user
    }

    /// The document after a merge patch.
    static func patched(_ document: [UInt8], with patch: [UInt8]) throws(PatchRefusal) -> [UInt8] {
        let merged: JSONText
        do throws(JSONError) {
            merged = try MergePatch.apply(JSONText(unchecked: patch), to: JSONText(unchecked: document))
        } catch { throw PatchRefusal(refusal: .badPatch) }
        guard merged.bytes.count <= documentBytesMax else { throw PatchRefusal(refusal: .tooLarge) }
        return merged.bytes
    }

    /// A patch that can't be applied.
    struct PatchRefusal: Error { let refusal: Refusal }
}

extension State {
    private func session(of entry: Entry) -> (id: String, session: Session?) {
        let id = Session.id(ofChannel: entry.channel) ?? entry.channel
        return (id, sessions[id])
    }

    private func refusal(of entry: Entry, to session: Session?) -> Refusal? {
        if SessionTransition.isForbidden(entry, to: session) { return .forbidden }
        return SessionTransition.refusal(of: session, expected: entry.header.expectedVersion, at: journalTime)
    }

    mutating func createSession(_ entry: Entry) -> Applied {
        let (id, existing) = session(of: entry)
        guard existing == nil, let terms = entry.header.session else { return .refused(.exists) }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        beginSession(id, terms, document: entry.body)
        return publish(entry, version: 1)
    }

    /// Puts a new session into the state; what is published of it is the caller's.
    mutating func beginSession(_ id: String, _ terms: SessionTerms, document: [UInt8]) {
        let time = journalTime
        change(session: id) {
            $0 = Session(
                id: id, type: terms.type, owner: terms.owner, document: document, version: 1, createdAt: time,
                updatedAt: time, touchedAt: time, ttl: terms.ttl)
        }
    }

    mutating func putSession(_ entry: Entry) -> Applied { write(entry, document: entry.body) }

    mutating func patchSession(_ entry: Entry) -> Applied {
        let (_, existing) = session(of: entry)
        if let refusal = refusal(of: entry, to: existing) { return .refused(refusal) }
        do throws(SessionTransition.PatchRefusal) {
            return write(entry, document: try SessionTransition.patched(existing?.document ?? [], with: entry.body))
        } catch { return .refused(error.refusal) }
    }

    private mutating func write(_ entry: Entry, document: [UInt8]) -> Applied {
        let (id, existing) = session(of: entry)
        if let refusal = refusal(of: entry, to: existing) { return .refused(refusal) }
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let (time, version) = (journalTime, (existing?.version ?? 0) &+ 1)
        change(session: id) {
            $0?.document = document
            $0?.version = version
            $0?.updatedAt = time
            $0?.touchedAt = time
        }
        return publish(entry, version: version)
    }

    mutating func touchSession(_ entry: Entry) -> Applied {
        let (id, existing) = session(of: entry)
        if let refusal = refusal(of: entry, to: existing) { return .refused(refusal) }
        let time = journalTime
        change(session: id) { $0?.touchedAt = time }
        return Applied(Outcome(version: existing?.version))
    }

    mutating func endSession(_ entry: Entry) -> Applied {
        let (_, existing) = session(of: entry)
        if let refusal = refusal(of: entry, to: existing) { return .refused(refusal) }
        return finish(entry)
    }

    /// Ends a session whose deadline is the one that the sweeper saw.
    mutating func expireSession(_ entry: Entry) -> Applied {
        let (_, existing) = session(of: entry)
        guard let existing else { return .refused(.notFound) }
        guard existing.endedAt == nil else { return .refused(.ended) }
        guard existing.deadline == entry.header.expectedDeadline, existing.deadline <= journalTime else {
            return .refused(.notDue)
        }
        return finish(entry)
    }

    private mutating func finish(_ entry: Entry) -> Applied {
        let (id, existing) = session(of: entry)
        guard hasRoom(entry) else { return .refused(.tooLarge) }
        let (time, version) = (journalTime, (existing?.version ?? 0) &+ 1)
        change(session: id) {
            $0?.document = []
            $0?.version = version
            $0?.endedAt = time
            $0?.endReason = entry.header.reason ?? "ended"
        }
        releaseRoom(ofSession: id)
        return publish(entry, version: version)
    }

    /// Forgets a tombstone and its channel once it is due.
    mutating func forgetSession(_ entry: Entry, at cursor: Cursor) -> Applied {
        let (id, existing) = session(of: entry)
        guard let existing else { return .refused(.notFound) }
        guard existing.endedAt != nil, existing.dueAt <= journalTime else { return .refused(.notDue) }
        change(session: id) { $0 = nil }
        forgetChannel(entry.channel, at: cursor)
        return Applied(Outcome())
    }
}
