import Journal

/// What an engine with a shared journal has besides.
final class Fleet {
    let link: any JournalLink
    let journal: SharedJournal
    let terms: FleetTerms
    var machine = FleetStateMachine()
    var awaiting = Awaiting()
    /// Entries that this process had acknowledged and the fleet lost: appended again as soon as the node is live.
    var resubmissions: [Entry] = []
    /// Writes whose entry came back, until enough replicas have it; nil where nobody waits for replicas.
    var unconfirmed: Unconfirmed?
    var duty = CheckpointDuty()
    let writeBehind = WriteBehind()
    var lostEntries = 0
    /// Bytes of arrivals that the link was not told of yet, because the file doesn't take their rows.
    var unconsumedBytes = 0

    /// True once an entry arrived soon after it was appended: before that the node still reads what was there at its start.
    private(set) var hasCaughtUp = false

    /// Takes how old the newest entry was when it arrived, in milliseconds; nil before the first.
    func noteLag(_ lag: Int64?) {
        guard machine.standing == .live, let lag, lag <= EngineLimits.caughtUpMilliseconds else { return }
        hasCaughtUp = true
    }

    init(link: any JournalLink, journal: SharedJournal, terms: FleetTerms) {
        self.link = link
        self.journal = journal
        self.terms = terms
        unconfirmed = terms.waitsForReplicas ? Unconfirmed() : nil
    }

    /// True while anybody waits for an answer.
    var hasWriters: Bool { awaiting.hasWriters || unconfirmed?.isEmpty == false }
}

/// What an engine needs to share its journal.
public struct FleetTerms: Sendable {
    /// Makes the way to Redis.
    public var makeLink: @Sendable (LinkStart) -> any JournalLink
    /// What to do with a file that the fleet doesn't go on from.
    public var start: TailStateMachine.Start
    /// How long the steps of a roll call take.
    public var tail: TailStateMachine.Terms
    /// True when writes are acknowledged only once replicas have them.
    public var waitsForReplicas: Bool
    /// Takes news for the log; called on the engine's thread, must not block.
    public var notify: @Sendable (FleetNews) -> Void

    /// Makes terms of their parts.
    public init(
        start: TailStateMachine.Start = .refuse, tail: TailStateMachine.Terms = TailStateMachine.Terms(),
        waitsForReplicas: Bool = false, notify: @escaping @Sendable (FleetNews) -> Void = { _ in },
        makeLink: @escaping @Sendable (LinkStart) -> any JournalLink
    ) {
        self.start = start
        self.tail = tail
        self.waitsForReplicas = waitsForReplicas
        self.notify = notify
        self.makeLink = makeLink
    }
}

/// What an operator wants to read in the log of a node that shares its journal.
public enum FleetNews: Sendable {
    /// The node delivers and appends, from this place on.
    case live(Place)
    case suspended(TailStateMachine.Suspension)
    case halted(TailStateMachine.Halt)
    /// The fleet went on without entries that this node had; they are in a file.
    case lost(entries: Int, path: String)
}
