import Journal
import Migrations
import TestSupport

/// The journal of a node that runs alone.
struct EmbeddedHome: JournalHome {
    let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    func open() async throws -> any OpenJournal { try OpenEmbeddedJournal(directory) }

    /// A power cut takes the newest rows.
    func breakLineage(_ rows: [JournalRow]) async throws -> [JournalRow] {
        for row in rows.suffix(4) { try remove(row.cursor) }
        return rows.dropLast(4)
    }
}

private struct OpenEmbeddedJournal: OpenJournal {
    let journal: any EntryJournal
    let opening: [JournalRow]
    private let file: DatabaseFile
    /// Lives as long as what uses it.
    private let directory: TemporaryDirectory

    init(_ directory: TemporaryDirectory) throws {
        self.directory = directory
        file = try DatabaseFile(directory.data, durability: .disk)
        let journal = try EmbeddedJournal(
            file: file, headFile: try HeadFile(directory.data), durability: .disk, bootID: currentBootID())
        self.journal = journal
        guard journal.opening != nil else {
            opening = []
            return
        }
        let entry = Entry(id: EntryID(origin: 9, counter: 1), time: 1, channel: "", kind: .open, body: [0x7b, 0x7d])
        // An opening that is thrown away is opened again, by the same lineage.
        journal.stage(entry, apply: ContractEngine.outcome)
        journal.discard()
        opening = try Self.append([entry], to: journal)
    }

    func append(_ entries: [Entry]) async throws -> [JournalRow] { try Self.append(entries, to: journal) }

    private static func append(_ entries: [Entry], to journal: any EntryJournal) throws -> [JournalRow] {
        var rows: [JournalRow] = []
        for entry in entries {
            journal.stage(entry) { entry, cursor in
                let outcome = ContractEngine.outcome(entry, cursor)
                rows.append(JournalRow(cursor: cursor, entry: entry, outcome: outcome))
                return outcome
            }
        }
        try journal.commit()
        return rows
    }

    func close() async throws { try file.close() }
}
