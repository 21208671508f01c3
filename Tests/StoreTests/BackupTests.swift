import Foundation
import Journal
import Migrations
import Store
import TestSupport
import Testing

@Suite struct BackupTests {
    /// Copies a node's file while it takes writes as fast as it can.
    @Test func backup_ofALiveNodeUnderWrites_isConsistent_andBeginsANewLineage() async throws {
        let (directory, copy) = (try TemporaryDirectory(), try TemporaryDirectory())
        let node = try ReplayFixture(in: directory)
        try await node.fill()
        let before = try await node.head()
        let isDone = Box(false)
        let receipt = try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 0..<4 {
                group.addTask {
                    while !isDone.value {
                        try await node.write(after: 0, ReplayFixture.draft(.publish, "load:\(writer)", "1"))
                        try await node.write(
                            after: 0, ReplayFixture.draft(.sessionPatch, "session:a", #"{"w":\#(writer)}"#))
                    }
                }
            }
            let start = node.engine
            #expect(eventually { start.health.failure == nil })
            let receipt = try Backup.run(directory.data, to: copy.data.database, replacing: false)
            isDone.value = true
            try await group.waitForAll()
            return receipt
        }
        let after = try await node.head()
        #expect(node.engine.stop() == nil)
        #expect(try FileManager.default.contentsOfDirectory(atPath: copy.path) == ["anteroom.sqlite"])
        #expect(receipt.bytes == Int64(try TemporaryDirectory.bytes(copy.data.database).count))

        let newest = try #require(try JournalReader(copy.data).newest())
        #expect(before <= newest && newest <= after)
        var findings: [Finding] = []
        #expect(
            try DirectoryCheck.run(copy.data, bootID: currentBootID()) { findings.append($0) },
            "\(findings.map(\.line).joined(separator: "\n"))")

        let restored = try ReplayFixture(in: copy, at: node.clock.value)
        #expect(restored.engine.openingReason == "record-missing")
        #expect(try await restored.head().lineage == 2)
        guard case .found(let session) = try await restored.engine.ask({ .readSession(id: "a", .granted, $0) }) else {
            Issue.record("the session is gone")
            return
        }
        #expect(session.version >= 21)
        #expect(restored.engine.stop() == nil)
    }

    @Test func backup_refusesWhatItWouldDestroy() async throws {
        let (directory, other) = (try TemporaryDirectory(), try TemporaryDirectory())
        let node = try ReplayFixture(in: directory)
        try await node.fill()
        let target = other.path + "/copy.sqlite"
        func reason(_ target: String, replacing: Bool) -> String? {
            #expect(throws: StorageError.self) { try Backup.run(directory.data, to: target, replacing: replacing) }?
                .message
        }
        try TemporaryDirectory.write([1], to: target)
        #expect(reason(target, replacing: false) == "\(target) exists; choose another one, or add --force")
        try TemporaryDirectory.write([1], to: target + "-wal")
        #expect(reason(target, replacing: true)?.contains("remove it first") == true)
        try FileManager.default.removeItem(atPath: target + "-wal")
        for own in [
            directory.data.database,
            directory.path + "/../" + (directory.path as NSString).lastPathComponent + "/anteroom.head",
        ] {
            #expect(reason(own, replacing: true) == "\(own) is a file of the node itself; choose another one")
        }
        #expect(reason(other.path, replacing: true) == "\(other.path) is no file; choose another one")
        #expect(reason(other.path + "/none/x", replacing: false) != nil)
        #expect(try TemporaryDirectory.bytes(target) == [1])
        _ = try Backup.run(directory.data, to: target, replacing: true)
        #expect(try FileManager.default.contentsOfDirectory(atPath: other.path) == ["copy.sqlite"])
        #expect(try JournalReader(try ReadOnlyFile(path: target)).newest() == (try await node.head()))
        #expect(node.engine.stop() == nil)
    }
}
