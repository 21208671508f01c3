import GRDB
import Journal
import Migrations
import TestSupport

/// What a journal's home must offer to be put through the contract.
protocol JournalHome: Sendable, CustomStringConvertible {
    /// Opens the journal as a fresh process would; the one opened before must be gone.
    func open() throws -> OpenJournal
    /// Flips one bit of the stored row at a cursor, behind the journal's back, while it is closed.
    func damage(_ cursor: Journal.Cursor) throws
    /// Takes the stored row away.
    func remove(_ cursor: Journal.Cursor) throws
}

/// An open journal with what it needs to be closed again.
struct OpenJournal {
    let journal: any EntryJournal
    let opening: LineageDecision.OpeningReason?
    let close: () throws -> Void
}

/// The journal of a node that runs alone.
struct EmbeddedHome: JournalHome {
    let directory: TemporaryDirectory
    var description: String { "embedded" }

    init() throws { directory = try TemporaryDirectory() }

    func open() throws -> OpenJournal {
        let file = try DatabaseFile(directory.data, durability: .disk)
        let journal = try EmbeddedJournal(
            file: file, headFile: try HeadFile(directory.data), durability: .disk, bootID: currentBootID())
        return OpenJournal(journal: journal, opening: journal.opening) { try file.close() }
    }

    func damage(_ cursor: Journal.Cursor) throws {
        try change("UPDATE journal SET body = x'7b7d7b' WHERE lineage = ? AND sequence = ?", cursor)
    }

    func remove(_ cursor: Journal.Cursor) throws {
        try change("DELETE FROM journal WHERE lineage = ? AND sequence = ?", cursor)
    }

    private func change(_ sql: String, _ cursor: Journal.Cursor) throws {
        let queue = try DatabaseQueue(path: directory.data.database)
        try queue.write { db in
            try db.execute(sql: sql, arguments: [Int64(cursor.lineage), Int64(cursor.sequence)])
            guard db.changesCount == 1 else { throw StorageError(.corrupt, "there is no row \(cursor)") }
        }
        try queue.close()
    }
}

/// The homes that exist.
enum JournalHomes {
    static var all: [@Sendable () throws -> any JournalHome] { [{ try EmbeddedHome() }] }
}
