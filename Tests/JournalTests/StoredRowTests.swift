import Migrations
import TestSupport
import Testing

@testable import Journal

@Suite struct StoredRowTests {
    private static func row(_ body: [UInt8] = Array("{\"a\":1}".utf8)) -> JournalRow {
        var header = EntryHeader()
        header.history = HistoryWindow(size: 10, ttl: 1_000)
        return JournalRow(
            cursor: Cursor(lineage: 2, sequence: 9),
            entry: Entry(
                id: EntryID(origin: .max - 1, counter: 12), time: 1_700_000_000_000, channel: "chat:1", kind: .publish,
                header: header, body: body),
            outcome: Outcome(epoch: Cursor(lineage: 1, sequence: 0), offset: 5, version: 6))
    }

    @Test func row_whenStored_isReadBackTheSame() throws {
        #expect(try StoredRow(Self.row()).journalRow() == Self.row())
        for refusal in Refusal.allCases {
            var refused = Self.row()
            refused.outcome = Outcome(refusal: refusal)
            #expect(try StoredRow(refused).journalRow() == refused)
        }
    }

    @Test func checksum_coversEveryColumn() {
        let original = StoredRow(Self.row()).checksum
        let changes: [(String, (inout StoredRow) -> Void)] = [
            ("lineage", { $0.cursor = Cursor(lineage: 3, sequence: 9) }),
            ("sequence", { $0.cursor = Cursor(lineage: 2, sequence: 10) }),
            ("time", { $0.time += 1 }), ("origin", { $0.origin -= 1 }), ("counter", { $0.counter += 1 }),
            ("channel", { $0.channel = "chat:2" }), ("kind", { $0.kind = "open" }),
            ("verdict", { $0.verdict = "busy" }),
            ("epoch", { $0.epoch = "1.1" }), ("offset", { $0.offset = 6 }), ("no offset", { $0.offset = nil }),
            ("version", { $0.version = 5 }), ("no version", { $0.version = nil }),
            ("header", { $0.header.append(32) }), ("body", { $0.body.append(32) }),
            (
                "moved byte",
                {
                    $0.channel += "p"; $0.kind.removeFirst()
                }
            ),
        ]
        for (name, change) in changes {
            var row = StoredRow(Self.row())
            change(&row)
            #expect(row.checksum != original, "\(name)")
        }
    }

    @Test func checksum_whenAnyBitOfTheBodyIsFlipped_differs() {
        let row = StoredRow(Self.row())
        for bit in 0..<(row.body.count * 8) {
            var damaged = row
            damaged.body[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(damaged.checksum != row.checksum)
        }
    }

    @Test(arguments: [("kind", "session.merge"), ("verdict", "perhaps"), ("header", "{\"new\":1}")])
    func row_ofAnUnknownForm_isCorruptAndNamesIt(column: String, value: String) throws {
        var row = StoredRow(Self.row())
        switch column {
        case "kind": row.kind = value
        case "verdict": row.verdict = value
        default: row.header = Array(value.utf8)
        }
        let error = #expect(throws: StorageError.self) { try row.journalRow() }
        #expect(error?.code == .corrupt)
        #expect(error?.message.contains("2.9") == true)
    }
}
