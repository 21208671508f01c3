/// A place in the journal, named by cursor or by time.
public enum EntryPoint: Sendable, Hashable {
    case cursor(Cursor)
    /// Milliseconds since 1970.
    case time(Int64)

    /// Reads a cursor (`1.42`), a time (`2026-11-21T05:40:00Z`) or a span before now (`-10m`).
    ///
    /// - Parameter now: milliseconds since 1970.
    public init?(_ text: String, now: Int64) {
        if let cursor = Cursor(text) {
            self = .cursor(cursor)
        } else if let span = EntryTime.span(text) {
            self = .time(now - span)
        } else if let time = EntryTime.milliseconds(text) {
            self = .time(time)
        } else {
            return nil
        }
    }

    /// True when a row is at the place or after it.
    func isReached(by row: JournalRow) -> Bool {
        switch self {
        case .cursor(let cursor): row.cursor >= cursor
        case .time(let time): row.entry.time >= time
        }
    }

    /// True when a row is before the place or at it.
    public func includes(_ row: JournalRow) -> Bool {
        switch self {
        case .cursor(let cursor): row.cursor <= cursor
        case .time(let time): row.entry.time <= time
        }
    }
}

extension EntryPoint: CustomStringConvertible {
    public var description: String {
        switch self {
        case .cursor(let cursor): cursor.description
        case .time(let time): EntryTime.text(time)
        }
    }
}

/// Which entries somebody wants to see; both ends are included.
public struct EntryFilter: Sendable, Equatable {
    /// Nil for all.
    public var channel: String?
    /// Empty for all.
    public var kinds: Set<EntryKind> = []
    /// The first place that is wanted; nil for the beginning.
    public var since: EntryPoint?
    /// The last place that is wanted; nil for the end.
    public var until: EntryPoint?

    /// Admits everything.
    public init() {}

    /// True for an entry that is wanted.
    public func admits(_ row: JournalRow) -> Bool {
        (channel.map { $0 == row.entry.channel } ?? true)
            && (kinds.isEmpty || kinds.contains(row.entry.kind))
            && (since?.isReached(by: row) ?? true)
            && (until?.includes(row) ?? true)
    }
}
