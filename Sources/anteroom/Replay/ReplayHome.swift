import Journal
import Migrations

/// Where a replay's entries are, and how it goes on at their end.
struct ReplayHome {
    /// What holds the entries.
    enum Kind {
        case export(String)
        case directory(DataDirectory)
    }

    let kind: Kind
    /// For people.
    let name: String
    /// Waits a moment for more; false when there will be none.
    let more: () async throws -> Bool
    /// True once the user wants no more.
    let isInterrupted: () -> Bool

    /// Between two looks for new entries in a file.
    private static let pollMilliseconds = 200

    /// An export.
    init(export path: String) {
        (kind, name) = (.export(path), path)
        more = { false }
        isInterrupted = { false }
    }

    /// The directory of a node, followed until a signal comes where that is wanted.
    init(_ directory: DataDirectory, isFollowed: Bool) {
        (kind, name) = (.directory(directory), "the journal of \(directory.path)")
        let interrupt = isFollowed ? Interrupt() : nil
        more = { interrupt.map { !$0.comes(within: Self.pollMilliseconds) } ?? false }
        isInterrupted = { interrupt?.hasCome ?? false }
    }

    /// The journal of a fleet.
    init(_ fleet: FleetReplay, _ interrupt: Interrupt, isFollowed: Bool) {
        (kind, name) = (.directory(fleet.directory), "the journal at \(fleet.place)")
        more = {
            guard isFollowed, !interrupt.hasCome else { return false }
            try await fleet.advance()
            return true
        }
        isInterrupted = { interrupt.hasCome }
    }

    /// The entries that a filter admits.
    func source(_ filter: EntryFilter) throws -> EntrySource {
        switch kind {
        case .export(let path): try EntrySource(path: path, filter)
        case .directory(let directory): try EntrySource(try JournalReader(directory), filter)
        }
    }
}
