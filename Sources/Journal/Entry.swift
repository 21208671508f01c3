/// One record of the journal: the only way to change state.
public struct Entry: Sendable, Equatable {
    /// Who sent it, and the how-many-th of that sender it is.
    public var id: EntryID
    /// Milliseconds since 1970 by the sender's clock; what `apply` uses is the largest seen so far.
    public var time: Int64
    /// The channel that it changes; empty for an opening.
    public var channel: String
    /// What it does.
    public var kind: EntryKind
    /// What `apply` needs beside channel, kind and body.
    public var header: EntryHeader
    /// JSON: a publication's data, a document, a patch; empty where the kind has none.
    public var body: [UInt8]

    /// Makes an entry of its parts.
    public init(
        id: EntryID, time: Int64, channel: String, kind: EntryKind, header: EntryHeader = EntryHeader(),
        body: [UInt8] = []
    ) {
        self.id = id
        self.time = time
        self.channel = channel
        self.kind = kind
        self.header = header
        self.body = body
    }
}

extension EntryHeader {
    /// The session that the entry names beside what its channel says: a start makes it, a link that is brought may have it.
    public var namedSession: String? { room?.session }
}

/// Who sent an entry, and the how-many-th of that sender it is.
public struct EntryID: Hashable, Sendable, CustomStringConvertible {
    /// Drawn anew at every process start.
    public let origin: UInt64
    /// Counts the entries of the origin, from 1.
    public let counter: UInt64

    /// Makes an id of its parts.
    public init(origin: UInt64, counter: UInt64) {
        self.origin = origin
        self.counter = counter
    }

    public var description: String { String(origin, radix: 16) + "-" + String(counter) }
}

/// What an entry does. An unknown kind stops a node; it is never skipped.
public enum EntryKind: String, Sendable, CaseIterable {
    /// Opens a lineage.
    case open
    /// Appends a publication to a channel.
    case publish
    /// Empties a channel's window and keeps its offsets.
    case historyRemove = "history.remove"
    /// Forgets a channel that nothing was published to for long; its bucket gets a new epoch.
    case channelDrop = "channel.drop"
    case sessionCreate = "session.create"
    case sessionPut = "session.put"
    case sessionPatch = "session.patch"
    /// Moves a session's deadline; takes no offset, so that it never pushes real changes out of the history.
    case sessionTouch = "session.touch"
    case sessionEnd = "session.end"
    /// Ends a session whose deadline passed; names the deadline that it expects.
    case sessionExpire = "session.expire"
    /// Forgets an ended session and its channel.
    case sessionForget = "session.forget"
    /// Makes a permanent link with its waiting room: activity, policy, options; one that is brought may be live in a session.
    case roomCreate = "room.create"
    /// Changes what a link says: policy, options.
    case roomUpdate = "room.update"
    /// Takes a link back; nobody waits there any more.
    case roomRemove = "room.remove"
    /// Takes a place at the end of the line, or takes one's place up again: waiter, name. The outcome's version is the ticket.
    case roomJoin = "room.join"
    /// Gives a place up: waiter.
    case roomLeave = "room.leave"
    /// A waiter's connection is gone: waiter, and the join by which it held the place.
    case roomAway = "room.away"
    /// A process is gone, and with it the connections that held places: origin.
    case roomOrphan = "room.orphan"
    /// Gives up the places of those who are away for too long: life.
    case roomAbandon = "room.abandon"
    /// Makes a session, and lets those who wait in: session, and what a session is created with.
    case roomStart = "room.start"
    /// Lets the next in line in: count. The outcome's version is the last ticket that was admitted.
    case roomAdmit = "room.admit"
    /// Changes how the room takes people: paused, closed, count (at most so many places; 0 for no bound).
    case roomAdmission = "room.admission"
    /// Tells those who wait how things stand: names the revision that it saw.
    case roomTell = "room.tell"
    /// Spends an attempt at a code: token says who tries, count how many at once, life in how long they come back.
    case roomAttempt = "room.attempt"
    /// Leaves values for whoever shows a token: token, life.
    case roomOffer = "room.offer"
    /// Takes what was left for a token, once: token.
    case roomTake = "room.take"
    /// Forgets a link that was not used for long.
    case roomForget = "room.forget"
    /// Changes nothing: a node appends it to see that its own tail moves.
    case canary

    /// True where the channel names a session.
    public var isSession: Bool { rawValue.hasPrefix("session.") }

    /// True where the channel names a waiting room.
    public var isRoom: Bool { rawValue.hasPrefix("room.") }
}

/// Everything that `apply` needs beside channel, kind and body, so that it reads no configuration.
public struct EntryHeader: Sendable, Equatable {
    /// How many publications the channel keeps, and how long after the newest; nil keeps none (no offset is taken).
    public var history: HistoryWindow?
    /// The wish to take effect once.
    public var idempotency: IdempotencyClaim?
    /// The token subject on whose behalf a session is changed; nil for the service itself and its API key.
    public var user: String?
    /// The session version that the sender saw.
    public var expectedVersion: UInt64?
    /// The deadline that an expiry saw, in milliseconds since 1970.
    public var expectedDeadline: Int64?
    /// What a session is created with.
    public var session: SessionTerms?
    /// A `ClientInfo` object as JSON, for publications made by a client.
    public var info: [UInt8]?
    /// An object of strings as JSON.
    public var tags: [UInt8]?
    /// Which state of the sender's own data a publication shows; older ones are not published after newer ones.
    public var dataVersion: DataVersion?
    /// Why a session ended, or why a lineage was opened.
    public var reason: String?
    /// What an entry of a waiting room carries.
    public var room: RoomTerms?

    /// An empty header.
    public init() {}
}

/// A namespace's history options at the time of the entry.
public struct HistoryWindow: Sendable, Hashable {
    /// Publications that are kept.
    public var size: UInt32
    /// Milliseconds after the newest publication.
    public var ttl: Int64

    /// Makes a window of its parts.
    public init(size: UInt32, ttl: Int64) {
        self.size = size
        self.ttl = ttl
    }
}

/// How new the data of a publication is, by its sender's own count.
public struct DataVersion: Sendable, Hashable {
    /// Grows with each state of the data.
    public var number: UInt64
    /// Names one unbroken run of the count; "" for the only one.
    public var epoch: String

    /// Makes a version of its parts.
    public init(number: UInt64, epoch: String) {
        self.number = number
        self.epoch = epoch
    }

    /// True when what is published after `seen` would take subscribers back; a count of another run says nothing.
    public func isOutdated(after seen: DataVersion) -> Bool {
        (epoch.isEmpty || epoch == seen.epoch) && number <= seen.number
    }
}

/// A writer's wish that this write takes effect once.
public struct IdempotencyClaim: Sendable, Hashable {
    /// Scoped to the channel.
    public var key: String
    /// Checksum over kind and body: the same key with another body is a conflict.
    public var bodyHash: UInt64
    /// Milliseconds for which the key is remembered.
    public var window: Int64

    /// Makes a claim of its parts.
    public init(key: String, bodyHash: UInt64, window: Int64) {
        self.key = key
        self.bodyHash = bodyHash
        self.window = window
    }
}

/// What a session is created with.
public struct SessionTerms: Sendable, Hashable {
    /// What kind of session it is, for lists; free text.
    public var type: String
    /// The `sub` of the token that may use the session; empty for nobody but the API key.
    public var owner: String
    /// Milliseconds of life after the last sign of it.
    public var ttl: Int64

    /// Makes terms of their parts.
    public init(type: String, owner: String, ttl: Int64) {
        self.type = type
        self.owner = owner
        self.ttl = ttl
    }
}
