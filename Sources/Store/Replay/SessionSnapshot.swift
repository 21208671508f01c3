import Journal

/// A session as it was at some place of the journal; nil where the journal no longer tells.
public struct SessionSnapshot: Sendable, Equatable {
    /// The session; always known.
    public let id: String
    /// What the session was created as.
    public internal(set) var type: String?
    /// Who may use it; empty for nobody but the API key.
    public internal(set) var owner: String?
    /// One JSON value; empty once the session has ended.
    public internal(set) var document: [UInt8]?
    /// 1 at creation; every put, patch and end adds one.
    public internal(set) var version: UInt64?
    /// Journal times in milliseconds since 1970.
    public internal(set) var createdAt: Int64?
    /// When the document last changed.
    public internal(set) var updatedAt: Int64?
    /// The last sign of life.
    public internal(set) var touchedAt: Int64?
    /// Milliseconds of life after the last sign of it.
    public internal(set) var ttl: Int64?
    /// Nil while the session lives; known whenever the document is.
    public internal(set) var endedAt: Int64?
    /// Why it ended; nil while it lives.
    public internal(set) var endReason: String?

    /// Nothing is known but the id.
    init(id: String) { self.id = id }

    /// Everything is known.
    init(_ session: Session) {
        id = session.id
        (type, owner, ttl) = (session.type, session.owner, session.ttl)
        (document, version) = (session.document, session.version)
        (createdAt, updatedAt, touchedAt) = (session.createdAt, session.updatedAt, session.touchedAt)
        (endedAt, endReason) = (session.endedAt, session.endReason)
    }

    /// What never changes in a session, from one that is known later or earlier.
    mutating func adoptTerms(of session: Session) {
        (type, owner, ttl, createdAt) = (session.type, session.owner, session.ttl, session.createdAt)
    }

    /// `live`, `ended (reason)`, or `past its deadline` for one that the sweeper had yet to end.
    ///
    /// - Parameter time: journal time in milliseconds since 1970.
    public func status(at time: Int64) -> String {
        if endedAt != nil { return "ended (\(endReason ?? "ended"))" }
        guard let type, let owner, let createdAt, let touchedAt, let ttl else { return "live" }
        let session = Session(
            id: id, type: type, owner: owner, document: [], version: 1, createdAt: createdAt, updatedAt: touchedAt,
            touchedAt: touchedAt, ttl: ttl)
        return session.isOver(at: time) ? "past its deadline" : "live"
    }
}
