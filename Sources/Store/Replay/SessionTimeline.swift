import Journal

/// Follows one session through the rows of a journal, by the outcomes that the rows record.
///
/// Give it every row in order, those of other channels too: they move the journal's time.
///
/// - Guarantee: nothing is guessed. What a row doesn't determine stays unknown until one does: a creation or a put makes
///   the document exact, a patch only carries an exact one on.
public struct SessionTimeline: Sendable, Equatable {
    /// What is known of the session at a place.
    public enum Standing: Sendable, Equatable {
        /// No row said anything yet: it may or may not have existed before.
        case unseen
        case present(SessionSnapshot)
        /// The journal reaches back to before any creation, or the session was forgotten since.
        case absent
    }

    /// The session that is followed.
    public let id: String
    /// What is known of it after the rows so far.
    public private(set) var standing: Standing
    /// The largest entry time so far, in milliseconds since 1970. Where the journal's first rows were deleted and the clock
    /// was set back before, the service's own journal time may be a little later.
    public private(set) var journalTime: Int64
    private let channel: String

    /// Begins before the first row.
    ///
    /// - Parameter isComplete: true when nothing was before that row.
    public init(id: String, isComplete: Bool) {
        self.id = id
        channel = Session.channel(of: id)
        standing = isComplete ? .absent : .unseen
        journalTime = 0
    }

    /// Begins at a checkpoint.
    init(id: String, at session: Session?, journalTime: Int64) {
        self.id = id
        self.journalTime = journalTime
        channel = Session.channel(of: id)
        standing = session.map { .present(SessionSnapshot($0)) } ?? .absent
    }

    /// Takes the next row.
    public mutating func take(_ row: JournalRow) {
        journalTime = max(journalTime, row.entry.time)
        guard row.entry.channel == channel, row.entry.kind.isSession, row.outcome.refusal == nil else { return }
        guard row.outcome.isKnown else {
            forget()
            return
        }
        var snapshot = SessionSnapshot(id: id)
        if case .present(let known) = standing { snapshot = known }
        switch row.entry.kind {
        case .sessionCreate: create(&snapshot, row)
        case .sessionPut: write(&snapshot, row, document: row.entry.body)
        case .sessionPatch: write(&snapshot, row, document: Self.patched(snapshot.document, with: row.entry.body))
        case .sessionTouch: touch(&snapshot, row)
        case .sessionEnd, .sessionExpire: end(&snapshot, row)
        default:
            standing = .absent
            return
        }
        standing = .present(snapshot)
    }

    /// Entries are missing from here on: what was known says nothing about what comes.
    mutating func forget() { standing = .unseen }

    /// True when a row changes, or for all that is known may change, what the session's document or status is.
    static func mayChange(_ row: JournalRow, of channel: String) -> Bool {
        row.entry.channel == channel && row.entry.kind.isSession && row.entry.kind != .sessionTouch
            && row.outcome.refusal == nil
    }

    private func create(_ snapshot: inout SessionSnapshot, _ row: JournalRow) {
        snapshot = SessionSnapshot(id: id)
        if let terms = row.entry.header.session {
            (snapshot.type, snapshot.owner, snapshot.ttl) = (terms.type, terms.owner, terms.ttl)
        }
        snapshot.createdAt = journalTime
        write(&snapshot, row, document: row.entry.body)
    }

    private func write(_ snapshot: inout SessionSnapshot, _ row: JournalRow, document: [UInt8]?) {
        snapshot.document = document
        snapshot.version = row.outcome.version
        snapshot.updatedAt = journalTime
        snapshot.touchedAt = journalTime
    }

    private func touch(_ snapshot: inout SessionSnapshot, _ row: JournalRow) {
        snapshot.version = row.outcome.version
        snapshot.touchedAt = journalTime
    }

    private func end(_ snapshot: inout SessionSnapshot, _ row: JournalRow) {
        snapshot.document = []
        snapshot.version = row.outcome.version
        snapshot.endedAt = journalTime
        snapshot.endReason = row.entry.header.reason ?? "ended"
    }

    private static func patched(_ document: [UInt8]?, with patch: [UInt8]) -> [UInt8]? {
        guard let document else { return nil }
        do { return try SessionTransition.patched(document, with: patch) } catch {
            // The row says that this patch was applied: then the document that we hold isn't the one it was applied to.
            return nil
        }
    }
}
