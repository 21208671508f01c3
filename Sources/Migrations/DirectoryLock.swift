import Foundation

/// The lock that lets one process at a time serve a data directory.
///
/// - Guarantee: held until `deinit` or the end of the process, however it ends: the kernel drops a `flock` with its
///   descriptor, so a kill -9 leaves no stale lock behind.
public final class DirectoryLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock without waiting.
    ///
    /// - Errors: `locked` when another process holds it, `directoryUnusable` when the file can't be made.
    public init(_ directory: DataDirectory) throws(StorageError) {
        let descriptor = open(directory.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageError(
                .directoryUnusable, "the lock file \(directory.lock) can't be opened: \(systemMessage(errno))")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StorageError(
                .locked, "another process serves the data directory \(directory.path); stop it or choose another one")
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }
}
