import ArgumentParser
import Foundation
import Journal
import Migrations

/// Names the directory that a command reads.
struct DataDirectoryFlag: ParsableArguments {
    @Option(help: ArgumentHelp("Directory of the node's files (DATA_DIR, default data).", valueName: "directory"))
    var dataDir: String?

    /// The directory; nothing is touched yet.
    var directory: DataDirectory {
        DataDirectory(path: dataDir ?? ProcessInfo.processInfo.environment["DATA_DIR"] ?? "data")
    }
}

extension Exit {
    /// What a data directory that can't be read means for the caller of a command.
    init(_ error: StorageError) {
        self.init(.unavailable, Self.sentence(error.description))
    }

    /// What a journal that can't be read means for the caller of a command.
    init(_ error: JournalError) {
        self.init(.unavailable, Self.sentence(error.message))
    }

    /// Begins with a capital letter, unless a path comes first.
    private static func sentence(_ text: String) -> String {
        let isPath = text.prefix { $0 != " " }.contains { "/.".contains($0) }
        return (isPath ? text : text.prefix(1).uppercased() + text.dropFirst()) + "."
    }
}
