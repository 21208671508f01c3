import Foundation
import GRDB

/// Copies the file of a node, running or not, into one file.
public enum Backup {
    /// What was written.
    public struct Receipt: Sendable, Equatable {
        /// Where the copy is.
        public let path: String
        /// Its size.
        public let bytes: Int64
    }

    /// Copies one snapshot beside the target and puts it in its place when it is whole and on the disk.
    ///
    /// - Parameter replacing: false refuses a target that exists.
    /// - Errors: `directoryUnusable` with a sentence that says what to do; those of `ReadOnlyFile`.
    public static func run(
        _ directory: DataDirectory, to target: String, replacing: Bool
    ) throws(StorageError) -> Receipt {
        let file = try ReadOnlyFile(directory)
        try refuse(target, of: directory, replacing: replacing)
        let partial = "\(target).\(getpid()).partial"
        defer {
            for name in [partial, partial + "-journal"] { unlink(name) }
        }
        guard access(partial, F_OK) != 0 else {
            throw StorageError(.directoryUnusable, "\(partial) is in the way; remove it")
        }
        try file.copy(to: partial)
        try DurableRename.sync(partial)
        try refuse(target, of: directory, replacing: replacing)
        try DurableRename.replace(target, with: partial)
        var status = stat()
        let bytes = stat(target, &status) == 0 ? Int64(status.st_size) : 0
        return Receipt(path: target, bytes: bytes)
    }

    private static func refuse(
        _ target: String, of directory: DataDirectory, replacing: Bool
    ) throws(StorageError) {
        guard !directory.owns(target) else {
            throw StorageError(.directoryUnusable, "\(target) is a file of the node itself; choose another one")
        }
        var found = stat()
        if stat(target, &found) == 0 {
            guard found.st_mode & S_IFMT == S_IFREG else {
                throw StorageError(.directoryUnusable, "\(target) is no file; choose another one")
            }
            guard replacing else {
                throw StorageError(.directoryUnusable, "\(target) exists; choose another one, or add --force")
            }
        }
        try refuseLog(of: target)
    }

    /// SQLite would apply a log that was left beside the old file to the new one.
    private static func refuseLog(of target: String) throws(StorageError) {
        for log in [target + "-wal", target + "-journal"] where access(log, F_OK) == 0 {
            throw StorageError(
                .directoryUnusable, "\(log) lies beside the target, which another process may hold; remove it first")
        }
    }
}
