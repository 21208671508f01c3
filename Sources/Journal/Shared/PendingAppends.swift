import DequeModule

/// Appends of this process that went out and did not come back through the tail yet, oldest first.
///
/// - Bounds: the caller's; see `AppendLimits`.
struct PendingAppends {
    struct Append: Equatable {
        let id: EntryID
        /// What it counts for the bound.
        let bytes: Int
        /// A canary is nobody's: no outcome of it is reported.
        let isCanary: Bool
        /// When Redis said that it has it, in monotonic milliseconds.
        var repliedAt: Int64?
    }

    private var appends = Deque<Append>()

    var count: Int { appends.count }
    var isEmpty: Bool { appends.isEmpty }

    /// True for the oldest.
    func isFirst(_ id: EntryID) -> Bool { appends.first?.id == id }

    mutating func sent(_ append: Append) { appends.append(append) }

    /// Redis has it; false when it came through the tail already.
    mutating func replied(_ id: EntryID, at now: Int64) -> Bool {
        guard let index = index(of: id) else { return false }
        appends[index].repliedAt = now
        return true
    }

    /// It was not made.
    mutating func refused(_ id: EntryID) -> Append? {
        guard let index = index(of: id) else { return nil }
        return appends.remove(at: index)
    }

    /// It came through the tail: returns it and what is before it, which never will.
    mutating func arrived(_ id: EntryID) -> [Append] {
        if let first = appends.first, first.id == id { return [appends.removeFirst()] }
        guard let index = index(of: id) else { return [] }
        defer { appends.removeFirst(index + 1) }
        return Array(appends[...index])
    }

    /// Their outcome can't be known any more.
    mutating func takeAll() -> [Append] {
        defer { appends.removeAll() }
        return Array(appends)
    }

    /// True when one that Redis has did not come back for that long.
    func isOverdue(by limit: Int64, at now: Int64) -> Bool {
        guard let repliedAt = appends.first?.repliedAt else { return false }
        return now - repliedAt >= limit
    }

    /// From the end for replies would be as good: both ends are short in practice.
    private func index(of id: EntryID) -> Int? { appends.firstIndex { $0.id == id } }
}
