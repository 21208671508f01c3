import GRDB
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// The file of a node that took a checkpoint: its rows begin in the middle, and nothing is guessed of what was before.
@Suite struct AdoptedFileTests {
    private let node: FleetNode
    private let source: FleetNode
    private var stream = FleetStream(seed: 4)

    /// Knows session `s` from its creation (10.1) to 10.4; the checkpoint is at 10.9, and then 10.10 and 10.11 came.
    init() throws {
        (node, source) = (try FleetNode(), try FleetNode())
        try source.take([stream.open(10, from: .start)])
        try Self.add([.session(.sessionCreate, "s", #"{"n":0}"#, ttl: 1_000_000)], to: source, &stream)
        try Self.add((1...3).map { .session(.sessionPatch, "s", "{\"n\":\($0)}") }, to: source, &stream)
        try node.take(stream.entries)
        try node.checkpoint()
        try Self.add([.session(.sessionEnd, "s")], to: source, &stream)
        try Self.add((1...4).map { .publish("a", "\($0)") }, to: source, &stream)
        try node.adopt(try source.content(of: stream.entries))
    }

    private static func add(_ drafts: [Draft], to node: FleetNode, _ stream: inout FleetStream) throws {
        for draft in drafts { try node.take([stream.add(draft, after: node.state)]) }
    }

    private mutating func goOn() throws {
        try Self.add([.publish("a", "5"), .session(.sessionCreate, "t", "{}")], to: source, &stream)
        try node.take(stream.entries.suffix(2))
        try node.checkpoint()
    }

    private func answer(_ id: String, at sequence: UInt64) throws -> SessionLookup.Answer {
        let point = EntryPoint.cursor(Cursor(lineage: 10, sequence: sequence))
        return try SessionLookup.answer(id: id, at: point, reading: ReadOnlyFile(node.directory.data))
    }

    private func isUnknown(_ answer: SessionLookup.Answer) -> Bool {
        if case .unknown = answer { return true }
        return false
    }

    @Test mutating func rows_lieInSpans_andAreFoundByTheirPlace() throws {
        #expect(node.rows.head == Cursor(lineage: 10, sequence: 9))
        #expect(node.rows.table.rowAfter(Cursor(lineage: 10, sequence: 9)) == 6)
        try goOn()
        let table = try node.file.read { try JournalTable($0) }
        #expect(table.spans == node.rows.table.spans && table.base == node.rows.table.base)
        #expect(table.spans.map(\.first) == [Cursor(lineage: 10, sequence: 0), Cursor(lineage: 10, sequence: 10)])
        #expect(table.spans.map(\.firstRow) == [1, 6])
        #expect(table.row(of: Cursor(lineage: 10, sequence: 4)) == 5)
        #expect(table.row(of: Cursor(lineage: 10, sequence: 7)) == nil)
        #expect(table.row(of: Cursor(lineage: 10, sequence: 11)) == 7)
        for sequence in 4...9 as ClosedRange<UInt64> {
            let rows = try node.rows.rows(after: Cursor(lineage: 10, sequence: sequence), limit: 10)
            #expect(rows.map(\.cursor.sequence) == [10, 11])
        }
        #expect(try node.rows.rows(after: .start, limit: 10).count == 7)
        #expect(try node.window(of: "a").map(\.offset) == [1, 2, 3, 4, 5])
        #expect(try node.faults() == [])
    }

    @Test mutating func placeBetweenSpans_isUnknown() throws {
        // Just adopted: what the last row says may have changed since, and did.
        if case .found(let snapshot, let place, _) = try answer("s", at: 4) {
            #expect(snapshot.document == Array(#"{"n":3}"#.utf8) && place.sequence == 4)
        } else {
            Issue.record("the rows before the gap tell what s was then")
        }
        try goOn()
        #expect(isUnknown(try answer("t", at: 3)) == false)
        if case .found(let snapshot, _, _) = try answer("s", at: 10) {
            #expect(snapshot.endedAt != nil)
        } else {
            Issue.record("the checkpoint tells what s is after the gap")
        }
        // Created after the gap; before its creation, but after the gap, nobody knows of an earlier one that was forgotten.
        if case .absent = try answer("t", at: 10) {} else { Issue.record("t was created at 10.11") }
    }

    @Test func reader_doesNotCallTheFileComplete_andNamesTheGap() throws {
        let joined = try FleetNode()
        var stream = stream
        try joined.adopt(try source.content(of: stream.entries))
        let reader = try JournalReader(joined.directory.data)
        #expect(try reader.gaps() == [Cursor(lineage: 10, sequence: 10)])
        try joined.take([stream.add(.publish("a", "5"), after: source.state)])
        #expect(try reader.beginning()?.isComplete == false)
        #expect(try reader.gaps() == [Cursor(lineage: 10, sequence: 10)])
        #expect(try JournalReader(node.directory.data).beginning()?.isComplete == true)
    }

    @Test func rowThatDoesNotFollow_isRefused() throws {
        let next = node.state.head.next
        for cursor in [next.next, node.state.head, Cursor(lineage: 11, sequence: 1)] {
            let row = JournalRow(cursor: cursor, entry: Draft.publish("a").entry(900, at: 1), outcome: Outcome())
            let error = #expect(throws: JournalError.self) { try node.rows.append([row]) }
            #expect(error?.code == .corrupt)
        }
        #expect(try node.file.read { try JournalTable.newest($0)?.cursor } == Cursor(lineage: 10, sequence: 4))
    }

    /// The window goes with time as rows do, the older first, so that what is left has no gap.
    @Test mutating func trimming_leavesNoGap() throws {
        try goOn()
        while try node.rows.trim(before: .max, bytesMax: node.rows.sizeBytes - 1_000, checkpoint: node.state.head) {
            #expect(try node.faults() == [])
            let offsets = try node.window(of: "a").map(\.offset)
            #expect(offsets == Array(1...5).suffix(offsets.count).map { UInt64($0) })
        }
        #expect(try node.rows.rows(after: .start, limit: 10).map(\.cursor) == [node.state.head])
        #expect(try node.file.read { try WindowScan($0).rows } == 0)
        let stored = try node.file.read {
            try Int.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'journal_bytes'")
        }
        #expect(stored == node.rows.sizeBytes && node.rows.sizeBytes < 600)
        #expect(try node.faults() == [])
    }

    /// A fleet's file is served alone: it may have gone on without this node, so every client is told.
    @Test mutating func startWithoutRedis_opensALineage() throws {
        try goOn()
        let journal = try EmbeddedJournal(
            file: node.file, headFile: try HeadFile(node.directory.data), durability: .disk, bootID: "b")
        #expect(journal.opening == .leftFleet && journal.head == Cursor(lineage: 11, sequence: 0))
        journal.stage(Draft.opening.entry(500, at: 5_000)) { [node] in node.state.apply($0, at: $1).outcome }
        try journal.commit()
        #expect(HeadFile.peek(node.directory.data)?.lineage == 11)
        let again = try EmbeddedJournal(
            file: node.file, headFile: try HeadFile(node.directory.data), durability: .disk, bootID: "b")
        #expect(again.opening == nil && again.head == journal.head)
        let rebuilt = try State.rebuild(from: node.file, journal: again, cacheBytes: .max)
        #expect(rebuilt.place == node.state.place)
    }

    /// Right after the adoption there is no row yet: the next lineage is above the checkpoint's all the same.
    @Test func startWithoutRedis_rightAfterTheAdoption_opensALineage() throws {
        let joined = try FleetNode()
        try joined.adopt(try source.content(of: stream.entries))
        let journal = try EmbeddedJournal(
            file: joined.file, headFile: try HeadFile(joined.directory.data), durability: .disk, bootID: "b")
        #expect(journal.opening == .leftFleet && journal.head == Cursor(lineage: 11, sequence: 0))
    }

    static let damages: [(String, String)] = [
        ("UPDATE window SET body = x'00' WHERE id = (SELECT min(id) FROM window)", "window"),
        ("DELETE FROM window WHERE offset = 2 AND channel = 'a'", "offsets"),
        ("DELETE FROM meta WHERE key = 'base_row'", "window"),
        ("UPDATE lineage SET first_sequence = 9 WHERE first_row = 6", "lineages"),
        ("UPDATE lineage SET reason = '' WHERE first_row = 6; UPDATE journal SET row = 8 WHERE row = 7", "sequence"),
        ("UPDATE meta SET value = '10/0.0@0-0/s 9/10.1@1-2/s' WHERE key = 'chain'", "chain"),
        ("UPDATE meta SET value = '' WHERE key = 'chain'", "chain"),
        ("UPDATE origin SET counter = 1", "origins"),
        ("UPDATE origin SET time = time + 1", "origins"),
    ]

    @Test(arguments: damages.indices)
    mutating func check_ofADamagedFile_findsIt(index: Int) throws {
        try goOn()
        try node.file.write { try $0.execute(sql: Self.damages[index].0) }
        let (sql, name) = Self.damages[index]
        let faults = try node.faults()
        #expect(faults.contains { $0.hasPrefix("FAILED \(name):") }, "\(sql): \(faults)")
    }
}
