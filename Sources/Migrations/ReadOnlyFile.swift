import Foundation
import GRDB

/// The SQLite file as a process other than its node may use it: one connection that only reads.
///
/// - Guarantee: nothing is written, no lock of the directory is taken, no WAL checkpoint is run: it is safe beside a running
///   node. Where there are none, SQLite makes an empty `-wal` and a `-shm` index beside the file, as for every reader.
/// - Isolation: calls block, one at a time.
public final class ReadOnlyFile: Sendable {
    private let queue: DatabaseQueue
    /// Where the file is.
    public let path: String

    /// Bound of the wait for a lock, which only the recovery after a kill -9 takes.
    private static let busySeconds = 5.0
    private static let cacheKibibytes = 8_192

    /// Opens the file of a directory.
    ///
    /// - Errors: `directoryUnusable` when there is none or it can't be read, `notOurFile`, `newerFormat`, `corrupt`.
    public convenience init(_ directory: DataDirectory) throws(StorageError) {
        guard directory.holdsDatabase else {
            throw StorageError(
                .directoryUnusable, "there is no \(directory.database): no node has written to this directory")
        }
        try self.init(path: directory.database)
    }

    /// Opens a file by its path, such as a backup.
    public init(path: String) throws(StorageError) {
        self.path = path
        do {
            var configuration = Configuration()
            configuration.readonly = true
            configuration.busyMode = .timeout(Self.busySeconds)
            configuration.label = "anteroom.reader"
            configuration.prepareDatabase { try $0.execute(sql: "PRAGMA cache_size = -\(Self.cacheKibibytes)") }
            queue = try DatabaseQueue(path: path, configuration: configuration)
            try queue.read { db in
                guard try Schema.refuseForeign(db, path: path) else {
                    throw StorageError(.directoryUnusable, "\(path) is empty: no node has written to it yet")
                }
            }
        } catch { throw Self.error(error, path: path) }
    }

    /// Runs the body in one snapshot.
    public func read<Value>(_ body: (Database) throws -> Value) throws(StorageError) -> Value {
        do { return try queue.read(body) } catch { throw Self.error(error, path: path) }
    }

    /// Copies one snapshot into a file of its own, without a write-ahead log.
    ///
    /// - Guarantee: the node goes on writing meanwhile; what it commits after the beginning is not in the copy.
    public func copy(to target: String) throws(StorageError) {
        do {
            let copy = try DatabaseQueue(path: target)
            try copy.writeWithoutTransaction { destination in
                try queue.read { try $0.backup(to: destination) }
                // The copy says that it has a write-ahead log, as its source does; one file is easier to move about.
                let mode = try String.fetchOne(destination, sql: "PRAGMA journal_mode = DELETE")
                guard mode == "delete" else {
                    throw StorageError(.inputOutput, "the copy \(target) keeps a write-ahead log: \(mode ?? "no mode")")
                }
            }
            try copy.close()
        } catch { throw StorageError.from(error, path: target) }
    }

    private static func error(_ error: any Error, path: String) -> StorageError {
        let known = StorageError.from(error, path: path)
        guard known.code == .directoryUnusable, error is DatabaseError else { return known }
        return StorageError(.directoryUnusable, "\(path) can't be opened for reading", cause: error)
    }
}
