import HeapModule
import Journal

/// All links with their waiting rooms, and the attempts at their codes.
///
/// All of them are in memory: a room is looked after as long as somebody waits, and there are far fewer than sessions.
///
/// - Bounds: `roomsMax` links, `attemptsMax` who try; beyond them new ones are refused.
struct RoomTable: Sendable {
    private(set) var rooms: [String: WaitingRoom] = [:]
    /// Which room a live session belongs to.
    private(set) var live: [String: String] = [:]
    /// Rooms that somebody has to look after.
    private(set) var restless: Set<String> = []
    /// When who tries may try as if never before, in journal time ("theoretical arrival time" of GCRA).
    private(set) var attempts: [String: Int64] = [:]
    /// The same by time, so that forgetting looks at nobody whose time hasn't come: each once, at a time that may have moved on
    /// since.
    private var returns = Heap<AttemptReturn>()
    /// Rows that differ from the file.
    private(set) var dirtyRooms: Set<String> = []
    private(set) var dirtyAttempts: Set<String> = []

    static let roomsMax = 100_000
    static let attemptsMax = 250_000

    /// Changes a room in place; a nil is an absent room, before and after.
    mutating func change(_ hash: String, _ body: (inout WaitingRoom?) -> Void) {
        if let session = rooms[hash]?.session { live[session] = nil }
        body(&rooms[hash])
        dirtyRooms.insert(hash)
        note(hash)
    }

    /// Takes a row from the checkpoint.
    mutating func load(_ room: WaitingRoom) {
        rooms[room.hash] = room
        note(room.hash)
    }

    private mutating func note(_ hash: String) {
        if let session = rooms[hash]?.session { live[session] = hash }
        if rooms[hash]?.needsCare ?? false { restless.insert(hash) } else { restless.remove(hash) }
    }

    /// Spends an attempt of somebody who has `burst` of them, each back after `interval` milliseconds.
    ///
    /// - Returns: nil when there was one, else how many milliseconds to wait.
    mutating func spend(_ token: String, burst: UInt64, interval: Int64, at time: Int64) -> Int64? {
        forgetReturned(at: time)
        if let wait = wait(token, burst: burst, interval: interval, at: time) { return wait }
        load(attempt: max(attempts[token] ?? time, time).saturatingAdd(max(1, interval)), of: token)
        dirtyAttempts.insert(token)
        return nil
    }

    /// How many milliseconds somebody has to wait for an attempt; nil when there is one.
    func wait(_ token: String, burst: UInt64, interval: Int64, at time: Int64) -> Int64? {
        let arrival = max(attempts[token] ?? time, time)
        let (ahead, overflow) = interval.multipliedReportingOverflow(by: Int64(clamping: burst) - 1)
        let earliest = overflow ? time : arrival.saturatingAdd(-max(0, ahead))
        guard earliest <= time else { return earliest - time }
        return attempts[token] != nil || attempts.count < Self.attemptsMax ? nil : interval
    }

    /// Whoever tried again since a return was noted is noted anew: that is once for each attempt at most.
    private mutating func forgetReturned(at time: Int64) {
        while let next = returns.min, next.time <= time {
            returns.removeMin()
            guard let arrival = attempts[next.token] else { continue }
            if arrival > time {
                returns.insert(AttemptReturn(time: arrival, token: next.token))
            } else {
                attempts[next.token] = nil
                dirtyAttempts.insert(next.token)
            }
        }
    }

    /// Takes a row from the checkpoint.
    mutating func load(attempt arrival: Int64, of token: String) {
        if attempts[token] == nil { returns.insert(AttemptReturn(time: arrival, token: token)) }
        attempts[token] = arrival
    }

    /// Only what differs from the file.
    var dirtyPart: RoomTable {
        var part = RoomTable()
        for hash in dirtyRooms { part.rooms[hash] = rooms[hash] }
        for token in dirtyAttempts { part.attempts[token] = attempts[token] }
        (part.dirtyRooms, part.dirtyAttempts) = (dirtyRooms, dirtyAttempts)
        return part
    }

    mutating func markDirty(rooms: Set<String>, attempts: Set<String>) {
        dirtyRooms.formUnion(rooms)
        dirtyAttempts.formUnion(attempts)
    }

    mutating func markFlushed() {
        dirtyRooms.removeAll(keepingCapacity: true)
        dirtyAttempts.removeAll(keepingCapacity: true)
    }

    /// Compares what there is at a journal time: attempts that have come back are as good as forgotten.
    func isSame(as other: RoomTable, at time: Int64) -> Bool {
        rooms == other.rooms
            && attempts.filter { $0.value > time } == other.attempts.filter { $0.value > time }
    }

    /// Somebody whose attempts are all back at a time, or later.
    private struct AttemptReturn: Sendable, Comparable {
        let time: Int64
        let token: String

        static func < (left: AttemptReturn, right: AttemptReturn) -> Bool { left.time < right.time }
    }
}
