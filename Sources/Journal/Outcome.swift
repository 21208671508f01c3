/// What applying an entry did: the same on every node and at every replay.
public struct Outcome: Sendable, Equatable {
    /// False where nothing tells what the entry did: its reader saw neither all that was before nor a checkpoint that lists
    /// it. Applying an entry never gives this; whoever meets it must take the entry for neither accepted nor refused.
    public var isKnown = true
    /// Nil when the entry was accepted, and when its outcome isn't known.
    public var refusal: Refusal?
    /// The publication that it made: which numbering, and which offset in it.
    public var epoch: Cursor?
    /// The offset of the publication, nil when none was taken.
    public var offset: UInt64?
    /// The session's version after it.
    public var version: UInt64?

    /// An accepted entry.
    public init(epoch: Cursor? = nil, offset: UInt64? = nil, version: UInt64? = nil) {
        self.epoch = epoch
        self.offset = offset
        self.version = version
    }

    /// A refused entry: nothing changed, no offset was taken.
    public init(refusal: Refusal) { self.refusal = refusal }

    /// What nothing tells.
    public static let unknown: Outcome = {
        var outcome = Outcome()
        outcome.isKnown = false
        return outcome
    }()

    /// `ok`, the refusal's name, or `unknown`: what replay prints.
    public var verdict: String { isKnown ? refusal?.rawValue ?? Self.accepted : Self.unseen }

    /// Takes a verdict back in; false for a word that is none.
    mutating func read(verdict: String) -> Bool {
        switch verdict {
        case Self.accepted: break
        case Self.unseen: isKnown = false
        default:
            guard let refusal = Refusal(rawValue: verdict) else { return false }
            self.refusal = refusal
        }
        return true
    }

    private static let accepted = "ok"
    private static let unseen = "unknown"
}

/// Why an entry changed nothing.
public enum Refusal: String, Sendable, CaseIterable {
    /// The key was used before with the same body: the first outcome stands.
    case duplicate
    /// The key was used before with another body.
    case keyConflict = "key-conflict"
    /// The idempotency window is full; refusing keeps the promise of the keys already in it.
    case busy
    case notFound = "not-found"
    /// The session has ended; a late write can't bring it back.
    case ended
    case exists
    /// Another write came first.
    case versionMismatch = "version-mismatch"
    case badPatch = "bad-patch"
    case tooLarge = "too-large"
    /// The session belongs to somebody else.
    case forbidden
    /// A copy of an entry that came before: the first one stands.
    case stale
    /// The waiting room takes nobody any more, or has as many places as it may have.
    case full
    /// The room is live already: the session that it has is the answer.
    case live
    /// Too many attempts at a code.
    case limited
    /// Newer data was published before: nothing is published.
    case outdated
    /// The session was touched since, or the channel published to: nothing is due.
    case notDue = "not-due"
}

/// One row of the journal: an entry, its place, and what it did.
public struct JournalRow: Sendable, Equatable {
    /// The place.
    public var cursor: Cursor
    /// The entry.
    public var entry: Entry
    /// What the entry did.
    public var outcome: Outcome

    /// Makes a row of its parts.
    public init(cursor: Cursor, entry: Entry, outcome: Outcome) {
        self.cursor = cursor
        self.entry = entry
        self.outcome = outcome
    }
}
