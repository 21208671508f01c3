import Foundation
import GRDB
import Journal
import Migrations

/// Invariants of the file and of what lies beside it.
enum FileChecks {
    static func integrity(_ db: Database) throws -> Finding {
        let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
        let size = pages * (try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 0)
        let pragma = size > DirectoryCheck.integrityBytesMax ? "quick_check" : "integrity_check"
        let statement = try RawStatement(db, "PRAGMA \(pragma)(10)")
        defer { statement.reset() }
        var faults = JournalScan.Faults()
        while try statement.step() {
            let text = statement.text(0)
            if text != "ok" { faults.note(text.split(separator: "\n").joined(separator: " ")) }
        }
        return Finding("integrity", faults, ok: "SQLite's \(pragma) found nothing wrong in \(pages) pages")
    }

    /// Says what the next start would do, and fails where that means that something was lost.
    static func headRecord(
        _ db: Database, record: HeadRecord?, in directory: DataDirectory, bootID: String
    ) throws -> Finding {
        let name = "head record"
        let (decision, head) = try LineageFacts.decide(db, record: record, bootID: bootID)
        let recorded = record.map { "\($0.lineage).\($0.sequence)" } ?? ""
        let next = "the next start opens lineage \(max(head.lineage, record?.lineage ?? 0) + 1) with new epochs"
        switch decision {
        case .keep:
            return Finding(
                name, "the log holds entry \(recorded) that it names; the next start keeps lineage \(head.lineage)")
        case .open(.leftFleet):
            return Finding(
                name, "the journal lives in Redis and this file follows it; without Redis \(next)")
        case .open(.newFile): return Finding(name, "no entry yet; the next start opens lineage 1")
        case .open(.recordMissing):
            guard access(directory.headRecord, F_OK) == 0 else {
                return Finding(name, "there is none, as beside a backup; \(next)")
            }
            return Finding(name, isOK: false, "\(directory.headRecord) can't be read; \(next)")
        case .open(.tailLost):
            let end = head == .start ? "which is empty" : "which ends at \(head)"
            return Finding(name, isOK: false, "entry \(recorded) that it names isn't in the log, \(end); \(next)")
        case .open(.powerCut):
            return Finding(
                name,
                "the machine was restarted without a clean stop under durability os, so entries may be gone; \(next)")
        }
    }

    /// Counts and sizes in words.
    static func contents(_ db: Database, of directory: DataDirectory) throws -> Finding {
        let live = try CheckpointTable.liveSessions(db)
        let ended = (try Int.fetchOne(db, sql: "SELECT count(*) FROM session") ?? 0) - live
        let channels = try Int.fetchOne(db, sql: "SELECT count(*) FROM channel") ?? 0
        let sizes = "file of \(bytes(directory.database)), write-ahead log of \(bytes(directory.database + "-wal"))"
        return Finding("contents", "\(live) live and \(ended) ended sessions, \(channels) channels; \(sizes)")
    }

    private static func bytes(_ path: String) -> String {
        var status = stat()
        return stat(path, &status) == 0 ? "\(status.st_size) bytes" : "0 bytes"
    }
}
