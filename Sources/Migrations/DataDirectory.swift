import Foundation

/// The paths of one node's files.
public struct DataDirectory: Sendable, Hashable {
    /// The directory itself, as given.
    public let path: String

    /// Names a directory; touches nothing.
    public init(path: String) { self.path = path }

    /// The one SQLite file.
    public var database: String { path + "/anteroom.sqlite" }
    /// The side file with the newest durable cursor.
    public var headRecord: String { path + "/anteroom.head" }
    /// The file whose lock says that a process serves this directory.
    public var lock: String { path + "/anteroom.lock" }

    /// Creates the directory if it is missing and proves that files can be made in it.
    ///
    /// - Errors: `directoryUnusable` with the path and the reason.
    public func prepare() throws(StorageError) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StorageError(.directoryUnusable, "the data directory \(path) can't be created", cause: error)
        }
        guard access(path, W_OK | X_OK) == 0 else {
            throw StorageError(.directoryUnusable, "the data directory \(path) isn't writable: \(systemMessage(errno))")
        }
    }

    /// True when a path leads to one of the node's files, by whatever name: nothing else may be put in its place.
    public func owns(_ other: String) -> Bool {
        var found = stat()
        guard stat(other, &found) == 0 else { return false }
        return [database, database + "-wal", database + "-shm", headRecord, lock]
            .contains { name in
                var own = stat()
                return stat(name, &own) == 0 && own.st_ino == found.st_ino && own.st_dev == found.st_dev
            }
    }

    /// True when a database file exists here.
    public var holdsDatabase: Bool { access(database, F_OK) == 0 }
}

/// The system's own words for an error number.
package func systemMessage(_ number: Int32) -> String {
    String(cString: strerror(number))
}
