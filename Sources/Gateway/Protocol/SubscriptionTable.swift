/// The channels of one connection: a short list, because most connections have one or two.
///
/// - Bounds: `ClientLimits.subscriptionsMax`.
struct SubscriptionTable {
    /// Where a subscription stands.
    enum Phase {
        /// The engine was asked. What the client asked of the channel since waits: its commands take effect in order.
        case opening(waiting: [Waiting])
        case open(Subscription)
    }

    /// A command that waits for the answer to a subscribe.
    enum Waiting: Equatable {
        case unsubscribe(id: UInt32)
        case subscribe(SubscribeCommand, id: UInt32)
        /// An operator ended the subscription.
        case orderedEnd
        /// An operator ordered one.
        case ordered(ServerSubscription)
    }

    /// A subscription that was open.
    struct Ended {
        let subscription: Subscription
        let terms: SubscriptionTerms?
    }

    private struct Entry {
        let channel: String
        var phase: Phase
        var terms: SubscriptionTerms?
    }

    private var entries: [Entry] = []

    var count: Int { entries.count }

    func phase(of channel: String) -> Phase? { entries.first { $0.channel == channel }?.phase }

    /// What the subscription of a channel has beyond the channel's options; nil for nothing, and for no subscription.
    func terms(of channel: String) -> SubscriptionTerms? { entries.first { $0.channel == channel }?.terms }

    /// True when the channel is subscribed once everything that waits has taken effect.
    func isWanted(_ channel: String) -> Bool {
        switch phase(of: channel) {
        case .open: return true
        case .opening(let waiting):
            switch waiting.last {
            case .unsubscribe?, .orderedEnd?: return false
            case .subscribe?, .ordered?, nil: return true
            }
        case nil: return false
        }
    }

    /// When the first of the subscriptions ends unless it is renewed; nil for never. Units: Unix milliseconds.
    var soonestEnd: Int64? {
        var soonest: Int64?
        for entry in entries {
            guard case .open = entry.phase, let end = entry.terms?.expiresAt else { continue }
            soonest = min(soonest ?? end, end)
        }
        return soonest
    }

    /// The channels whose subscriptions end at a time or before it. Units: Unix milliseconds.
    func ended(at time: Int64) -> [String] {
        entries.compactMap { entry in
            guard case .open = entry.phase, let end = entry.terms?.expiresAt, end <= time else { return nil }
            return entry.channel
        }
    }

    /// Notes where the subscription of a channel stands; nil takes the channel out.
    ///
    /// - Parameter terms: for a channel that is new to the table.
    mutating func set(_ phase: Phase?, for channel: String, terms: SubscriptionTerms? = nil) {
        let index = entries.firstIndex { $0.channel == channel }
        switch (index, phase) {
        case (let index?, let phase?): entries[index].phase = phase
        case (let index?, nil): entries.remove(at: index)
        case (nil, let phase?): entries.append(Entry(channel: channel, phase: phase, terms: terms))
        case (nil, nil): break
        }
    }

    /// Gives the subscription of a channel of the table what goes beyond the channel's options.
    mutating func setTerms(_ terms: SubscriptionTerms, of channel: String) {
        guard let index = entries.firstIndex(where: { $0.channel == channel }) else { return }
        entries[index].terms = terms
    }

    /// The channels of the table.
    var channels: [String] { entries.map(\.channel) }

    /// Empties the table and returns what was open.
    mutating func removeAll() -> [Ended] {
        defer { entries = [] }
        return entries.compactMap { entry in
            if case .open(let open) = entry.phase { Ended(subscription: open, terms: entry.terms) } else { nil }
        }
    }
}
