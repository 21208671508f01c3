import Foundation

/// A directory that only this user can read and that goes with its owner.
public final class ScratchDirectory: Sendable {
    /// Its paths as those of a node's files.
    public let data: DataDirectory

    /// Makes one where the system keeps temporary files (`TMPDIR`).
    ///
    /// - Errors: `directoryUnusable`.
    public init(prefix: String) throws(StorageError) {
        let pattern = FileManager.default.temporaryDirectory.appendingPathComponent(prefix + "-XXXXXX").path
        var template = Array(pattern.utf8CString)
        guard mkdtemp(&template) != nil else {
            throw StorageError(.directoryUnusable, "no directory \(pattern) can be made: \(systemMessage(errno))")
        }
        data = DataDirectory(path: String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Removes it with all that is in it.
    public func remove() {
        // What can't be removed is left to the system, which clears its temporary files.
        try? FileManager.default.removeItem(atPath: data.path)
    }

    deinit { remove() }
}
