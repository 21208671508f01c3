extension TailStateMachine {
    /// What is being done.
    public enum Phase: Sendable, Equatable {
        /// Nothing is known of the server yet.
        case looking
        /// Entries are delivered as they come.
        case following
        /// Something was lost, or the server is another one: a new lineage is needed; since when this node's post is up.
        case recounting(since: Int64?)
        /// Waits for a checkpoint that covers a gap.
        case waiting
        /// Takes a checkpoint.
        case joining
        /// Opens a lineage.
        case opening
        case halted(Halt)

        /// One word for status pages.
        public var name: String {
            switch self {
            case .looking: "looking"
            case .following: "following"
            case .recounting: "recounting"
            case .waiting: "waiting"
            case .joining: "joining"
            case .opening: "opening"
            case .halted: "halted"
            }
        }
    }

    /// Why a node can't go on without somebody who decides.
    public enum Halt: Sendable, Equatable, CustomStringConvertible {
        /// The file holds entries that the fleet's journal doesn't go on from.
        case notOnChain(Place)
        /// An entry of a newer release, or a damaged one.
        case unknownEntry(Cursor, String)

        public var description: String {
            switch self {
            case .notOnChain(let place):
                """
                the data directory is at \(place.cursor), which the journal in Redis doesn't go on from; start with \
                --discard-file to join with Redis's state, or with --seed-from-file to replace it by this directory's
                """
            case .unknownEntry(let cursor, let reason):
                "entry \(cursor) of the journal can't be read (\(reason)); upgrade this node, or remove what wrote it"
            }
        }
    }

    /// Why nothing is delivered or appended for now.
    public enum Suspension: String, Sendable, Equatable {
        /// Redis doesn't answer: what is known stays true, and may be read.
        case away
        /// Another server, a missing stream or a loss: nothing may be answered from what is known.
        case loss
        case halted
    }

    /// What happened.
    public enum Event: Sendable, Equatable {
        /// A connection is up; nothing was read on it yet.
        case connected
        /// The connection is gone, or an operation on it failed.
        case disconnected
        /// What a look found.
        case looked(StreamView)
        /// What a read brought, possibly nothing.
        case read(Batch)
        /// All posts of the roll call on this server, one's own too.
        case posts([RollPost])
        /// A lineage was opened there; nil when somebody else came first, or it can't be known.
        case opened(Cursor?)
        /// The engine took a checkpoint. Once it was asked to, this comes even if the connection is gone meanwhile: else the
        /// machine would go on from a place that the state has left.
        case joined(Place, LineageChain, CheckpointPointer)
        /// The checkpoint is not whole, or gone.
        case joinFailed
        case paused
        /// A writer was refused in a way that means a loss.
        case lossSeen
        /// An entry can't be understood.
        case undecodable(Cursor, String)
    }

    /// What one read brought, and whose server it was right after.
    public struct Batch: Sendable, Equatable {
        /// In the stream's order.
        public var entries: [Item]
        /// The server's `master_replid`, asked behind the read on the same connection: while it is the same, the server was
        /// no other's replica in between.
        public var server: String
        /// False when the server is a replica now.
        public var isPrimary: Bool

        /// Makes a batch of its parts.
        public init(entries: [Item], server: String, isPrimary: Bool) {
            self.entries = entries
            self.server = server
            self.isPrimary = isPrimary
        }
    }

    /// What the machine looks at of an entry.
    public struct Item: Sendable, Equatable {
        /// The entry's place.
        public var place: Place
        /// Set for an entry that opens a lineage.
        public var opening: Opening?

        /// Makes an item of its parts.
        public init(place: Place, opening: Opening?) {
            self.place = place
            self.opening = opening
        }
    }

    /// One thing to carry out before `next`.
    public enum Effect: Sendable, Equatable {
        /// Hand over that many of the batch's entries that were not handed over yet; deliver what they publish or not.
        case hand(Int, isDelivered: Bool)
        /// Appends in flight are "outcome unknown" from here on.
        case suspend(Suspension)
        case resume
    }

    /// What to do next; its result is the next event.
    public enum Next: Sendable, Equatable {
        /// Look at the server: a `StreamView`, with the entry at the place.
        case look(Place)
        /// Read what comes after an id; with true wait for it, up to the look interval.
        case read(after: Cursor, waits: Bool)
        /// Post the place in the roll call of the server, then read all posts.
        case post(Place)
        /// Open a lineage.
        case open(OpeningPlan)
        /// Take a checkpoint; with true keep what the node has and the fleet hasn't.
        case join(CheckpointPointer, hasSurplus: Bool)
        /// Let the connection go and come back.
        case reconnect
        /// Come back after that many milliseconds.
        case pause(Int64)
        case halt
    }

    /// The answer to an event.
    public struct Step: Sendable, Equatable {
        /// First these, in order.
        public var effects: [Effect]
        /// Then this.
        public var next: Next

        init(_ effects: [Effect] = [], next: Next) {
            self.effects = effects
            self.next = next
        }
    }
}

/// How a lineage is to be opened: by compare-and-set, so that of several openers one wins.
public struct OpeningPlan: Sendable, Equatable {
    /// What it goes on from: the opener's place.
    public var parent: Place
    /// The lineages up to the parent.
    public var chain: LineageChain
    /// The server that it is bound to.
    public var server: String
    /// The stream must still be as it was looked at; nil: there must be none.
    public var expectedTop: Cursor?
    /// The pointer must still be that one.
    public var expectedPointer: UInt64?
    /// True when the epochs go on. Before the lineage is opened the file must say, durably, that its node is the sole owner
    /// no longer: a restart from it must not keep the same epochs a second time.
    public var keepsEpochs: Bool

    /// The new lineage: above all that are known here, and above what any other server or an older clock gave out, because
    /// it begins with the server's time.
    ///
    /// - Parameters:
    ///   - time: the server's clock in milliseconds since 1970.
    ///   - random: 20 bits are used.
    public func lineage(time: Int64, random: UInt64) -> UInt64 {
        let known = max(parent.cursor.lineage, expectedTop?.lineage ?? 0, chain.newest?.lineage ?? 0)
        let clock = UInt64(clamping: min(max(0, time), Int64.max >> 20)) << 20 | (random & 0xf_ffff)
        return max(known &+ 1, clock)
    }
}
