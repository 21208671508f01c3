import Foundation
import GRDB
import Migrations
import TestSupport
import Testing

@testable import Journal

@Suite struct JournalReaderTests {
    private let directory: TemporaryDirectory
    private let file: DatabaseFile
    private let journal: EmbeddedJournal

    /// A journal with an opening and 5,000 entries on seven channels, a second of entry time apart.
    init() throws {
        directory = try TemporaryDirectory()
        file = try DatabaseFile(directory.data, durability: .os)
        journal = try EmbeddedJournal(
            file: file, headFile: try HeadFile(directory.data), durability: .os, bootID: "boot")
        var header = EntryHeader()
        header.reason = journal.opening?.rawValue
        try append([Entry(id: EntryID(origin: 1, counter: 1), time: 0, channel: "", kind: .open, header: header)])
        try append((1...5_000).map(Self.entry))
    }

    private static func entry(_ number: Int) -> Entry {
        Entry(
            id: EntryID(origin: 1, counter: UInt64(number)), time: Int64(number) * 1_000, channel: "chat:\(number % 7)",
            kind: number % 2 == 0 ? .publish : .sessionPut, body: Array("\(number)".utf8))
    }

    private func append(_ entries: [Entry]) throws {
        for entry in entries { journal.stage(entry) { _, _ in Outcome() } }
        try journal.commit()
    }

    private func all(_ source: EntrySource) throws -> [JournalRow] {
        var rows: [JournalRow] = []
        while case let page = try source.next(), !page.isEmpty { rows += page }
        return rows
    }

    private func read(_ change: (inout EntryFilter) -> Void = { _ in }) throws -> [JournalRow] {
        var filter = EntryFilter()
        change(&filter)
        return try all(try EntrySource(try JournalReader(directory.data), filter))
    }

    @Test func reader_besideTheWriter_readsEverythingInOrder() throws {
        let rows = try read()
        #expect(rows == (try journal.rows(after: .start, limit: 10_000)))
        #expect(rows.count == 5_001)
    }

    @Test func filters_narrowByEveryMember_andIncludeBothEnds() throws {
        let rows = try read().dropFirst()
        #expect(try read { $0.channel = "chat:3" } == rows.filter { $0.entry.channel == "chat:3" })
        #expect(try read { $0.kinds = [.publish] } == rows.filter { $0.entry.kind == .publish })
        #expect(try read { $0.kinds = [.publish, .sessionPut] } == Array(rows))
        #expect(try read { $0.kinds = [.sessionEnd] }.isEmpty)
        let (low, high) = (Cursor(lineage: 1, sequence: 100), Cursor(lineage: 1, sequence: 4_321))
        let between = try read {
            $0.since = .cursor(low)
            $0.until = .cursor(high)
        }
        #expect(between.map(\.cursor.sequence) == Array(100...4_321))
        let timed = try read {
            $0.since = .time(2_000_000)
            $0.until = .time(2_010_999)
            $0.channel = "chat:0"
        }
        #expect(timed.map(\.entry.time) == [2_002_000, 2_009_000])
        #expect(try read { $0.since = .cursor(Cursor(lineage: 2, sequence: 0)) }.isEmpty)
    }

    @Test func source_afterItsEnd_goesOnWithNewEntries() throws {
        let source = try EntrySource(try JournalReader(directory.data), EntryFilter())
        #expect(try all(source).count == 5_001)
        #expect(try source.next().isEmpty)
        try append([Self.entry(5_001)])
        #expect(try source.next().map(\.cursor) == [Cursor(lineage: 1, sequence: 5_001)])
        #expect(try source.next().isEmpty)
    }

    @Test func source_acrossLineages_goesOnFromACursorPastTheEndOfItsOwn() throws {
        try file.close()
        try FileManager.default.removeItem(atPath: directory.data.headRecord)
        let file = try DatabaseFile(directory.data, durability: .os)
        let journal = try EmbeddedJournal(
            file: file, headFile: try HeadFile(directory.data), durability: .os, bootID: "boot")
        journal.stage(Entry(id: EntryID(origin: 2, counter: 1), time: 0, channel: "", kind: .open)) { _, _ in Outcome()
        }
        journal.stage(Self.entry(1)) { _, _ in Outcome() }
        try journal.commit()
        #expect(
            try read { $0.since = .cursor(Cursor(lineage: 1, sequence: 9_999)) }.map(\.cursor.description) == [
                "2.0", "2.1",
            ])
        #expect(try read { $0.since = .cursor(Cursor(lineage: 1, sequence: 5_000)) }.count == 3)
    }

    @Test func beginning_afterTrimming_isNotComplete() throws {
        let reader = try JournalReader(directory.data)
        #expect(try reader.beginning()?.isComplete == true)
        let page = try reader.page(from: 1, EntryFilter())
        _ = try journal.trim(before: 100_000_000, bytesMax: .max, checkpoint: journal.head)
        _ = try journal.trim(before: 100_000_000, bytesMax: .max, checkpoint: journal.head)
        let beginning = try #require(try reader.beginning())
        #expect(!beginning.isComplete && beginning.cursor.sequence == 4_000)
        #expect(try read().first?.cursor == beginning.cursor)
        let error = #expect(throws: JournalError.self) { try reader.page(from: page.next, EntryFilter()) }
        #expect(error?.code == .unavailable)
    }

    @Test(arguments: ["UPDATE journal SET body = x'00' WHERE row = 3000", "DELETE FROM journal WHERE row = 3000"])
    func reader_whenARowIsDamagedOrMissing_saysSo(damage: String) throws {
        try file.write { try $0.execute(sql: damage) }
        let error = #expect(throws: JournalError.self) { try read() }
        #expect(error?.code == .corrupt)
    }

    @Test func reader_ofAMissingDirectory_createsNothing() throws {
        let path = directory.path + "/none"
        let error = #expect(throws: StorageError.self) { try JournalReader(DataDirectory(path: path)) }
        #expect(error?.message == "there is no \(path)/anteroom.sqlite: no node has written to this directory")
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func reader_ofAForeignFile_refuses() throws {
        let other = try TemporaryDirectory()
        try TemporaryDirectory.write(Array(repeating: 0x41, count: 5_000), to: other.data.database)
        #expect(throws: StorageError.self) { try JournalReader(other.data) }
        try TemporaryDirectory.write([], to: other.data.database)
        let error = #expect(throws: StorageError.self) { try JournalReader(other.data) }
        #expect(error?.message == "\(other.data.database) is empty: no node has written to it yet")
    }

    @Test func export_ofTheJournal_comesBackTheSame() throws {
        let path = directory.path + "/e.ndjson"
        let writer = try EntryFileWriter(path: path)
        let rows = try read()
        try writer.append(rows)
        try writer.finish()
        let source = try EntrySource(path: path, EntryFilter())
        #expect(source.beginning?.isComplete == true)
        #expect(try all(source) == rows)
        var filter = EntryFilter()
        filter.channel = "chat:3"
        #expect(try all(try EntrySource(path: path, filter)) == (try read { $0.channel = "chat:3" }))
    }
}
