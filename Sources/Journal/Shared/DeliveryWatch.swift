/// Measures for how long nothing of this process comes back through the tail, although Redis acknowledged something.
///
/// A tail whose reads fail, and that is connected anew each time, delivers as little as one that stands still: so the time
/// adds up over connections. Time without them doesn't count: then Redis is away, which is told in another way.
struct DeliveryWatch: Equatable {
    private var isWaiting = false
    /// Units: milliseconds.
    private var waited: Int64 = 0
    private var lookedAt: Int64?

    /// Redis has an entry that did not come back yet.
    mutating func acknowledged() { isWaiting = true }

    /// One came back, or none can any more.
    mutating func arrived() { (isWaiting, waited) = (false, 0) }

    /// Takes the time that passed since the look before; called regularly.
    mutating func look(isConnected: Bool, at now: Int64) {
        if isWaiting, isConnected, let lookedAt { waited += max(0, now - lookedAt) }
        lookedAt = now
    }

    func isOverdue(by limit: Int64) -> Bool { waited >= limit }
}
