import Foundation

/// Puts finished files in their place.
public enum DurableRename {
    /// Gives a file, already forced to the disk, the name of another one, and forces the directory.
    ///
    /// - Errors: `directoryUnusable`; the file then keeps its first name.
    public static func replace(_ path: String, with finished: String) throws(StorageError) {
        guard rename(finished, path) == 0 else {
            throw StorageError(.directoryUnusable, "\(path) can't be replaced: \(systemMessage(errno))")
        }
        let parent = path.lastIndex(of: "/").map { String(path[...$0]) } ?? "."
        let directory = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard directory >= 0 else { return }
        // The file is whole under either name; a directory that can't be forced costs at most the new name.
        _ = fsync(directory)
        close(directory)
    }

    /// Forces a file to the disk.
    public static func sync(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0, fsync(descriptor) == 0 else {
            let reason = systemMessage(errno)
            if descriptor >= 0 { close(descriptor) }
            throw StorageError(.inputOutput, "\(path) can't be forced to the disk: \(reason)")
        }
        close(descriptor)
    }
}
