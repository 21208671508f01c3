import Foundation
import Journal
import Migrations

/// Verifies everything that a data directory promises, without writing to it; also beside a running node.
///
/// - Guarantee: one snapshot of the file, so that findings fit each other while a node goes on writing.
/// - Bounds: rows are looked at one by one; memory holds the state that replay after the checkpoint makes, no more.
public struct DirectoryCheck {
    private let directory: DataDirectory
    private let bootID: String
    private let report: (Finding) -> Void
    private var isOK = true

    /// Above this size the file's structure is checked without comparing every index.
    static let integrityBytesMax = 1 << 30

    private init(_ directory: DataDirectory, bootID: String, report: @escaping (Finding) -> Void) {
        (self.directory, self.bootID, self.report) = (directory, bootID, report)
    }

    /// Checks invariant by invariant and reports each as it is known.
    ///
    /// - Returns: true when every finding is ok.
    /// - Errors: `directoryUnusable` when there is nothing to check.
    public static func run(
        _ directory: DataDirectory, bootID: String, report: @escaping (Finding) -> Void
    ) throws(StorageError) -> Bool {
        var check = DirectoryCheck(directory, bootID: bootID, report: report)
        // First the record, then the snapshot: a node writes them the other way round, so the snapshot is never older.
        let record = HeadFile.peek(directory)
        let file: ReadOnlyFile
        do throws(StorageError) { file = try ReadOnlyFile(directory) } catch {
            guard error.code != .directoryUnusable else { throw error }
            check.add(Finding("file", isOK: false, error.description))
            return false
        }
        check.add(Finding("file", "\(directory.database) is an Anteroom file of a known format"))
        do throws(StorageError) { try check.contents(of: file, record: record) } catch {
            // Damage in the pages that every look needs: what was found until then is reported.
            check.add(Finding("file", isOK: false, error.description))
        }
        return check.isOK
    }

    private mutating func add(_ finding: Finding) {
        isOK = isOK && finding.isOK
        report(finding)
    }

    /// Adds findings; a file that can't be read where a check looks fails it.
    private mutating func add(_ name: String, _ findings: Result<[Finding], any Error>) {
        switch findings {
        case .success(let findings): for finding in findings { add(finding) }
        case .failure(let error):
            let reason =
                (error as? JournalError)?.message ?? StorageError.from(error, path: directory.database).description
            add(Finding(name, isOK: false, "can't be checked: \(reason)"))
        }
    }

    private mutating func contents(of file: ReadOnlyFile, record: HeadRecord?) throws(StorageError) {
        let (directory, bootID) = (directory, bootID)
        self = try file.read { db in
            var check = self
            check.add("integrity", Result { [try FileChecks.integrity(db)] })
            check.add(
                "head record",
                Result { [try FileChecks.headRecord(db, record: record, in: directory, bootID: bootID)] })
            check.add("rows", Result { try JournalChecks.findings(db) })
            check.add("offsets", Result { [try JournalChecks.offsets(db)] })
            check.add("window", Result { [try JournalChecks.window(db)] })
            check.add("checkpoint", Result { [try StateChecks.checkpoint(db)] })
            check.add("chain", Result { [try StateChecks.chain(db)] })
            check.add("origins", Result { [try StateChecks.origins(db)] })
            let replay = Result { try StateChecks.replay(db) }
            check.add("replay", replay.map { [$0.finding] })
            // Why there is no replayed state is a finding of its own.
            let state = try? replay.get().state
            check.add("channels", Result { [try StateChecks.channels(db, state)] })
            check.add("sessions", Result { [try StateChecks.sessions(db)] })
            check.add("rooms", Result { [try RoomChecks.rooms(db)] })
            check.add("idempotency", Result { [try StateChecks.idempotency(db)] })
            check.add("contents", Result { [try FileChecks.contents(db, of: directory)] })
            return check
        }
    }
}
