import GRDB
import Migrations
import TestSupport
import Testing

@Suite struct RawStatementTests {
    private static func withTable(_ body: (Database) throws -> Void) throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .disk)
        try file.write { db in
            try db.execute(sql: "CREATE TABLE sample(id INTEGER PRIMARY KEY, a, b, c, d)")
            try body(db)
        }
    }

    @Test(arguments: ["", "a", "with \u{0} inside", "漢字 🙂", String(repeating: "long ", count: 5_000)])
    func text_whenBoundAndRead_isTheSame(text: String) throws {
        try Self.withTable { db in
            let insert = try RawStatement(db, "INSERT INTO sample(a, b, c) VALUES (?,?,?)")
            try insert.bind(text, at: 0)
            try insert.bind(Array(text.utf8), at: 1)
            try insert.bind(String?.none, at: 2)
            try insert.run()
            let select = try RawStatement(db, "SELECT a, b, c FROM sample")
            let isThere = try select.step()
            #expect(isThere)
            #expect(select.text(0) == text)
            #expect(select.bytes(1) == Array(text.utf8))
            #expect(!select.isNull(0) && !select.isNull(1) && select.isNull(2))
            #expect(select.text(2).isEmpty)
            let isMore = try select.step()
            #expect(!isMore)
        }
    }

    @Test(arguments: [Int64.min, -1, 0, 1, Int64.max])
    func integers_whenBoundAndRead_keepAllBits(value: Int64) throws {
        try Self.withTable { db in
            let insert = try RawStatement(db, "INSERT INTO sample(a, b, c) VALUES (?,?,?)")
            try insert.bind(value, at: 0)
            try insert.bind(bits: UInt64(bitPattern: value), at: 1)
            try insert.bind(Int64?.none, at: 2)
            try insert.run()
            let select = try RawStatement(db, "SELECT a, b, c FROM sample")
            let isThere = try select.step()
            #expect(isThere)
            #expect(select.int64(0) == value)
            #expect(select.bits(1) == UInt64(bitPattern: value))
            #expect(select.unsigned(0) == UInt64(clamping: value))
            #expect(select.isNull(2))
            select.reset()
        }
    }

    @Test func statement_afterAConstraint_throwsOnceAndWorksAgain() throws {
        try Self.withTable { db in
            let insert = try RawStatement(db, "INSERT INTO sample(id) VALUES (?)")
            for (id, works) in [(1, true), (1, false), (2, true)] as [(Int64, Bool)] {
                try insert.bind(id, at: 0)
                if works { try insert.run() } else { #expect(throws: DatabaseError.self) { try insert.run() } }
            }
            let count = try Int.fetchOne(db, sql: "SELECT count(*) FROM sample")
            #expect(count == 2)
        }
    }

    @Test func word_pastTheEnd_readsZeroes() {
        var bytes: [UInt8] = []
        bytes.appendWord(0x0102_0304_0506_0708)
        #expect(bytes.word(at: 0) == 0x0102_0304_0506_0708)
        #expect(bytes.word(at: 7) == 0x01)
        #expect(bytes.word(at: 8) == 0)
    }
}
