import Foundation
import Synchronization

/// Directories that are removed when the test process ends, whoever still holds on to them then.
enum Leftovers {
    private static let paths = Mutex<Set<String>>([])
    private static let isArmed: Void = {
        atexit { Leftovers.removeAll() }
    }()

    static func note(_ path: String) {
        _ = isArmed
        paths.withLock { _ = $0.insert(path) }
    }

    private static func removeAll() {
        for path in paths.withLock({ $0 }) {
            // What can't be removed now is a temporary file.
            try? FileManager.default.removeItem(atPath: path)
        }
    }
}
