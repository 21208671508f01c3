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
        for (token, arrival) in attempts where arrival <= time { forget(token) }
        let arrival = max(attempts[token] ?? time, time)
        let (ahead, overflow) = interval.multipliedReportingOverflow(by: Int64(clamping: burst) - 1)
        let earliest = overflow ? time : arrival.saturatingAdd(-max(0, ahead))
        guard earliest <= time else { return earliest - time }
        guard attempts[token] != nil || attempts.count < Self.attemptsMax else { return interval }
        attempts[token] = arrival.saturatingAdd(max(1, interval))
        dirtyAttempts.insert(token)
        return nil
    }

    private mutating func forget(_ token: String) {
        attempts[token] = nil
        dirtyAttempts.insert(token)
    }

    /// Takes a row from the checkpoint.
    mutating func load(attempt arrival: Int64, of token: String) { attempts[token] = arrival }

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
}
