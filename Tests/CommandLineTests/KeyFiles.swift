import Foundation
import TestSupport

/// Files with public keys, in a directory that goes with the process.
struct KeyFiles {
    private let directory: TemporaryDirectory?

    init() {
        // Losing the errors is safe: whoever needs a file finds none, and says so.
        directory = try? TemporaryDirectory()
        write(Samples.pem, to: "key.pem")
        write(Samples.keySet, to: "keys.json")
    }

    func entry(_ name: String) -> String { directory?.entry(name) ?? name }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ text: String, to name: String) -> String {
        // See above.
        try? Data(text.utf8).write(to: URL(filePath: entry(name)))
        return entry(name)
    }
}
