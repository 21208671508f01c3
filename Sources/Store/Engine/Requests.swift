import Journal

/// Where an answer goes: to an event loop, in order with that loop's publications, or straight to the caller.
public struct Return<Value: Sendable>: Sendable {
    /// The loop's number from `Engine.attach`; nil calls the body on the engine's thread, which must then not block.
    let loop: Int?
    let body: @Sendable (Result<Value, EngineError>) -> Void

    /// Makes an address.
    public init(loop: Int?, _ body: @escaping @Sendable (Result<Value, EngineError>) -> Void) {
        self.loop = loop
        self.body = body
    }
}

/// An entry before it has an id and a time.
public struct Draft: Sendable {
    /// The channel.
    public var channel: String
    /// What the entry does.
    public var kind: EntryKind
    /// Everything else that `apply` needs.
    public var header: EntryHeader
    /// The entry's body as JSON; empty where its kind has none.
    public var body: [UInt8]

    /// Makes a draft of its parts.
    public init(channel: String, kind: EntryKind, header: EntryHeader = EntryHeader(), body: [UInt8] = []) {
        self.channel = channel
        self.kind = kind
        self.header = header
        self.body = body
    }
}

/// Who asks for a session: checked against its owner by the engine, which alone knows it.
public enum SessionAccess: Sendable, Equatable {
    /// The API key, a token that names the session, or a development server.
    case granted
    /// The subject of a token; never empty.
    case user(String)

    func allows(_ session: Session) -> Bool {
        switch self {
        case .granted: true
        case .user(let user): !user.isEmpty && session.owner == user
        }
    }
}

/// A wish to be on a channel from a position on.
public struct SubscribeRequest: Sendable {
    /// The channel.
    public var channel: String
    /// The event loop that the subscriber lives on.
    public var loop: Int
    /// What the client has seen; nil asks for live publications only.
    public var recover: Position?
    /// Publications that one recovery may carry; 0 for no bound.
    public var limit: Int
    /// For session channels.
    public var access: SessionAccess
    /// With true a failed recovery doesn't subscribe (error 112).
    public var onlyIfRecovered: Bool

    /// Makes a request of its parts.
    public init(
        channel: String, loop: Int, recover: Position?, limit: Int, access: SessionAccess, onlyIfRecovered: Bool = false
    ) {
        self.channel = channel
        self.loop = loop
        self.recover = recover
        self.limit = limit
        self.access = access
        self.onlyIfRecovered = onlyIfRecovered
    }
}

/// What a subscriber starts with. The next publication it is handed is the one after `position`.
public struct SubscribeAnswer: Sendable {
    /// What became of the wish to recover.
    public enum Recovery: Sendable {
        /// Nothing was asked.
        case none
        /// All that was missed, oldest first; may be empty.
        case recovered([Publication])
        case notRecovered(NotRecovered)
    }

    /// The channel's newest position.
    public let position: Position
    /// What became of the wish to recover.
    public let recovery: Recovery
    /// False when the recovery failed and the request said `onlyIfRecovered`, or when the channel is denied.
    public let isSubscribed: Bool
    /// True when the channel is that of a session which doesn't exist, or not for whoever asks.
    public let isDenied: Bool

    init(position: Position, recovery: Recovery, isSubscribed: Bool, isDenied: Bool) {
        (self.position, self.recovery) = (position, recovery)
        (self.isSubscribed, self.isDenied) = (isSubscribed, isDenied)
    }

    init(denied position: Position) {
        self.init(position: position, recovery: .none, isSubscribed: false, isDenied: true)
    }
}

/// A page of a channel's history.
public struct HistoryAnswer: Sendable {
    /// Why there are no publications although some were asked for.
    public enum Failure: Sendable, Equatable {
        case unrecoverable
        case badRequest
        /// The channel is that of a session which doesn't exist, or not for whoever asks.
        case denied
    }

    /// The channel's newest position.
    public let position: Position
    /// In the order that was asked for.
    public let publications: [Publication]
    /// Nil when the request was answered.
    public let failure: Failure?
}

/// What a write did.
public enum WriteAnswer: Sendable {
    case accepted(Receipt)
    /// The key was used before with the same body: the receipt of the first write.
    case duplicate(Receipt)
    case refused(Refusal)
    /// The session belongs to somebody else.
    case forbidden

    /// The receipt, whether it is the first or a repeated one.
    public var receipt: Receipt? {
        switch self {
        case .accepted(let receipt), .duplicate(let receipt): receipt
        case .refused, .forbidden: nil
        }
    }
}

/// The proof of an accepted write.
public struct Receipt: Sendable {
    /// Where the publication is; nil when it took no offset.
    public let position: Position?
    /// The session version after the write.
    public let version: UInt64?
    /// For session writes: the session after it, as far as it still exists.
    public let session: Session?
    /// For writes to a waiting room: the room after it, as far as it still exists; without the people in it where the write
    /// was about one of them.
    public let room: WaitingRoom?
    /// How that one stands.
    public let standing: WaiterStanding?
    /// Whoever reads at or after this place sees the write.
    public let cursor: Cursor
}

/// What a session read found.
public enum SessionAnswer: Sendable {
    case found(Session)
    case notFound
    /// Ended or past its deadline.
    case ended
    case forbidden
}

/// Why the engine could not do what it was asked.
public struct EngineError: Error, Sendable, CustomStringConvertible, Equatable {
    /// Only the code decides status and retry.
    public enum Code: String, Sendable, CaseIterable {
        /// A queue is at its bound: retry later.
        case busy
        /// The disk is full; the write was not made.
        case diskFull = "disk-full"
        /// The journal can't be written or read; the write was not made.
        case unavailable
        /// The write may or may not be durable: ask, or retry with an idempotency key.
        case outcomeUnknown = "outcome-unknown"
        /// The write is in the Redis primary, but too few replicas confirmed it: it may be lost with the primary.
        case notReplicated = "not-replicated"
        /// The node is stopping.
        case stopping
    }

    /// The kind of failure.
    public let code: Code
    /// One sentence with the cause.
    public let message: String

    /// Makes an error of its parts.
    public init(_ code: Code, _ message: String) {
        self.code = code
        self.message = message
    }

    init(_ error: JournalError) {
        switch error.code {
        case .diskFull: self.init(.diskFull, error.message)
        case .outcomeUnknown: self.init(.outcomeUnknown, error.message)
        case .notReplicated: self.init(.notReplicated, error.message)
        case .busy: self.init(.busy, error.message)
        case .corrupt, .unavailable: self.init(.unavailable, error.message)
        }
    }

    public var description: String { message }
}

/// Everything that can be asked of the engine.
public enum Request: Sendable {
    case write(Draft, SessionAccess, Return<WriteAnswer>)
    /// Fans out without a journal entry; dropped while the engine is stopping.
    case ephemeral(channel: String, Publication)
    case subscribe(SubscribeRequest, Return<SubscribeAnswer>)
    /// Ends one subscription whose answer said `isSubscribed`. An answer that failed left none behind, so it must not be
    /// ended; and none may be ended before its answer came.
    case unsubscribe(channel: String, loop: Int)
    case history(channel: String, HistoryFilter, limitMax: Int, SessionAccess, Return<HistoryAnswer>)
    /// A read by the owner is a sign of life.
    case readSession(id: String, SessionAccess, Return<SessionAnswer>)
    case listSessions(type: String?, after: String, limit: Int, Return<[Session]>)
    /// Nil for a link that doesn't exist.
    case readRoom(hash: String, Return<WaitingRoom?>)
    /// What waits in a room for whoever shows a token, by the token's hash, however old it is; nil where nothing does.
    case readOffer(hash: String, token: String, Return<[UInt8]?>)
    /// Milliseconds until an attempt with these terms would be accepted.
    case readAttempt(RoomTerms, Return<Int64>)
    /// Links after a hash, in the order of their hashes, for operators.
    case listRooms(after: String, limit: Int, Return<[WaitingRoom]>)
    /// Channels with subscribers on this node, and how many.
    case channels(Return<[String: Int]>)
    case status(Return<EngineStatus>)
    /// Answered once everything up to a cursor was applied here, with the newest one.
    case reach(Cursor, Return<Cursor>)
    /// A page that the history reader fetched for a parked request.
    case resume(ParkedRead, page: Result<JournalPage, EngineError>)
    /// Something came from the shared journal.
    case arrival(SharedArrival)
    /// How far the shared journal was after a request came.
    indirect case caughtUp(Request, Result<Cursor, JournalError>)
    /// A flush has ended.
    case flushed
    /// What became of a checkpoint for the other nodes.
    case offered(Result<Cursor, JournalError>)
    /// The link to the shared journal has let go.
    case left

    /// False for what concerns only the running of the node.
    var readsMemory: Bool {
        switch self {
        case .write, .subscribe, .history, .readSession, .listSessions, .readRoom, .readOffer, .readAttempt, .listRooms,
            .reach, .resume, .caughtUp:
            true
        case .ephemeral, .unsubscribe, .channels, .status, .arrival, .offered, .flushed, .left: false
        }
    }

    /// True for requests that are taken even when the queue is full.
    var endsSomething: Bool {
        switch self {
        case .unsubscribe, .resume, .arrival, .caughtUp, .offered, .flushed, .left: true
        default: false
        }
    }

    /// True for what answers something that was begun before the queue was closed.
    var bringsBack: Bool {
        switch self {
        case .arrival, .caughtUp, .resume, .flushed, .left: true
        default: false
        }
    }

    /// Bytes that the request holds in the queue.
    var sizeBytes: Int {
        if case .write(let draft, _, _) = self { return draft.body.count + 256 }
        return 128
    }
}
