import GRDB
import Journal
import Migrations
import TestSupport

/// What a journal's home must offer to be put through the contract.
protocol JournalHome: Sendable {
    var directory: TemporaryDirectory { get }
    /// Opens the journal as a fresh process would, its lineage too where one is due; the one opened before must be closed.
    func open() async throws -> any OpenJournal
    /// Makes that the lineage can't go on, while the journal is closed; returns which of the rows are still there.
    func breakLineage(_ rows: [JournalRow]) async throws -> [JournalRow]
}

/// An open journal, with the engine that the harness plays.
protocol OpenJournal {
    var journal: any EntryJournal { get }
    /// Rows that the opening of a lineage made; none where the old one goes on.
    var opening: [JournalRow] { get }
    /// Proposes entries as one round; returns once each was applied, recorded and written.
    func append(_ entries: [Entry]) async throws -> [JournalRow]
    func close() async throws
}

/// What the harness's engine makes of entries: some are refused.
enum ContractEngine {
    static func outcome(_ entry: Entry, _ cursor: Journal.Cursor) -> Outcome {
        switch entry.kind {
        case .publish where entry.id.counter % 4 == 3: Outcome(refusal: .notFound)
        case .publish: Outcome(epoch: cursor, offset: entry.id.counter, version: nil)
        default: Outcome()
        }
    }
}

extension JournalHome {
    /// Changes the stored row at a cursor, behind the journal's back, while it is closed.
    func damage(_ cursor: Journal.Cursor) throws {
        try change("UPDATE journal SET body = x'7b7d7b' WHERE lineage = ? AND sequence = ?", cursor)
    }

    /// Takes the stored row away.
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
enum JournalHomes: String, CaseIterable, Sendable {
    case embedded
    case shared

    /// Both, where there is a Redis to share.
    static var all: [JournalHomes] { RedisServer.isInstalled ? allCases : [.embedded] }

    func make() async throws -> any JournalHome {
        switch self {
        case .embedded: try EmbeddedHome()
        case .shared: try await SharedHome()
        }
    }
}
