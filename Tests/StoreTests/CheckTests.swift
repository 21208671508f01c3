import Foundation
import GRDB
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

@Suite struct CheckTests {
    /// What may happen to a data directory, and which findings must fail then.
    struct Damage: Sendable, CustomTestStringConvertible {
        let sql: String
        let failed: Set<String>
        var testDescription: String { sql }

        init(_ sql: String, _ failed: Set<String>) { (self.sql, self.failed) = (sql, failed) }
    }

    private static let newest = "(SELECT max(row) FROM journal)"

    static let damages = [
        Damage("UPDATE journal SET body = CAST('{\"n\":9}' AS BLOB) WHERE row = 7", ["rows"]),
        Damage("UPDATE journal SET checksum = checksum + 1 WHERE row = 7", ["rows"]),
        Damage("UPDATE journal SET verdict = 'ended' WHERE row = 7", ["rows"]),
        Damage("DELETE FROM journal WHERE row = 7", ["sequence", "offsets"]),
        Damage("DELETE FROM journal WHERE row = \(newest)", ["head record", "checkpoint"]),
        Damage(
            "UPDATE journal SET row = row + 1 WHERE row = \(newest)", ["head record", "sequence", "lineages", "replay"]),
        Damage("UPDATE lineage SET first_row = 2", ["head record", "lineages"]),
        Damage("UPDATE channel SET top = top + 1 WHERE name = 'chat:1'", ["channels"]),
        Damage("UPDATE channel SET top = top - 1 WHERE name = 'session:a'", ["channels"]),
        Damage("DELETE FROM channel WHERE name = 'chat:3'", ["channels"]),
        Damage("UPDATE channel SET due_at = due_at + 1 WHERE name = 'chat:1'", ["channels"]),
        Damage("UPDATE channel SET floor = top + 1 WHERE name = 'chat:4'", ["channels"]),
        Damage("UPDATE channel SET epoch = '1.5' WHERE name = 'chat:5'", []),
        Damage("UPDATE meta SET value = '1.9999' WHERE key = 'cursor'", ["checkpoint"]),
        Damage("UPDATE meta SET value = '1.40' WHERE key = 'cursor'", ["replay"]),
        Damage("UPDATE session SET version = 0 WHERE id = 'a'", ["sessions"]),
        Damage("UPDATE session SET due_at = due_at - 1 WHERE id = 'a'", ["sessions"]),
        Damage("UPDATE session SET document = CAST('{' AS BLOB) WHERE id = 'a'", ["sessions"]),
        Damage("UPDATE session SET document = CAST('{}' AS BLOB) WHERE id = 'b'", ["sessions"]),
        Damage("PRAGMA application_id = 7", ["file"]),
    ]

    private func healthy() async throws -> TemporaryDirectory {
        let directory = try TemporaryDirectory()
        let node = try ReplayFixture(in: directory)
        try await node.fill()
        #expect(node.engine.stop() == nil)
        return directory
    }

    private func check(_ directory: TemporaryDirectory) throws -> [Finding] {
        var findings: [Finding] = []
        let isOK = try DirectoryCheck.run(directory.data, bootID: currentBootID()) { findings.append($0) }
        #expect(isOK == findings.allSatisfy(\.isOK))
        return findings
    }

    private func failed(_ findings: [Finding]) -> Set<String> { Set(findings.filter { !$0.isOK }.map(\.name)) }

    @Test func check_ofAStoppedNode_findsEverythingInOrder() async throws {
        let findings = try check(try await healthy())
        #expect(failed(findings).isEmpty, "\(findings.map(\.line).joined(separator: "\n"))")
        let names = [
            "file", "integrity", "head record", "rows", "sequence", "lineages", "offsets", "window", "checkpoint",
            "chain", "origins", "replay", "channels", "sessions", "rooms", "idempotency", "contents",
        ]
        #expect(findings.map(\.name) == names)
        #expect(findings[2].detail.hasSuffix("the next start keeps lineage 1"))
    }

    @Test(arguments: damages)
    func check_ofADamagedFile_findsIt(damage: Damage) async throws {
        let directory = try await healthy()
        let queue = try DatabaseQueue(path: directory.data.database)
        try await queue.writeWithoutTransaction { try $0.execute(sql: damage.sql) }
        try queue.close()
        let findings = try check(directory)
        #expect(failed(findings) == damage.failed, "\(findings.map(\.line).joined(separator: "\n"))")
    }

    @Test func check_whenTheHeadRecordIsUnreadable_fails_butNotWhenThereIsNone() async throws {
        let directory = try await healthy()
        try TemporaryDirectory.write(Array(repeating: 0, count: 256), to: directory.data.headRecord)
        #expect(try failed(check(directory)) == ["head record"])
        try FileManager.default.removeItem(atPath: directory.data.headRecord)
        let findings = try check(directory)
        #expect(failed(findings).isEmpty)
        #expect(findings[2].detail.hasSuffix("the next start opens lineage 2 with new epochs"))
    }

    /// SQLite itself says nothing about a log that was cut: the head record does.
    @Test func check_whenTheLogWasCut_findsTheLostTail() async throws {
        let directory = try TemporaryDirectory()
        let node = try ReplayFixture(in: directory)
        try await node.fill()
        let killed = try directory.copyAsKilled()
        #expect(node.engine.stop() == nil)
        #expect(try failed(check(killed)).isEmpty)
        let log = try TemporaryDirectory.bytes(killed.writeAheadLog)
        try TemporaryDirectory.write(Array(log.prefix(log.count / 2)), to: killed.writeAheadLog)
        // The index beside the log is that of the whole log.
        try FileManager.default.removeItem(atPath: killed.data.database + "-shm")
        #expect(try failed(check(killed)) == ["head record"])
    }

    /// A flipped bit anywhere in the file's pages is found by one check or another, or lies where nothing is stored.
    @Test func check_whenAPageIsOverwritten_fails() async throws {
        let directory = try await healthy()
        let bytes = try TemporaryDirectory.bytes(directory.data.database)
        for page in 1..<(bytes.count / 4_096) {
            var damaged = bytes
            for index in 0..<4_096 { damaged[page * 4_096 + index] ^= 0x55 }
            try TemporaryDirectory.write(damaged, to: directory.data.database)
            #expect(try !failed(check(directory)).isEmpty, "page \(page)")
        }
    }

    @Test func check_besideARunningNode_isOK_andWritesNothing() async throws {
        let directory = try TemporaryDirectory()
        let node = try ReplayFixture(in: directory)
        try await node.fill()
        let head = try await node.head()
        let findings = try check(directory)
        #expect(failed(findings).isEmpty, "\(findings.map(\.line).joined(separator: "\n"))")
        #expect(try await node.head() == head)
        #expect(node.engine.stop() == nil)
    }

    @Test func check_ofAMissingDirectory_throws_andCreatesNothing() throws {
        let directory = DataDirectory(path: NSTemporaryDirectory() + "anteroom-none-\(UUID().uuidString)")
        #expect(throws: StorageError.self) { try DirectoryCheck.run(directory, bootID: "") { _ in } }
        #expect(!FileManager.default.fileExists(atPath: directory.path))
    }
}
