import DequeModule

/// Subscriptions that ended with their epochs and whose subscribers are yet to be told, by subscriber.
///
/// - Isolation: the event loop of its hub.
struct EpochEndings {
    /// Subscribers that are told in one tick of the event loop.
    static let subscribersPerTick = 256

    private var waiting = Deque<ObjectIdentifier>()
    private var subscriptions: [ObjectIdentifier: [Subscription]] = [:]

    /// True while somebody is yet to be told.
    var isUnderWay: Bool { !waiting.isEmpty }

    mutating func add(_ subscription: Subscription) {
        // The subscription keeps its subscriber alive, so that no other object gets the same identity.
        let subscriber = ObjectIdentifier(subscription.subscriber)
        if subscriptions[subscriber] == nil { waiting.append(subscriber) }
        subscriptions[subscriber, default: []].append(subscription)
    }

    /// Takes those out who are told next, each with all that it lost.
    mutating func nextSlice() -> [(any HubSubscriber, [Subscription])] {
        var slice: [(any HubSubscriber, [Subscription])] = []
        while slice.count < Self.subscribersPerTick, let next = waiting.popFirst() {
            guard let lost = subscriptions.removeValue(forKey: next), let first = lost.first else { continue }
            slice.append((first.subscriber, lost))
        }
        return slice
    }
}
