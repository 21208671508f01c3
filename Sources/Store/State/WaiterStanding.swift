import Journal

/// How somebody stands in a waiting room.
public struct WaiterStanding: Sendable, Equatable {
    /// How many wait.
    public let count: Int
    /// 1 for the first in line; nil for whoever doesn't wait.
    public let position: Int?
    /// How long the wait may take; nil while nobody knows. Units: milliseconds.
    public let estimate: Int64?
    /// The join by which a connection holds the place; nil without one.
    public let holder: EntryID?
    /// True while no connection holds the place.
    public let isAway: Bool
    /// True for whoever may go into the live session.
    public let isAdmitted: Bool
}

extension WaitingRoom {
    /// How a waiter stands.
    public func standing(of waiter: String) -> WaiterStanding {
        let position = line.position(of: waiter)
        let place = position.map { line.places[$0 - 1] }
        return WaiterStanding(
            count: line.count, position: position, estimate: position.flatMap { line.estimate(atPosition: $0) },
            holder: place?.holder, isAway: place?.awayAt != nil, isAdmitted: isAdmitted(waiter))
    }

    /// The room but for those in it: what many may keep without each keeping a line of its own.
    public var withoutPeople: WaitingRoom {
        var room = WaitingRoom(
            hash: hash, activity: activity, policy: policy, options: options, createdAt: createdAt, usedAt: usedAt)
        (room.session, room.isPaused, room.isClosed, room.capacity) = (session, isPaused, isClosed, capacity)
        (room.revision, room.told, room.toldAt, room.hasEnded) = (revision, told, toldAt, hasEnded)
        return room
    }
}
