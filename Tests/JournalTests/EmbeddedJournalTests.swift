import Foundation
import Migrations
import TestSupport
import Testing

@testable import Journal

@Suite struct EmbeddedJournalTests {
    private let directory: TemporaryDirectory

    init() throws { directory = try TemporaryDirectory() }

    private func open(_ durability: HeadRecord.Durability = .disk) throws -> (EmbeddedJournal, DatabaseFile) {
        let file = try DatabaseFile(directory.data, durability: durability)
        let journal = try EmbeddedJournal(
            file: file, headFile: try HeadFile(directory.data), durability: durability, bootID: "boot")
        if journal.opening != nil { try Self.append(1, to: journal, kind: .open) }
        return (journal, file)
    }

    private static func append(_ count: Int, to journal: EmbeddedJournal, kind: EntryKind = .publish) throws {
        for index in 0..<count {
            let entry = Entry(
                id: EntryID(origin: 1, counter: UInt64(index)), time: Int64(1_000 + index), channel: "chat:é",
                kind: kind,
                body: Array(repeating: 0x31, count: 50))
            journal.stage(entry) { _, _ in Outcome() }
        }
        try journal.commit()
    }

    /// The cost that a full count finds.
    private func counted(_ file: DatabaseFile) throws -> Int {
        let rows = try file.readNewest { try JournalTable.rows($0, from: 0, limit: 100_000) }
        return rows.reduce(0) { $0 + StoredRow($1).sizeBytes }
    }

    /// The remembered size was that of the last checkpoint: each kill -9 took what came after it out of the account.
    @Test func size_afterAKill_isThatOfAllRows() throws {
        var (journal, file) = try open()
        try Self.append(20, to: journal)
        try file.write { try JournalSize.store($0, journal.sizeBytes) }
        try Self.append(300, to: journal)
        #expect(try counted(file) == journal.sizeBytes)
        let size = journal.sizeBytes
        try file.close()
        (journal, file) = try open()
        #expect(journal.sizeBytes == size)
        try file.close()
    }

    /// A kill after trimming left a size that was too large, and the next start trimmed more than the bound asks for.
    @Test func size_afterTrimmingAndAKill_isThatOfTheRestOfTheRows() throws {
        var (journal, file) = try open()
        try Self.append(300, to: journal)
        try file.write { try JournalSize.store($0, journal.sizeBytes) }
        let bound = journal.sizeBytes / 3
        #expect(try !journal.trim(before: 0, bytesMax: bound, checkpoint: journal.head))
        #expect(journal.sizeBytes <= bound)
        #expect(try counted(file) == journal.sizeBytes)
        let rows = try journal.rows(after: .start, limit: 1_000).count
        try file.close()
        (journal, file) = try open()
        #expect(try !journal.trim(before: 0, bytesMax: bound, checkpoint: journal.head))
        #expect(try journal.rows(after: .start, limit: 1_000).count == rows)
        try file.close()
    }

    @Test func trim_neverPassesTheCheckpointNorTheNewestRow() throws {
        let (journal, file) = try open()
        try Self.append(100, to: journal)
        #expect(try !journal.trim(before: .max, bytesMax: 0, checkpoint: Cursor(lineage: 1, sequence: 40)))
        #expect(try journal.rows(after: .start, limit: 1_000).first?.cursor == Cursor(lineage: 1, sequence: 41))
        #expect(try !journal.trim(before: .max, bytesMax: 0, checkpoint: journal.head))
        #expect(try journal.rows(after: .start, limit: 1_000).map(\.cursor) == [journal.head])
        #expect(try !journal.trim(before: .max, bytesMax: 0, checkpoint: Cursor(lineage: 7, sequence: 1)))
        try file.close()
    }

    @Test func trim_goesByTheOldestRowsTime() throws {
        let (journal, file) = try open()
        try Self.append(100, to: journal)
        #expect(try !journal.trim(before: 1_010, bytesMax: .max, checkpoint: journal.head))
        #expect(try journal.rows(after: .start, limit: 1_000).first?.entry.time == 1_010)
        try file.close()
    }

    @Test func trim_ofManyRows_goesInChunks() throws {
        let (journal, file) = try open()
        try Self.append(JournalLimits.trimChunkRows + 50, to: journal)
        #expect(try journal.trim(before: .max, bytesMax: .max, checkpoint: journal.head))
        #expect(try journal.rows(after: .start, limit: 10_000).count == 51)
        #expect(try !journal.trim(before: .max, bytesMax: .max, checkpoint: journal.head))
        #expect(try journal.rows(after: .start, limit: 10_000).count == 1)
        try file.close()
    }

    /// After the clean mark a start may not leave it there: it must be gone before the first write.
    @Test func cleanMark_isTakenAwayByTheNextStart() throws {
        var (journal, file) = try open()
        try journal.markClean()
        #expect(HeadFile.peek(directory.data)?.isClean == true)
        try file.close()
        (journal, file) = try open()
        #expect(journal.opening == nil)
        #expect(HeadFile.peek(directory.data)?.isClean == false)
        try file.close()
    }

    @Test func reopening_withAFileThatLostRows_isCorrupt() throws {
        let (journal, file) = try open()
        try Self.append(5, to: journal)
        try file.write { try JournalTable.delete($0, through: 1_000) }
        try file.close()
        let reopened = try DatabaseFile(directory.data, durability: .disk)
        let error = #expect(throws: JournalError.self) { try journal.reopened(reopened) }
        #expect(error?.code == .corrupt)
        try reopened.close()
    }

    /// A failed fsync may leave the round in the log all the same: reopening must go on after it, not over it.
    @Test func reopening_withRowsThatTurnedOutDurable_goesOnAfterThem() throws {
        var (journal, file) = try open()
        try Self.append(5, to: journal)
        let head = journal.head
        try file.close()
        let old = journal
        (journal, file) = try open()
        try Self.append(3, to: journal)
        try old.reopened(file)
        #expect(old.head == Cursor(lineage: 1, sequence: head.sequence + 3))
        #expect(old.sizeBytes == journal.sizeBytes)
        try Self.append(2, to: old)
        #expect(try old.rows(after: .start, limit: 100).count == 11)
        try file.close()
    }

    /// By then the rows are durable: "disk full, nothing was written" would be a lie.
    @Test func headRecordThatCannotBeWritten_leavesAnUnknownOutcome() throws {
        try FileManager.default.createSymbolicLink(atPath: directory.data.headRecord, withDestinationPath: "/dev/full")
        let file = try DatabaseFile(directory.data, durability: .disk)
        let journal = try EmbeddedJournal(
            file: file, headFile: try HeadFile(directory.data), durability: .disk, bootID: "boot")
        let error = #expect(throws: JournalError.self) { try Self.append(1, to: journal, kind: .open) }
        #expect(error?.code == .outcomeUnknown)
        #expect(try journal.rows(after: .start, limit: 10).count == 1)
        try file.close()
    }

    @Test func lineages_areListedWithTheirReasons() throws {
        var (_, file) = try open()
        try file.close()
        try FileManager.default.removeItem(atPath: directory.data.headRecord)
        (_, file) = try open()
        let lineages = try file.readNewest { try JournalTable($0).spans }
        #expect(lineages.map(\.lineage) == [1, 2])
        #expect(lineages.map(\.firstRow) == [1, 2])
        try file.close()
    }
}
