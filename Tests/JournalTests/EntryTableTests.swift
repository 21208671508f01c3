import Foundation
import Testing

@testable import Journal

@Suite struct EntryTableTests {
    private static func row(
        _ sequence: UInt64, channel: String = "chat:a", body: String = "{}", refusal: Refusal? = nil, key: String? = nil
    ) -> JournalRow {
        var header = EntryHeader()
        header.idempotency = key.map { IdempotencyClaim(key: $0, bodyHash: 0, window: 1) }
        return JournalRow(
            cursor: Cursor(lineage: 1, sequence: sequence),
            entry: Entry(
                id: EntryID(origin: 1, counter: 1), time: 0, channel: channel, kind: .sessionExpire, header: header,
                body: Array(body.utf8)),
            outcome: refusal.map(Outcome.init) ?? Outcome(epoch: .start, offset: 123_456, version: 99))
    }

    private static let longest = row(
        99_999_999_999, channel: "session:" + String(repeating: "é", count: 200),
        body: "\"" + String(repeating: "x", count: 5_000) + "\"", refusal: .versionMismatch,
        key: String(repeating: "k", count: 80))

    @Test func lines_fitTheirColumns() {
        let rows = [Self.row(1), Self.longest, Self.row(2, body: "\"日本語の長い文章がここにあります、とても長いですから切れます\"")]
        for table in [true, false].map({ EntryTable(measuring: rows, isWhole: $0, isColoured: false) }) {
            for line in [table.header] + rows.map(table.line) {
                #expect(line.count <= EntryTable.columnsMax, "\(line)")
            }
        }
        let table = EntryTable(measuring: rows, isWhole: true, isColoured: false)
        #expect(table.line(Self.longest).hasPrefix("1.99999999999 1970-01-01T00:00:00.000Z ✗ version-mismatch "))
    }

    @Test func columns_areAligned() throws {
        let rows = [Self.row(1), Self.row(22_222, refusal: .ended, key: "k")]
        let table = EntryTable(measuring: rows, isWhole: true, isColoured: false)
        let lines = [table.header] + rows.map(table.line)
        let starts = ["KIND", "session.expire", "session.expire"]
        let columns = try zip(lines, starts).map { line, text in
            line.distance(from: line.startIndex, to: try #require(line.range(of: text)).lowerBound)
        }
        #expect(Set(columns).count == 1, "\(lines.joined(separator: "\n"))")
    }

    /// Later pages have longer cursors and verdicts than the first one.
    @Test func columns_ofAFirstPage_leaveRoomForTheNext() {
        let table = EntryTable(measuring: [Self.row(1)], isWhole: false, isColoured: false)
        #expect(table.line(Self.row(99_999_999)).hasPrefix("1.99999999 1970-01-01T00:00:00.000Z ok "))
        #expect(table.line(Self.row(2, refusal: .keyConflict)).contains("✗ key-conflict session.expire "))
    }

    @Test func colours_markOnlyRefusedEntries() {
        let table = EntryTable(measuring: [], isWhole: true, isColoured: true)
        #expect(!table.line(Self.row(1)).contains("\u{1B}"))
        #expect(table.line(Self.row(1, refusal: .ended)).hasPrefix("\u{1B}[31m"))
    }

    /// A name or a body may hold what a terminal obeys.
    @Test func cells_neverHoldControlCharacters() {
        let row = Self.row(1, channel: "chat:\u{1B}[2J\u{9B}31m", body: "\"\u{202E}abc\u{85}\"", key: "\n\r")
        let line = EntryTable(measuring: [row], isWhole: true, isColoured: false).line(row)
        for scalar in line.unicodeScalars { #expect(scalar.properties.generalCategory != .control) }
        #expect(!line.unicodeScalars.contains("\u{202E}"))
    }

    @Test(arguments: [
        ("{}", "{}"), ("[]", "[]"), (#"{"a":{},"b":[1, 2.0]}"#, "{\n  \"a\": {},\n  \"b\": [\n    1,\n    2.0\n  ]\n}"),
        (#""{\"[,:""#, #""{\"[,:""#), ("[[ ]]", "[\n  []\n]"), ("\"\u{9B}\"", "\"\\u009b\""),
    ])
    func indented_keepsEveryValue(json: String, expected: String) {
        #expect(IndentedJSON.text(Array(json.utf8)) == expected)
    }
}
