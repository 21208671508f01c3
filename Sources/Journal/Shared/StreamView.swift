/// What one look at a Redis server said about it and about the journal's stream there.
public struct StreamView: Equatable, Sendable {
    /// The server's `master_replid`: changes with every promotion and every restart.
    public var server: String
    /// False for a replica: what it says may be of another branch by the time that it is read.
    public var isPrimary: Bool
    /// The id that the stream gave out last; nil when there is no stream.
    public var top: Cursor?
    /// The oldest entry that is still there; nil when there is none.
    public var first: Cursor?
    /// The entry at the node's own place, if it is still there.
    public var atPlace: EntryID?
    /// The newest checkpoint.
    public var pointer: CheckpointPointer?

    /// Makes a view of its parts.
    public init(
        server: String, isPrimary: Bool, top: Cursor?, first: Cursor?, atPlace: EntryID?, pointer: CheckpointPointer?
    ) {
        self.server = server
        self.isPrimary = isPrimary
        self.top = top
        self.first = first
        self.atPlace = atPlace
        self.pointer = pointer
    }
}

/// Where the newest checkpoint is, and what it includes.
public struct CheckpointPointer: Hashable, Sendable {
    /// What the checkpoint includes.
    public var place: Place
    /// What follows the checkpoint comes after this id: the place's own, or the one before an opening that goes on from it.
    public var readsAfter: Cursor
    /// The fleet's lineages when the pointer was set; with an opening, that one included.
    public var chain: LineageChain
    /// Tells the chunks of two checkpoints at one cursor apart.
    public var nonce: UInt64
    /// How many chunks there are.
    public var chunks: Int
    /// Checksum over all chunks.
    public var checksum: UInt64
    /// Entries before it may be trimmed once the next checkpoint is there.
    public var retainedFrom: Cursor

    /// Makes a pointer of its parts.
    public init(
        place: Place, readsAfter: Cursor, chain: LineageChain, nonce: UInt64, chunks: Int, checksum: UInt64,
        retainedFrom: Cursor
    ) {
        self.place = place
        self.readsAfter = readsAfter
        self.chain = chain
        self.nonce = nonce
        self.chunks = chunks
        self.checksum = checksum
        self.retainedFrom = retainedFrom
    }
}

/// What a node tells the others: how far it has come.
///
/// A node that found a loss posts in its roll call. A live node keeps its post up as well, with each renewal of its lease: a
/// node that was trimmed past must not take its own gap for the end of the fleet and open a lineage from far behind.
public struct RollPost: Hashable, Sendable {
    /// Who posts.
    public var origin: UInt64
    /// How far it has come; `Place.start` without a state.
    public var place: Place
    /// Milliseconds of the server's clock since this node posted.
    public var age: Int64

    /// Makes a post of its parts.
    public init(origin: UInt64, place: Place, age: Int64) {
        self.origin = origin
        self.place = place
        self.age = age
    }
}
