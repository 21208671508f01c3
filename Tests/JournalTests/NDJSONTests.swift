import Foundation
import JSONBytes
import Migrations
import TestSupport
import Testing

@testable import Journal

@Suite struct NDJSONTests {
    /// One row of every kind, with every member that a header can have.
    static let rows: [JournalRow] = EntryKind.allCases.enumerated().map { index, kind in
        var header = EntryHeader()
        header.history = HistoryWindow(size: 10, ttl: 60_000)
        header.idempotency = IdempotencyClaim(key: "k\"\\\u{1}é", bodyHash: .max, window: 5)
        header.expectedVersion = 7
        header.expectedDeadline = 1_700_000_000_123
        header.session = SessionTerms(type: "lesson", owner: "ines", ttl: 9)
        header.info = Array(#"{"client":"1","user":"2"}"#.utf8)
        header.tags = Array(#"{"a":"b"}"#.utf8)
        header.reason = "because"
        var outcome = Outcome(epoch: Cursor(lineage: 1, sequence: 0), offset: UInt64(index + 1), version: UInt64(index))
        if index % 5 == 3 { outcome = .unknown }
        if index % 3 == 2 { outcome = Outcome(refusal: Refusal.allCases[index % Refusal.allCases.count]) }
        return JournalRow(
            cursor: Cursor(lineage: 2, sequence: UInt64(index)),
            entry: Entry(
                id: EntryID(origin: .max - UInt64(index), counter: UInt64(index)),
                time: 1_700_000_000_001 + Int64(index * 37),
                channel: "chat:ä\"", kind: kind, header: index % 2 == 0 ? header : EntryHeader(),
                body: index % 4 == 0 ? [] : Array(#"{"a": [1, 2.50, "é\n"]}"#.utf8)),
            outcome: outcome)
    }

    @Test func line_ofEveryKind_comesBackAsItWas() throws {
        for row in Self.rows {
            let line = EntryLine.encode(row)
            #expect(!line.contains(UInt8(ascii: "\n")))
            #expect(try EntryLine.decode(line) == row)
            _ = try JSONText(validating: line, depthMax: JSONLimits.depthCeiling)
        }
    }

    @Test func line_ofAKeyedPublication_hasTheDocumentedForm() {
        var header = EntryHeader()
        header.history = HistoryWindow(size: 10, ttl: 60_000)
        let row = JournalRow(
            cursor: Cursor(lineage: 1, sequence: 4),
            entry: Entry(
                id: EntryID(origin: 255, counter: 3), time: 1_789_370_100_007, channel: "chat:a", kind: .publish,
                header: header,
                body: Array(#"{"n":1}"#.utf8)),
            outcome: Outcome(epoch: Cursor(lineage: 1, sequence: 0), offset: 2))
        let expected =
            #"{"cursor":"1.4","time":"2026-09-14T07:15:00.007Z","id":"ff-3","channel":"chat:a","kind":"publish","verdict":"ok","#
            + #""epoch":"1.0","offset":2,"header":{"history":[10,60000]},"body":{"n":1}}"#
        #expect(String(decoding: EntryLine.encode(row), as: UTF8.self) == expected)
    }

    @Test func line_ofAnOpening_masksItsSecret() throws {
        var row = Self.rows[0]
        row.entry = Entry(
            id: row.entry.id, time: 0, channel: "", kind: .open,
            body: Array(#"{"salt":"s1","secret":"tell-nobody"}"#.utf8))
        let text = String(decoding: EntryLine.encode(row), as: UTF8.self)
        #expect(text.contains(#""body":{"salt":"s1","secret":"masked"}"#))
        #expect(!text.contains("tell-nobody"))
        let table = EntryTable(measuring: [row], isWhole: true, isColoured: false)
        #expect(!table.line(row).contains("tell") && table.line(row).contains("s1"))
        #expect(EntryLine.encode(try EntryLine.decode(Array(text.utf8))) == Array(text.utf8))
    }

    @Test(arguments: [
        ("", "unexpected end of text at offset 0"),
        ("[]", "value of another type expected at offset 0"),
        ("{}", #"the member "id" is missing"#),
        (#"{"more":1}"#, "value of another type expected at offset 8"),
        (#"{"id":"x"}"#, #"the member "id" can't be "x""#),
        (#"{"id":"1-1","time":"yesterday"}"#, #"the member "time" can't be "yesterday""#),
    ])
    func decode_ofWhatIsNoEntry_saysWhy(line: String, reason: String) {
        #expect(throws: EntryLine.Fault(description: reason)) { try EntryLine.decode(Array(line.utf8)) }
    }

    @Test(
        arguments: [
            0, 1, 999, 1_000, 1_789_370_100_007, 1_789_370_100_999, 253_402_300_799_999, -1, -1_001,
        ] as [Int64])
    func time_asText_comesBackToTheMillisecond(time: Int64) {
        #expect(EntryTime.milliseconds(EntryTime.text(time)) == time)
    }

    @Test(
        arguments: [
            ("2026-09-14T07:15:00Z", 1_789_370_100_000), ("2026-09-14T09:15:00.5+02:00", 1_789_370_100_500),
            ("-10m", nil),
            ("2026-09-14", nil), ("2026-09-14T07:15:00.1234Z", nil), ("07:15", nil), ("", nil),
        ] as [(String, Int64?)])
    func milliseconds_ofText(text: String, expected: Int64?) {
        #expect(EntryTime.milliseconds(text) == expected)
    }

    @Test(
        arguments: [
            ("1.42", .cursor(Cursor(lineage: 1, sequence: 42))), ("-10m", .time(400_000)), ("-1h", .time(-2_600_000)),
            ("-1m30s", .time(910_000)), ("1970-01-01T00:00:01Z", .time(1_000)), ("-", nil), ("-10", nil), ("10m", nil),
            ("-m", nil), ("-99999999999999999999d", nil), ("-40000d", nil), ("1", nil), ("now", nil),
        ] as [(String, EntryPoint?)])
    func point_ofText(text: String, expected: EntryPoint?) {
        #expect(EntryPoint(text, now: 1_000_000) == expected)
    }

    @Test func export_isWholeOrNotThere_andComesBack() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/e.ndjson"
        do {
            let abandoned = try EntryFileWriter(path: path)
            try abandoned.append(Self.rows)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path).isEmpty)
        let writer = try EntryFileWriter(path: path)
        try writer.append(Self.rows)
        #expect(!FileManager.default.fileExists(atPath: path))
        try writer.finish()
        #expect(writer.count == Self.rows.count)
        #expect(try FileManager.default.contentsOfDirectory(atPath: directory.path) == ["e.ndjson"])
        let reader = try EntryFileReader(path: path)
        #expect(try reader.next() == Self.rows)
        #expect(try reader.next().isEmpty)
    }

    @Test func reader_whenALineIsDamaged_namesIt() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/e.ndjson"
        let line = EntryLine.encode(Self.rows[1]) + [UInt8(ascii: "\n")]
        try TemporaryDirectory.write(line + [UInt8(ascii: "\n")] + line + Array("{".utf8), to: path)
        let reader = try EntryFileReader(path: path)
        #expect(try reader.next().count == 2)
        let error = #expect(throws: JournalError.self) { try reader.next() }
        #expect(error?.code == .corrupt)
        #expect(error?.message == "line 4 of \(path) is no entry: unexpected end of text at offset 1")
        #expect(throws: JournalError.self) { try EntryFileReader(path: directory.path + "/none") }
    }

    /// A line across two reads of the file must not be cut.
    @Test func reader_ofLongLines_joinsChunks() throws {
        let directory = try TemporaryDirectory()
        let path = directory.path + "/e.ndjson"
        var rows = Self.rows
        for index in rows.indices {
            rows[index].entry.body = Array("\"\(String(repeating: "é", count: 70_000))\"".utf8)
        }
        rows.removeAll { $0.entry.kind == .open }
        let writer = try EntryFileWriter(path: path)
        try writer.append(rows)
        try writer.finish()
        let source = try EntrySource(path: path, EntryFilter())
        var read: [JournalRow] = []
        while case let page = try source.next(), !page.isEmpty { read += page }
        #expect(read == rows)
    }
}
