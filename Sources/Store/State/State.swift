import Journal
import Migrations

/// The state of the service: what all entries up to `head` made.
///
/// Rows may be cold, that is only in the file. Whoever applies an entry first loads the rows that it names, so that
/// `apply` never takes a cold row for a missing one.
///
/// - Guarantee: two states that applied the same entries are equal, however they were split by checkpoints and restarts.
struct State: Sendable {
    /// The newest applied entry.
    var head = Cursor.start
    /// Who sent it.
    var headID = Place.start.id
    /// The lineages so far.
    var chain = LineageChain()
    /// Over the outcomes so far.
    var outcomeHash = OutcomeHash()
    /// Milliseconds since 1970: the largest entry time so far.
    var journalTime: Int64 = 0
    /// Nothing numbered before this cursor may be continued: the opening that last changed all epochs.
    var epochBase = Cursor.start
    /// Drawn at that opening, so that a wiped directory never gives out an old epoch again.
    var epochSalt = ""
    /// Makes session ids from idempotency keys; drawn at the first opening.
    var idSecret: [UInt8] = []
    /// The cursor of the entry that last dropped a channel of a bucket.
    private(set) var bucketEpochs: [Int: Cursor] = [:]
    var idempotency = IdempotencyWindow()
    /// The last entry of each process that wrote.
    var origins = OriginTable()
    /// Links and their waiting rooms.
    var rooms = RoomTable()

    private(set) var channels: [String: Channel] = [:]
    private(set) var sessions: [String: Session] = [:]
    /// Rows that differ from the file; never evicted, and never read back from it.
    private(set) var dirtyChannels: Set<String> = []
    private(set) var dirtySessions: Set<String> = []
    private(set) var dirtyBuckets: Set<Int> = []
    /// Rows that are on their way to the file; nil while none are.
    var flushing: DirtyRows?
    /// Memory of all resident rows.
    private(set) var residentBytes = 0

    /// Buckets of absent channels: dropping a channel changes the epoch of one in 4,096 names.
    static let buckets: UInt64 = 4_096

    /// The bucket of a channel name; stable for ever, because the file remembers bucket numbers.
    static func bucket(of channel: String) -> Int { Int(RowChecksum.of(channel.utf8) % buckets) }

    /// The numbering in which an absent channel would be created.
    func birthEpoch(of channel: String) -> Cursor {
        max(bucketEpochs[Self.bucket(of: channel)] ?? .start, epochBase)
    }

    /// Moves a bucket's epoch on, because a channel of it was dropped.
    mutating func change(epochOfBucketOf channel: String, to cursor: Cursor) {
        let bucket = Self.bucket(of: channel)
        bucketEpochs[bucket] = cursor
        dirtyBuckets.insert(bucket)
    }

    /// Puts a bucket's epoch from the file into memory.
    mutating func load(epoch: Cursor?, ofBucket bucket: Int) { bucketEpochs[bucket] = epoch }

    /// An epoch as clients see it: a channel's numbering, or the base where that is newer.
    func text(of epoch: Cursor) -> String { "\(epochSalt)-\(max(epoch, epochBase))" }

    /// True when the channel need not be looked for in the file.
    func isResident(channel: String) -> Bool {
        channels[channel] != nil || dirtyChannels.contains(channel) || flushing?.channels.contains(channel) ?? false
    }

    /// True when the session need not be looked for in the file.
    func isResident(session: String) -> Bool {
        sessions[session] != nil || dirtySessions.contains(session) || flushing?.sessions.contains(session) ?? false
    }

    /// Puts a bucket's epoch into a part of the state that is to be written.
    mutating func load(epoch: Cursor?, ofDirtyBucket bucket: Int) {
        bucketEpochs[bucket] = epoch
        dirtyBuckets.insert(bucket)
    }

    /// Marks rows as different from the file.
    mutating func markDirty(_ rows: DirtyRows) {
        dirtyChannels.formUnion(rows.channels)
        dirtySessions.formUnion(rows.sessions)
        dirtyBuckets.formUnion(rows.buckets)
        origins.markDirty(rows.origins)
        idempotency.markUnflushed(rows.keys)
        rooms.markDirty(rooms: rows.rooms, attempts: rows.attempts)
    }

    /// Puts a row from the file into memory.
    mutating func load(_ channel: Channel, as name: String) {
        residentBytes += channel.sizeBytes - (channels[name]?.sizeBytes ?? 0)
        channels[name] = channel
    }

    /// Puts a row from the file into memory.
    mutating func load(_ session: Session) {
        residentBytes += session.sizeBytes - (sessions[session.id]?.sizeBytes ?? 0)
        sessions[session.id] = session
    }

    /// Changes a channel in place; a nil is an absent channel, before and after.
    mutating func change(channel name: String, _ body: (inout Channel?) -> Void) {
        let growth = Self.growth(of: &channels[name], body) { $0.sizeBytes }
        residentBytes += growth
        dirtyChannels.insert(name)
    }

    /// Changes only what is cached of a channel.
    mutating func changeCache(ofChannel name: String, _ body: (inout Channel) -> Void) {
        guard channels[name] != nil else { return }
        let growth = Self.growth(of: &channels[name], { $0.modify(body) }) { $0.sizeBytes }
        residentBytes += growth
    }

    /// Changes a session in place; a nil is an absent session, before and after.
    mutating func change(session id: String, _ body: (inout Session?) -> Void) {
        let growth = Self.growth(of: &sessions[id], body) { $0.sizeBytes }
        residentBytes += growth
        dirtySessions.insert(id)
    }

    private static func growth<Row>(
        of row: inout Row?, _ body: (inout Row?) -> Void, size: (Row) -> Int
    ) -> Int {
        let before = row.map(size) ?? 0
        body(&row)
        return (row.map(size) ?? 0) - before
    }

    /// About how many rows a checkpoint for another node has: those in memory.
    var rowEstimate: Int { channels.count + sessions.count }

    /// Rows that the next checkpoint writes.
    var dirtyCount: Int {
        dirtyChannels.count + dirtySessions.count + idempotency.unflushed.count + rooms.dirtyRooms.count
            + rooms.dirtyAttempts.count
    }

    /// The checkpoint has everything.
    mutating func markFlushed() {
        dirtyChannels.removeAll(keepingCapacity: true)
        dirtySessions.removeAll(keepingCapacity: true)
        dirtyBuckets.removeAll(keepingCapacity: true)
        idempotency.markFlushed()
        origins.markFlushed()
        rooms.markFlushed()
    }

    /// The newest applied entry with its place.
    var place: Place { Place(cursor: head, id: headID) }

    /// True while the file may lack what the channel's newest entries made of it.
    private func isUnwritten(channel: String) -> Bool {
        dirtyChannels.contains(channel) || flushing?.channels.contains(channel) ?? false
    }

    /// Gives memory back until a budget is met: first cached publications, then clean rows.
    ///
    /// Which rows go is left to the dictionary's order: a row that is used comes back with one read of the file.
    ///
    /// - Parameter isFileWhole: false while the file lacks publications of dirty channels, so that they stay.
    mutating func evict(toBytes budget: Int, isFileWhole: Bool = true) {
        // Walking over the names leaves the rows with one owner: removing them copies nothing.
        for name in Array(channels.keys) where isFileWhole || !isUnwritten(channel: name) {
            guard residentBytes > budget else { return }
            changeCache(ofChannel: name) { $0.dropRecent() }
        }
        for name in Array(channels.keys) where !isUnwritten(channel: name) {
            guard residentBytes > budget else { return }
            residentBytes -= channels.removeValue(forKey: name)?.sizeBytes ?? 0
        }
        for id in Array(sessions.keys) where !dirtySessions.contains(id) && flushing?.sessions.contains(id) != true {
            guard residentBytes > budget else { return }
            residentBytes -= sessions.removeValue(forKey: id)?.sizeBytes ?? 0
        }
    }
}

extension State: Equatable {
    static func == (left: State, right: State) -> Bool {
        left.place == right.place && left.chain == right.chain && left.outcomeHash == right.outcomeHash
            && left.origins == right.origins
            && left.journalTime == right.journalTime && left.epochBase == right.epochBase
            && left.epochSalt == right.epochSalt && left.idSecret == right.idSecret
            && left.bucketEpochs == right.bucketEpochs && left.idempotency == right.idempotency
            && left.channels == right.channels && left.sessions == right.sessions
            && left.rooms.isSame(as: right.rooms, at: left.journalTime)
    }
}

extension Optional {
    /// Changes the wrapped value in place, if there is one.
    fileprivate mutating func modify(_ body: (inout Wrapped) -> Void) {
        switch self {
        case .some(var value):
            self = nil  // leaves `value` the only owner, so that the body copies nothing
            body(&value)
            self = value
        case .none: break
        }
    }
}
