import GRDB
import Journal
import Migrations

extension State {
    /// Brings the rows that an entry names into memory: its channel's, and those of a session beside it.
    mutating func loadRows(of entry: Entry, from file: DatabaseFile) throws(StorageError) {
        try loadRows(of: entry.channel, from: file)
        if let named = entry.header.namedSession { try loadRows(of: Session.channel(of: named), from: file) }
    }

    /// Brings the rows that an entry names into memory, from the snapshot that a connection sees.
    mutating func loadRows(of entry: Entry, from db: Database) throws {
        try loadRows(of: entry.channel, from: db)
        if let named = entry.header.namedSession { try loadRows(of: Session.channel(of: named), from: db) }
    }

    /// Brings the rows that an entry names into memory.
    mutating func loadRows(of channel: String, from file: DatabaseFile) throws(StorageError) {
        let id = Session.id(ofChannel: channel)
        let needsSession = id.map { !isResident(session: $0) } ?? false
        guard needsSession || !isResident(channel: channel) else { return }
        try file.readNewest { try loadRows(of: channel, from: $0) }
    }

    /// Brings the rows that an entry names into memory, from the snapshot that a connection sees.
    mutating func loadRows(of channel: String, from db: Database) throws {
        if !isResident(channel: channel), let row = try CheckpointTable.channel(db, named: channel) {
            load(row, as: channel)
        }
        if let id = Session.id(ofChannel: channel), !isResident(session: id),
            let row = try CheckpointTable.session(db, id: id)
        {
            load(row)
        }
    }

    /// Rebuilds the state of a file: the checkpoint, then every entry after it.
    ///
    /// - Guarantee: each replayed entry has the outcome that its row records; anything else is `corrupt`.
    static func rebuild(
        from file: DatabaseFile, journal: any EntryRows, cacheBytes: Int
    ) throws(JournalError) -> State {
        do {
            var state = try Checkpoint.load(from: file)
            while true {
                let rows = try journal.rows(after: state.head, limit: JournalLimits.replayPageRows)
                for row in rows {
                    guard row.cursor == state.head.next || row.opensLineage(after: state.head) else {
                        throw JournalError(
                            .corrupt, "the journal has \(row.cursor) where the checkpoint at \(state.head) goes on")
                    }
                    try state.loadRows(of: row.entry, from: file)
                    let applied = state.apply(row.entry, at: row.cursor)
                    guard applied.outcome == row.outcome else {
                        throw JournalError(
                            .corrupt,
                            "entry \(row.cursor) was \(row.outcome.verdict) and is \(applied.outcome.verdict) when replayed"
                        )
                    }
                }
                if state.residentBytes > cacheBytes { state.evict(toBytes: cacheBytes) }
                guard rows.count == JournalLimits.replayPageRows else { return state }
            }
        } catch let error as StorageError {
            throw JournalError(error)
        } catch let error as JournalError {
            throw error
        } catch { throw JournalError(.unavailable, "\(error)") }
    }
}

extension JournalRow {
    /// True for the first row of a newer lineage.
    fileprivate func opensLineage(after head: Journal.Cursor) -> Bool {
        entry.kind == .open && cursor.sequence == 0 && cursor.lineage > head.lineage
    }
}
