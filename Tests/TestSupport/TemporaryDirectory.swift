import Foundation
import Migrations

/// A data directory of a test's own, removed with its last reference.
package final class TemporaryDirectory: Sendable {
    /// The directory's path.
    package let path: String

    /// Makes an empty directory below the system's temporary one.
    package init(prefix: String = "anteroom-test") throws {
        path = Self.newPath(prefix: prefix)
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // A directory that can't be removed harms no later test; whoever writes late into it is cleaned up after at the end.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// A path below the system's temporary directory where nothing is yet; what is made there goes with the process.
    package static func newPath(prefix: String = "anteroom-test") -> String {
        let path = NSTemporaryDirectory() + "/\(prefix)-\(UUID().uuidString)"
        Leftovers.note(path)
        return path
    }

    /// The path of an entry of the directory.
    package func entry(_ name: String) -> String { path + "/" + name }

    /// Copies a directory's regular files into a fresh one.
    package static func copy(of source: String) throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            try FileManager.default.copyItem(atPath: source + "/" + name, toPath: copy.entry(name))
        }
        return copy
    }

    /// The directory as the store takes it.
    package var data: DataDirectory { DataDirectory(path: path) }

    /// The write-ahead log beside the database.
    package var writeAheadLog: String { data.database + "-wal" }

    /// A copy as a kill -9 would leave it: head record first, then the file, then its log, so that the copy of the record
    /// is never newer than that of the log. The caller sees to it that no WAL checkpoint runs meanwhile.
    package func copyAsKilled() throws -> TemporaryDirectory {
        let copy = try TemporaryDirectory()
        let files = [
            (data.headRecord, copy.data.headRecord), (data.database, copy.data.database),
            (writeAheadLog, copy.writeAheadLog),
        ]
        for (from, to) in files where FileManager.default.fileExists(atPath: from) {
            try Data(contentsOf: URL(fileURLWithPath: from)).write(to: URL(fileURLWithPath: to))
        }
        return copy
    }

    /// The bytes of one of its files.
    package static func bytes(_ path: String) throws -> [UInt8] {
        [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    }

    /// Replaces the bytes of one of its files.
    package static func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }
}
