import Foundation

/// A fresh folder that is removed when its owner lets go of it.
package final class TemporaryFolder: Sendable {
    package let path: String

    /// Creates the folder below the system's temporary directory.
    package init(prefix: String = "anteroom-test") throws {
        path = NSTemporaryDirectory() + "/\(prefix)-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        // Losing the error is safe: what stays behind is a temporary file.
        try? FileManager.default.removeItem(atPath: path)
    }

    /// The path of an entry of the folder.
    package func entry(_ name: String) -> String { path + "/" + name }

    /// Copies a folder's regular files into a fresh temporary folder.
    package static func copy(of source: String) throws -> TemporaryFolder {
        let copy = try TemporaryFolder()
        for name in try FileManager.default.contentsOfDirectory(atPath: source) {
            try FileManager.default.copyItem(atPath: source + "/" + name, toPath: copy.entry(name))
        }
        return copy
    }
}
