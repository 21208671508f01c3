import Journal

/// The last entry of each process that wrote: a late copy of an entry, or one sent again, changes nothing.
///
/// - Bounds: `originsMax` processes, each remembered for a day of journal time after its last entry. No copy comes later:
///   a connection never sends an entry twice, and what is appended again after a loss is appended at once.
struct OriginTable: Sendable, Equatable {
    /// A process's last entry.
    struct Mark: Sendable, Equatable {
        var counter: UInt64
        /// Journal time.
        var time: Int64
    }

    static let originsMax = 4_096
    static let rememberedMilliseconds: Int64 = 24 * 3_600_000

    private(set) var marks: [UInt64: Mark] = [:]
    /// Marks that differ from the file; those that are gone there, too.
    private(set) var dirty: Set<UInt64> = []

    /// True for an entry that is not newer than the last of its origin.
    func isStale(_ id: EntryID) -> Bool { marks[id.origin].map { id.counter <= $0.counter } ?? false }

    /// Notes an entry at a journal time.
    mutating func note(_ id: EntryID, at time: Int64) {
        if marks.updateValue(Mark(counter: id.counter, time: time), forKey: id.origin) == nil { makeRoom(at: time) }
        dirty.insert(id.origin)
    }

    /// The last counter of an origin; 0 before its first entry.
    func last(of origin: UInt64) -> UInt64 { marks[origin]?.counter ?? 0 }

    /// Takes a mark from the checkpoint.
    mutating func load(_ mark: Mark, of origin: UInt64) { marks[origin] = mark }

    /// Only what differs from the file.
    var dirtyPart: OriginTable {
        var part = OriginTable()
        for origin in dirty { part.marks[origin] = marks[origin] }
        part.dirty = dirty
        return part
    }

    mutating func markDirty(_ origins: Set<UInt64>) { dirty.formUnion(origins) }

    mutating func markFlushed() { dirty.removeAll(keepingCapacity: true) }

    /// Called for a new origin only: the table then changes by a rule over journal time, the same on every node.
    private mutating func makeRoom(at time: Int64) {
        for (origin, mark) in marks where mark.time.saturatingAdd(Self.rememberedMilliseconds) < time { drop(origin) }
        guard marks.count > Self.originsMax else { return }
        let oldest = marks.min { ($0.value.time, $0.key) < ($1.value.time, $1.key) }
        if let oldest { drop(oldest.key) }
    }

    private mutating func drop(_ origin: UInt64) {
        marks[origin] = nil
        dirty.insert(origin)
    }

    static func == (left: Self, right: Self) -> Bool { left.marks == right.marks }
}
