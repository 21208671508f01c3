import Journal

/// Somebody's place in a line.
public struct WaitingPlace: Sendable, Equatable {
    /// The waiter; known to nobody but the waiter and this service.
    public let waiter: String
    /// The number drawn at the first join: smaller is further in front.
    public let ticket: UInt64
    /// What the waiter is called; may be empty.
    public internal(set) var name: String
    /// Journal time of the first join.
    public let joinedAt: Int64
    /// The join by which a connection holds the place: its origin is the node, its counter the how-many-th write there.
    public internal(set) var holder: EntryID
    /// Journal time since when no connection holds it; nil while one does.
    public internal(set) var awayAt: Int64?
}

/// Those who wait, first come first served, and those who were let in since the room went live.
///
/// - Bounds: `placesMax` of both together.
public struct WaitingLine: Sendable, Equatable {
    /// Oldest ticket first.
    public private(set) var places: [WaitingPlace] = []
    private var tickets: [String: UInt64] = [:]
    /// Tickets of those who were let in one by one.
    public private(set) var admitted: [String: UInt64] = [:]
    /// The newest ticket; 0 before the first.
    public private(set) var lastTicket: UInt64 = 0
    /// When the first and the last were let in, and how many were.
    private(set) var pace = Pace()

    /// Places of one room.
    public static let placesMax = 20_000

    /// How fast people are let in.
    struct Pace: Sendable, Equatable {
        var firstAt: Int64 = 0
        var lastAt: Int64 = 0
        var count: UInt64 = 0
    }

    init() {}

    /// A line as the checkpoint has it; places by ticket.
    init(places: [WaitingPlace], admitted: [String: UInt64], lastTicket: UInt64, pace: Pace) {
        (self.places, self.admitted, self.lastTicket, self.pace) = (places, admitted, lastTicket, pace)
        tickets = Dictionary(places.map { ($0.waiter, $0.ticket) }) { first, _ in first }
    }

    /// How many wait.
    public var count: Int { places.count }

    /// True while nobody waits and nobody was let in.
    var isEmpty: Bool { places.isEmpty && admitted.isEmpty }

    /// The place of a waiter.
    public func place(of waiter: String) -> WaitingPlace? { index(of: waiter).map { places[$0] } }

    /// The processes whose connections hold places: few, however long the line.
    var holders: [UInt64] {
        var origins: [UInt64] = []
        // By index: a loop over the places would copy each of them.
        for index in places.indices where places[index].awayAt == nil {
            let origin = places[index].holder.origin
            if origins.last != origin, !origins.contains(origin) { origins.append(origin) }
        }
        return origins
    }

    /// True when somebody is away since a time or longer.
    func hasAway(since time: Int64) -> Bool {
        places.indices.contains { index in places[index].awayAt.map { $0 <= time } ?? false }
    }

    /// 1 for the first in line; nil for whoever doesn't wait.
    public func position(of waiter: String) -> Int? { index(of: waiter).map { $0 + 1 } }

    /// How long the wait may take for a position, by how fast people were let in; nil before two were. Units: milliseconds.
    public func estimate(atPosition position: Int) -> Int64? {
        guard pace.count > 1, pace.lastAt > pace.firstAt else { return nil }
        let each = (pace.lastAt - pace.firstAt) / Int64(clamping: pace.count - 1)
        let (total, overflow) = each.multipliedReportingOverflow(by: Int64(position))
        return overflow ? nil : total
    }

    private func index(of waiter: String) -> Int? {
        guard let ticket = tickets[waiter], let first = places.first?.ticket else { return nil }
        // As long as nobody left from the middle, the place follows from the number.
        let guess = Int(clamping: ticket &- first)
        if places.indices.contains(guess), places[guess].ticket == ticket { return guess }
        var (low, high) = (0, places.count)
        while low < high {
            let middle = (low + high) / 2
            if places[middle].ticket < ticket { low = middle + 1 } else { high = middle }
        }
        return places.indices.contains(low) && places[low].ticket == ticket ? low : nil
    }

    /// Takes a place at the end, or takes one's place up again; returns its ticket.
    mutating func join(_ waiter: String, name: String?, by holder: EntryID, at time: Int64) -> UInt64 {
        if let index = index(of: waiter) {
            places[index].holder = holder
            places[index].awayAt = nil
            if let name { places[index].name = name }
            return places[index].ticket
        }
        lastTicket &+= 1
        tickets[waiter] = lastTicket
        places.append(
            WaitingPlace(
                waiter: waiter, ticket: lastTicket, name: name ?? "", joinedAt: time, holder: holder, awayAt: nil))
        return lastTicket
    }

    /// Gives a place up; false when there was none.
    mutating func leave(_ waiter: String) -> Bool {
        if admitted.removeValue(forKey: waiter) != nil { return true }
        guard let index = index(of: waiter) else { return false }
        tickets[waiter] = nil
        places.remove(at: index)
        return true
    }

    /// The connection that held a place by this join is gone; false when another one holds it by now.
    mutating func away(_ waiter: String, from holder: EntryID, at time: Int64) -> Bool {
        guard let index = index(of: waiter), places[index].holder == holder, places[index].awayAt == nil else {
            return false
        }
        places[index].awayAt = time
        return true
    }

    /// All connections of a process are gone; false when it held no place.
    mutating func orphan(_ origin: UInt64, at time: Int64) -> Bool {
        var changed = false
        for index in places.indices where places[index].holder.origin == origin && places[index].awayAt == nil {
            places[index].awayAt = time
            changed = true
        }
        return changed
    }

    /// Gives up the places of those who are away since a time or longer; returns how many.
    mutating func abandon(awaySince time: Int64) -> Int {
        let gone = places.filter { $0.awayAt.map { $0 <= time } ?? false }
        guard !gone.isEmpty else { return 0 }
        places.removeAll { $0.awayAt.map { $0 <= time } ?? false }
        for place in gone { tickets[place.waiter] = nil }
        return gone.count
    }

    /// Lets the first so many in; returns the last ticket among them, nil when nobody waits.
    mutating func admit(_ count: Int, at time: Int64) -> UInt64? {
        let first = places.prefix(count)
        guard let last = first.last?.ticket else { return nil }
        for place in first {
            tickets[place.waiter] = nil
            admitted[place.waiter] = place.ticket
        }
        let (number, firstAt) = (UInt64(first.count), pace.count == 0 ? time : pace.firstAt)
        pace = Pace(firstAt: firstAt, lastAt: time, count: pace.count &+ number)
        places.removeFirst(first.count)
        return last
    }

    /// Everybody is let in, and nobody has to be remembered for it.
    mutating func empty() {
        places.removeAll()
        tickets.removeAll()
    }

    /// What is live has ended: who was let in waits like all others, should they come back.
    mutating func forgetAdmitted() {
        admitted.removeAll()
        pace = Pace()
    }
}
