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
        let copy = try JournalRows(file: file, home: .shared)
        let state = try State.rebuild(from: file, journal: copy, cacheBytes: configuration.cacheBytes)
        let isWhole = try isWhole(copy, in: configuration.directory)
        let tail = TailStateMachine(
            origin: origin, place: state.place, chain: state.chain, start: terms.start,
            isSoleOwner: isWhole && state.place != .start, terms: terms.tail)
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

    /// True when the file is that of a node that ran alone and would keep its epochs: then its move may keep them, too.
    private static func isWhole(_ copy: JournalRows, in directory: DataDirectory) throws(JournalError) -> Bool {
        guard copy.storedHome == .embedded else { return false }
        let headFile: HeadFile
        do throws(StorageError) { headFile = try HeadFile(directory) } catch { throw JournalError(error) }
        return try EmbeddedJournal.mayGoOn(copy, record: headFile.record, bootID: currentBootID())
    }
}
