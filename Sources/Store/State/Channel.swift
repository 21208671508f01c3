import DequeModule
import Journal

/// One named log: its numbering, and the part of its window that is in memory.
struct Channel: Sendable {
    /// The numbering: the cursor that the channel's bucket had when the channel was created.
    let epoch: Cursor
    /// The newest offset; 0 before the first publication.
    private(set) var top: UInt64 = 0
    /// Offsets up to this one were removed from the history.
    private(set) var floor: UInt64 = 0
    /// What the newest publication asked to keep.
    private(set) var window = HistoryWindow(size: 0, ttl: 0)
    /// Journal time of the newest publication or removal.
    private(set) var publishedAt: Int64 = 0
    /// The newest version that a publication had; nil while none had one.
    private(set) var dataVersion: DataVersion?
    /// The newest publications, contiguous up to `top`. A cache of the journal, no part of the state: it may be shorter
    /// than the window, and two equal states may hold different parts.
    private(set) var recent = Deque<Publication>()
    private var recentBytes = 0

    /// After its last publication a channel is remembered for 30 days, so that a client's position keeps its meaning.
    static let rememberedMilliseconds: Int64 = 30 * 24 * 3_600_000
    /// Memory of a channel beside its publications.
    static let overheadBytes = 240

    /// A channel that nothing was published to.
    init(epoch: Cursor) { self.epoch = epoch }

    /// A channel as the checkpoint has it.
    init(
        epoch: Cursor, top: UInt64, floor: UInt64, window: HistoryWindow, publishedAt: Int64,
        dataVersion: DataVersion? = nil
    ) {
        self.epoch = epoch
        self.top = top
        self.floor = floor
        self.window = window
        self.publishedAt = publishedAt
        self.dataVersion = dataVersion
    }

    /// Offsets above this one may be recovered at a time; the window's age counts from the newest publication.
    func retainedAbove(at time: Int64) -> UInt64 {
        guard time <= publishedAt.saturatingAdd(window.ttl) else { return top }
        let size = UInt64(window.size)
        return max(floor, top > size ? top - size : 0)
    }

    /// The time from which the channel may be dropped.
    var dueAt: Int64 { publishedAt.saturatingAdd(max(window.ttl, Self.rememberedMilliseconds)) }

    /// The offset that the next publication gets; nil at the end of the numbers, which JSON clients can't reach.
    var nextOffset: UInt64? { top < UInt64(Int64.max) ? top + 1 : nil }

    /// Appends a publication at `nextOffset`.
    mutating func append(
        _ publication: Publication, window: HistoryWindow, at time: Int64, dataVersion: DataVersion? = nil
    ) {
        let above = retainedAbove(at: time)
        if above == top { dropRecent() }
        floor = max(floor, above)
        top = publication.offset
        self.window = window
        publishedAt = time
        if let dataVersion { self.dataVersion = dataVersion }
        recent.append(publication)
        recentBytes += publication.sizeBytes
        while recent.count > Int(window.size), let first = recent.popFirst() { recentBytes -= first.sizeBytes }
    }

    /// Empties the window; offsets and epoch go on.
    mutating func removeHistory() {
        floor = top
        dropRecent()
    }

    /// Gives memory back; the journal still has the publications.
    mutating func dropRecent() {
        recent.removeAll(keepingCapacity: false)
        recentBytes = 0
    }

    /// Takes older publications, read from the journal, back into memory if they join up.
    mutating func adopt(_ older: [Publication], at time: Int64) {
        guard let last = older.last?.offset, last &+ 1 == firstRecent else { return }
        let above = retainedAbove(at: time)
        for publication in older.reversed() where publication.offset > above && publication.offset &+ 1 == firstRecent {
            recent.prepend(publication)
            recentBytes += publication.sizeBytes
        }
    }

    /// The oldest offset in memory; `top + 1` when none is.
    var firstRecent: UInt64 { recent.first?.offset ?? (top &+ 1) }

    /// Publications of a range that is in memory.
    func publications(_ offsets: ClosedRange<UInt64>) -> ArraySlice<Publication> {
        guard offsets.lowerBound >= firstRecent, offsets.upperBound <= top else { return [] }
        let start = Int(offsets.lowerBound - firstRecent)
        return ArraySlice(recent[start...(start + Int(offsets.upperBound - offsets.lowerBound))])
    }

    /// The state of the channel, without the cache.
    var withoutRecent: Channel {
        Channel(
            epoch: epoch, top: top, floor: floor, window: window, publishedAt: publishedAt, dataVersion: dataVersion)
    }

    var sizeBytes: Int { Self.overheadBytes + recentBytes }
}

extension Channel: Equatable {
    /// Compares the state, not the cache.
    static func == (left: Channel, right: Channel) -> Bool {
        left.epoch == right.epoch && left.top == right.top && left.floor == right.floor
            && left.window == right.window && left.publishedAt == right.publishedAt
            && left.dataVersion == right.dataVersion
    }
}

extension Int64 {
    /// Adds without a trap: times that reach the end stay there.
    package func saturatingAdd(_ other: Int64) -> Int64 {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }
}
