import Foundation

/// A small file system in memory, to be filled up.
package final class SmallDisk: Sendable {
    package let path: String
    private let folder: TemporaryDirectory

    /// Mounts the file system.
    ///
    /// Errors: where this process may not mount: `isPossible` tells before.
    package init(megabytes: Int) async throws {
        folder = try TemporaryDirectory(prefix: "anteroom-disk")
        path = folder.path
        let mount = try ChildProcess("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "anteroom-test", path])
        guard try await mount.waitForExit() == .code(0) else {
            throw CocoaError(.fileWriteNoPermission, userInfo: [NSDebugDescriptionErrorKey: mount.output])
        }
    }

    deinit {
        // Lazily: a child that is just being killed may still have files open.
        _ = umount2(path, Int32(MNT_DETACH))
    }

    /// Whether this process may mount file systems.
    package static func isPossible() async -> Bool {
        // Losing the error is safe: a test that needs the disk is then skipped by name.
        (try? await SmallDisk(megabytes: 1)) != nil
    }

    /// Occupies that much of the file system.
    package func placeBallast(megabytes: Int) throws {
        try Data(count: megabytes << 20).write(to: URL(fileURLWithPath: ballast))
    }

    /// Gives back what the ballast occupies.
    package func removeBallast() throws {
        try FileManager.default.removeItem(atPath: ballast)
    }

    private var ballast: String { path + "/ballast" }
}
