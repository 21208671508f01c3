import Crypto
import JSONBytes
import Journal
import Store

/// What is done with links and waiting rooms, the same for every surface.
///
/// The drafts are for callers that submit requests themselves; the functions wait for the engine's answer.
struct RoomOperations: Sendable {
    private let engine: Engine
    private let settings: LinkSettings
    private let terms: ServiceTerms

    /// Attempts at the code of one link by one address: five at once, one back every twelve seconds.
    private static let codeAttempts = (burst: UInt64(5), interval: Int64(12_000))
    /// Links that one address makes: twenty at once, one more every three seconds.
    private static let creations = (burst: UInt64(20), interval: Int64(3_000))
    /// Values that one address leaves, whatever the link: a school may be behind one address, so that two thousand at once do,
    /// and ten a second after them. With what comes back meanwhile these are fewer than a room keeps.
    private static let offers = (burst: UInt64(2_000), interval: Int64(100))
    /// Stands in for the hash where a link doesn't exist yet.
    private static let anyLink = "create"
    /// Stands in for the hash where values are counted.
    private static let anyOffer = "offer"
    /// How long values wait for whoever shows their token. Units: milliseconds.
    private static let offerLife: Int64 = 600_000

    /// Operations of a gateway.
    init(_ core: GatewayCore) {
        self.init(engine: core.engine, settings: core.configuration.links, terms: core.terms)
    }

    init(engine: Engine, settings: LinkSettings, terms: ServiceTerms) {
        (self.engine, self.settings, self.terms) = (engine, settings, terms)
    }

    /// A link and its room as they are now; nil when there is no such link.
    func read(_ hash: String) async throws(EngineError) -> WaitingRoom? {
        try await engine.ask { .readRoom(hash: hash, $0) }
    }

    /// Links in the order of their hashes.
    func list(after hash: String, limit: Int) async throws(EngineError) -> [WaitingRoom] {
        try await engine.ask { .listRooms(after: hash, limit: limit, $0) }
    }

    /// Carries a draft out and waits until it is durable.
    func apply(_ draft: Draft) async throws(EngineError) -> WriteAnswer {
        try await engine.ask { .write(draft, .granted, $0) }
    }

    /// - Parameter session: for a link that is brought from elsewhere, what is live behind it.
    func create(hash: String, activity: String, terms: LinkTerms, session: String? = nil) -> Draft {
        draft(.roomCreate, hash) { room in
            room.session = session
            room.activity = activity
            room.policy = terms.policy.rawValue
            room.options = terms.options.json
        }
    }

    func update(hash: String, terms: LinkTerms) -> Draft {
        draft(.roomUpdate, hash) { room in
            room.policy = terms.policy.rawValue
            room.options = terms.options.json
        }
    }

    func remove(hash: String) -> Draft { draft(.roomRemove, hash) { _ in } }

    /// A place at the end of the line, or one's own again.
    func join(hash: String, waiter: String, name: String?) -> Draft {
        draft(.roomJoin, hash) { ($0.waiter, $0.name) = (waiter, name) }
    }

    func leave(hash: String, waiter: String) -> Draft { draft(.roomLeave, hash) { $0.waiter = waiter } }

    /// The connection that held a place by this join is gone.
    func away(hash: String, waiter: String, holder: EntryID) -> Draft {
        draft(.roomAway, hash) { ($0.waiter, $0.holder) = (waiter, holder) }
    }

    /// A session for a room; of several starts the first makes it, and all are answered with it.
    func start(hash: String, room: WaitingRoom) -> Draft {
        var draft = draft(.roomStart, hash) { $0.session = SessionID.random() }
        draft.header.session = SessionTerms(type: room.activity, owner: "", ttl: terms.sessionTTL)
        var document: [UInt8] = Array("{".utf8)
        document.appendMember("activity", string: room.activity)
        document.appendMember("link", string: hash)
        document.appendMember("selectedOptions", json: room.options.isEmpty ? Array("{}".utf8) : room.options)
        document[document.count - 1] = UInt8(ascii: "}")
        draft.body = document
        return draft
    }

    /// The end of what is live: its room waits again.
    func end(sessionID: String) -> Draft {
        SessionOperations(engine: engine, terms: terms).draft(of: .end, to: sessionID, expecting: nil, key: nil)
    }

    func admit(hash: String, count: UInt64) -> Draft { draft(.roomAdmit, hash) { $0.count = count } }

    /// - Parameter capacity: places that there are at most; 0 for no bound.
    func admission(hash: String, paused: Bool? = nil, closed: Bool? = nil, capacity: UInt64? = nil) -> Draft {
        draft(.roomAdmission, hash) { ($0.isPaused, $0.isClosed, $0.count) = (paused, closed, capacity) }
    }

    /// An attempt at the code of a link; the journal never has the address.
    func attempt(hash: String, address: String) -> Draft { attempt(hash, address, Self.codeAttempts) }

    /// A link that an address is about to make.
    func creation(address: String) -> Draft { attempt(Self.anyLink, address, Self.creations) }

    /// Values that an address is about to leave.
    func offering(address: String) -> Draft { attempt(Self.anyOffer, address, Self.offers) }

    /// Milliseconds after which an attempt that was refused may be made again.
    func wait(for attempt: Draft) async throws(EngineError) -> Int64 {
        try await engine.ask { .readAttempt(attempt.header.room ?? RoomTerms(), $0) }
    }

    private func attempt(_ hash: String, _ address: String, _ limit: (burst: UInt64, interval: Int64)) -> Draft {
        let token = HexText.encode(settings.secrets.signature(of: "attempt|\(address)|\(hash)").prefix(16))
        return draft(.roomAttempt, hash) { room in
            (room.token, room.count, room.life) = (token, limit.burst, limit.interval)
        }
    }

    /// Leaves values for whoever shows the token; only its hash is kept.
    func offer(hash: String, token: String, values: [UInt8]) -> Draft {
        var draft = draft(.roomOffer, hash) { ($0.token, $0.life) = (Self.digest(token), Self.offerLife) }
        draft.body = values
        return draft
    }

    /// What was left for a token, however long ago; nil where nothing waits for it.
    func offered(hash: String, token: String) async throws(EngineError) -> [UInt8]? {
        try await engine.ask { .readOffer(hash: hash, token: Self.digest(token), $0) }
    }

    /// Takes what was left for a token, once.
    func take(hash: String, token: String) -> Draft { draft(.roomTake, hash) { $0.token = Self.digest(token) } }

    /// What a token is kept as.
    static func digest(_ token: String) -> String { HexText.encode(SHA256.hash(data: Array(token.utf8))) }

    private func draft(_ kind: EntryKind, _ hash: String, _ change: (inout RoomTerms) -> Void) -> Draft {
        var header = EntryHeader()
        var room = RoomTerms()
        change(&room)
        header.room = room
        header.history = RoomHistory.window
        return Draft(channel: WaitingRoom.channel(of: hash), kind: kind, header: header)
    }
}
