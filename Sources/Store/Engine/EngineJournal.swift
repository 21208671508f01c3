import Journal
import Migrations

/// The journal that an engine is opened on, and the state that its file makes.
struct EngineJournal {
    let journal: any EntryJournal
    let fleet: Fleet?
    let state: State
    /// Why a new lineage must be opened; nil where the old one goes on, or where the fleet decides.
    let opening: LineageDecision.OpeningReason?

    static func open(
        _ configuration: EngineConfiguration, file: DatabaseFile, origin: UInt64, mailbox: Mailbox, clock: EngineClock
    ) throws(JournalError) -> EngineJournal {
        guard let terms = configuration.fleet else { return try alone(configuration, file: file) }
        return try shared(configuration, terms, file: file, origin: origin, mailbox: mailbox)
    }

    private static func alone(
        _ configuration: EngineConfiguration, file: DatabaseFile
    ) throws(JournalError) -> EngineJournal {
        let headFile: HeadFile
        do throws(StorageError) { headFile = try HeadFile(configuration.directory) } catch { throw JournalError(error) }
        let journal = try EmbeddedJournal(
            file: file, headFile: headFile, durability: configuration.durability, bootID: currentBootID())
        let state = try State.rebuild(from: file, journal: journal, cacheBytes: configuration.cacheBytes)
        return EngineJournal(journal: journal, fleet: nil, state: state, opening: journal.opening)
    }

    private static func shared(
        _ configuration: EngineConfiguration, _ terms: FleetTerms, file: DatabaseFile, origin: UInt64,
        mailbox: Mailbox
    ) throws(JournalError) -> EngineJournal {
        let copy = try JournalRows(file: file)
        let state = try State.rebuild(from: file, journal: copy, cacheBytes: configuration.cacheBytes)
        let tail = TailStateMachine(
            origin: origin, place: state.place, chain: state.chain, start: terms.start,
            isSoleOwner: copy.home == .embedded && state.place != .start, terms: terms.tail)
        let link = terms.makeLink(
            LinkStart(tail: tail) { arrival in
                // Arrivals are bounded by the link, which stops reading while too much was not consumed; a mailbox that
                // was closed takes nothing, and nobody waits for it any more.
                _ = mailbox.put([.arrival(arrival)])
            })
        let journal = SharedJournal(link: link, copy: copy)
        return EngineJournal(
            journal: journal, fleet: Fleet(link: link, journal: journal, terms: terms), state: state, opening: nil)
    }
}

/// What an engine with a shared journal has besides.
final class Fleet {
    let link: any JournalLink
    let journal: SharedJournal
    let terms: FleetTerms
    var machine = FleetStateMachine()
    var awaiting = Awaiting()
    var barrier = Barrier()
    /// Entries that this process had acknowledged and the fleet lost: appended again as soon as the node is live.
    var resubmissions: [Entry] = []
    /// Writes whose entry came back, until enough replicas have it; nil where nobody waits for replicas.
    var unconfirmed: Unconfirmed?
    var duty = CheckpointDuty()
    /// Own entries that came back, for the canary.
    var cameBackAt: Int64 = 0
    var lostEntries = 0

    init(link: any JournalLink, journal: SharedJournal, terms: FleetTerms) {
        self.link = link
        self.journal = journal
        self.terms = terms
        unconfirmed = terms.waitsForReplicas ? Unconfirmed() : nil
    }
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

    /// Makes terms of their parts.
    public init(
        start: TailStateMachine.Start = .refuse, tail: TailStateMachine.Terms = TailStateMachine.Terms(),
        waitsForReplicas: Bool = false, makeLink: @escaping @Sendable (LinkStart) -> any JournalLink
    ) {
        self.start = start
        self.tail = tail
        self.waitsForReplicas = waitsForReplicas
        self.makeLink = makeLink
    }
}
