/// A place in the journal and the entry that stands there.
///
/// Two nodes at the same place have applied the same entries: an entry is appended once, so whoever has it at this cursor
/// has everything that was before it on the server that numbered it. A cursor alone doesn't say that: a server that lost
/// its tail, or was wiped, gives the same numbers to other entries.
public struct Place: Hashable, Sendable {
    /// Where.
    public let cursor: Cursor
    /// What stands there.
    public let id: EntryID

    /// Before every entry.
    public static let start = Place(cursor: .start, id: EntryID(origin: 0, counter: 0))

    /// Makes a place of its parts.
    public init(cursor: Cursor, id: EntryID) {
        self.cursor = cursor
        self.id = id
    }
}

extension Place {
    /// True when an entry is the next of the journal after this place: the next of its lineage, or the opening of a newer one
    /// that goes on from here.
    public func isFollowed(by next: Cursor, _ opening: Opening?) -> Bool {
        guard let opening else { return next == cursor.next }
        return next.sequence == 0 && next.lineage > cursor.lineage && opening.parent == self
    }
}

extension Place: LosslessStringConvertible {
    /// Reads `lineage.sequence@origin-counter`.
    public init?(_ description: String) {
        let parts = description.split(separator: "@", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, let cursor = Cursor(parts[0]), let id = EntryID(parts[1]) else { return nil }
        self.init(cursor: cursor, id: id)
    }

    public var description: String { "\(cursor)@\(id)" }
}
