import JSONBytes
import Journal
import Store

/// A change of a session that exists.
public enum SessionChange: Sendable, Equatable {
    case put(JSONText)
    /// A merge patch, RFC 7396.
    case patch(JSONText)
    case touch
    case end

    var kind: EntryKind {
        switch self {
        case .put: .sessionPut
        case .patch: .sessionPatch
        case .touch: .sessionTouch
        case .end: .sessionEnd
        }
    }

    var body: [UInt8] {
        switch self {
        case .put(let text), .patch(let text): text.bytes
        case .touch, .end: []
        }
    }
}

/// What is done with sessions, the same for every surface.
///
/// The drafts are for callers that submit requests themselves; the functions wait for the engine's answer.
public struct SessionOperations: Sendable {
    private let engine: Engine
    private let terms: ServiceTerms

    /// Operations over an engine.
    public init(engine: Engine, terms: ServiceTerms) {
        self.engine = engine
        self.terms = terms
    }

    /// The id that a new session gets: drawn, or with a key the same for every retry of the same caller.
    public func newID(key: String?, identity: Identity) -> String {
        guard let key else { return SessionID.random() }
        return engine.sessionID(forKey: key, owner: identity.isOperator ? "" : identity.user)
    }

    /// The entry that makes a session.
    ///
    /// - Parameter owner: who may use it beside the API key; "" for nobody.
    public func draft(creating new: NewSession, owner: String, id: String, key: String?) -> Draft {
        let session = SessionTerms(type: new.type, owner: owner, ttl: new.ttl ?? terms.sessionTTL)
        var header = EntryHeader()
        header.history = SessionHistory.window
        header.session = session
        header.idempotency = key.map {
            claim(
                $0, .sessionCreate,
                [new.document.bytes, Array(session.type.utf8), Array(owner.utf8), Array(String(session.ttl).utf8)])
        }
        return Draft(channel: Session.channel(of: id), kind: .sessionCreate, header: header, body: new.document.bytes)
    }

    /// The entry that changes a session; `expecting` nil changes whatever version is there.
    public func draft(of change: SessionChange, to id: String, expecting version: UInt64?, key: String?) -> Draft {
        var header = EntryHeader()
        if change != .touch { header.history = SessionHistory.window }
        header.expectedVersion = version
        header.idempotency = key.map { claim($0, change.kind, [change.body]) }
        return Draft(channel: Session.channel(of: id), kind: change.kind, header: header, body: change.body)
    }

    /// Makes a session and waits until it is durable.
    public func create(
        _ new: NewSession, owner: String, id: String, key: String?
    ) async throws(EngineError) -> WriteAnswer {
        let draft = draft(creating: new, owner: owner, id: id, key: key)
        return try await engine.ask { .write(draft, .granted, $0) }
    }

    /// Changes a session and waits until that is durable.
    public func apply(
        _ change: SessionChange, to id: String, expecting version: UInt64?, key: String?, access: SessionAccess
    ) async throws(EngineError) -> WriteAnswer {
        let draft = draft(of: change, to: id, expecting: version, key: key)
        return try await engine.ask { .write(draft, access, $0) }
    }

    /// Reads a session, which is a sign of life.
    public func read(_ id: String, access: SessionAccess) async throws(EngineError) -> SessionAnswer {
        try await engine.ask { .readSession(id: id, access, $0) }
    }

    /// Live sessions in the order of their ids.
    public func list(type: String?, after id: String, limit: Int) async throws(EngineError) -> [Session] {
        try await engine.ask { .listSessions(type: type, after: id, limit: limit, $0) }
    }

    private func claim(_ key: String, _ kind: EntryKind, _ parts: [[UInt8]]) -> IdempotencyClaim {
        IdempotencyClaim(key: key, bodyHash: ContentHash.of(kind, parts), window: terms.idempotencyWindow)
    }
}

extension SessionAccess {
    /// What the engine is told of an identity that wants one session.
    ///
    /// - Guarantee: without a user, a key or a grant that reaches far enough nothing is allowed.
    public init(_ identity: Identity, session id: String, need: SessionPermission.Need) {
        // The owner is left out: only the engine knows it, and compares it with the user.
        let isGranted = SessionPermission.decide(identity: identity, owner: "", id: id, need: need)
        self = isGranted ? .granted : .user(identity.user)
    }
}
