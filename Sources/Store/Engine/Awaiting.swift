import DequeModule
import Journal

/// Writes that were proposed to a journal that gives places elsewhere, until they come back.
///
/// - Bounds: the link's bound on appends in flight; each is answered within `EngineLimits.appendMilliseconds`.
struct Awaiting {
    /// Who waits for an entry.
    struct Write {
        let channel: String
        /// Nil where the service itself wrote.
        let to: Return<WriteAnswer>?
    }

    private var writes: [UInt64: Write] = [:]
    private var deadlines = Deque<(at: Int64, counter: UInt64)>()
    /// Channels for which the service itself has something under way: it is not proposed twice.
    private(set) var upkeep: Set<String> = []

    /// True while anybody waits for an answer.
    var hasWriters: Bool { writes.count > upkeep.count }

    mutating func add(_ write: Write, counter: UInt64, deadline: Int64) {
        writes[counter] = write
        deadlines.append((deadline, counter))
        if write.to == nil { upkeep.insert(write.channel) }
    }

    mutating func take(_ counter: UInt64) -> Write? {
        guard let write = writes.removeValue(forKey: counter) else { return nil }
        if write.to == nil { upkeep.remove(write.channel) }
        return write
    }

    /// Those whose time is over.
    mutating func takeOverdue(at now: Int64) -> [Write] {
        var overdue: [Write] = []
        while let first = deadlines.first, first.at <= now || writes[first.counter] == nil {
            deadlines.removeFirst()
            if let write = take(first.counter) { overdue.append(write) }
        }
        return overdue
    }

    /// All of them.
    mutating func takeAll() -> [Write] {
        defer { self = Awaiting() }
        return writes.sorted { $0.key < $1.key }.map(\.value)
    }
}
