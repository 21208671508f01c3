import Foundation
import GRDB
import Migrations
import TestSupport
import Testing

@Suite struct DatabaseFileTests {
    @Test(arguments: [(HeadRecord.Durability.disk, 2), (.os, 1)])
    func file_whenOpened_readsBackItsDurability(durability: HeadRecord.Durability, level: Int) throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: durability)
        try file.write { try $0.execute(sql: "INSERT INTO meta VALUES ('a', 1)") }
        let pragmas = try file.readNewest { db in
            try ["synchronous", "journal_mode", "wal_autocheckpoint"].map { name in
                try String.fetchOne(db, sql: "PRAGMA \(name)")
            }
        }
        #expect(pragmas == [String(level), "wal", "0"])
    }

    @Test func write_whenTheBodyThrows_leavesNothing() throws {
        struct Stop: Error {}
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .disk)
        #expect(throws: StorageError.self) {
            try file.write { db in
                try db.execute(sql: "INSERT INTO meta VALUES ('a', 1)")
                throw Stop()
            }
        }
        #expect(try file.read { try Int.fetchOne($0, sql: "SELECT count(*) FROM meta WHERE key = 'a'") } == 0)
    }

    @Test func read_whileAWriteIsOpen_seesTheLastCommit() throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .disk)
        try file.write { try $0.execute(sql: "INSERT INTO meta VALUES ('a', 1)") }
        try file.write { db in
            try db.execute(sql: "UPDATE meta SET value = 2 WHERE key = 'a'")
            let seen = try file.read { try Int.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'a'") }
            #expect(seen == 1)
        }
        #expect(try file.readNewest { try Int.fetchOne($0, sql: "SELECT value FROM meta WHERE key = 'a'") } == 2)
    }

    @Test func log_growsWithCommits_andIsEmptiedByATruncatingCheckpoint() throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .disk)
        for value in 0..<20 as Range<Int64> { try file.writeProbe(value) }
        #expect(file.walPages >= 20)
        #expect(try TemporaryDirectory.bytes(directory.writeAheadLog).count > 20 * 4_096)
        #expect(try file.walCheckpoint(truncating: true) == 0)
        #expect(try TemporaryDirectory.bytes(directory.writeAheadLog).isEmpty)
    }

    @Test func file_whenClosed_refusesAndCanBeClosedAgain() throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .disk)
        try file.close()
        try file.close()
        #expect(throws: StorageError.self) { try file.writeProbe(1) }
        #expect(throws: StorageError.self) { try file.read { try Int.fetchOne($0, sql: "SELECT 1") } }
        try DatabaseFile(directory.data, durability: .disk).writeProbe(2)
    }

    @Test func write_whenThereIsNoRoom_isDiskFull_andGoesOnAfterwards() throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .disk)
        try file.limitPages(to: 1)
        let blob = [UInt8](repeating: 1, count: 500_000)
        let insert = "INSERT INTO meta VALUES ('big', ?)"
        let error = #expect(throws: StorageError.self) {
            try file.write { try $0.execute(sql: insert, arguments: [DatabaseValue(value: Data(blob))]) }
        }
        #expect(error?.code == .diskFull)
        try file.limitPages(to: nil)
        try file.write { try $0.execute(sql: insert, arguments: [DatabaseValue(value: Data(blob))]) }
    }

    @Test func foreignFile_isRefusedAndLeftAlone() throws {
        let directory = try TemporaryDirectory()
        do {
            let foreign = try DatabaseQueue(path: directory.data.database)
            try foreign.write { try $0.execute(sql: "CREATE TABLE recipe(name TEXT)") }
            try foreign.close()
        }
        let before = try TemporaryDirectory.bytes(directory.data.database)
        let error = #expect(throws: StorageError.self) { try DatabaseFile(directory.data, durability: .disk) }
        #expect(error?.code == .notOurFile)
        #expect(try TemporaryDirectory.bytes(directory.data.database) == before)
    }

    @Test func fileThatIsNoDatabase_isRefused() throws {
        let directory = try TemporaryDirectory()
        try TemporaryDirectory.write(Array(repeating: 0x41, count: 10_000), to: directory.data.database)
        let error = #expect(throws: StorageError.self) { try DatabaseFile(directory.data, durability: .disk) }
        #expect(error?.code == .notOurFile)
    }

    @Test func newerFormat_isRefused() throws {
        let directory = try TemporaryDirectory()
        let file = try DatabaseFile(directory.data, durability: .disk)
        try file.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('9999-from-the-future')") }
        try file.close()
        let error = #expect(throws: StorageError.self) { try DatabaseFile(directory.data, durability: .disk) }
        #expect(error?.code == .newerFormat)
    }

    @Test func directory_whenItCannotBeMade_isUnusable() throws {
        let error = #expect(throws: StorageError.self) { try DataDirectory(path: "/dev/null/anteroom").prepare() }
        #expect(error?.code == .directoryUnusable)
    }

    @Test func lock_whileHeld_refusesASecond_andIsFreeAfterwards() throws {
        let directory = try TemporaryDirectory()
        do {
            let first = try DirectoryLock(directory.data)
            let error = #expect(throws: StorageError.self) { try DirectoryLock(directory.data) }
            #expect(error?.code == .locked)
            withExtendedLifetime(first) {}
        }
        withExtendedLifetime(try DirectoryLock(directory.data)) {}
    }
}
