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
    }

    private var entries: [(channel: String, phase: Phase)] = []

    var count: Int { entries.count }

    func phase(of channel: String) -> Phase? { entries.first { $0.channel == channel }?.phase }

    /// True when the channel is subscribed once everything that waits has taken effect.
    func isWanted(_ channel: String) -> Bool {
        switch phase(of: channel) {
        case .open: return true
        case .opening(let waiting):
            switch waiting.last {
            case .unsubscribe?, .orderedEnd?: return false
            case .subscribe?, nil: return true
            }
        case nil: return false
        }
    }

    mutating func set(_ phase: Phase?, for channel: String) {
        let index = entries.firstIndex { $0.channel == channel }
        switch (index, phase) {
        case (let index?, let phase?): entries[index].phase = phase
        case (let index?, nil): entries.remove(at: index)
        case (nil, let phase?): entries.append((channel, phase))
        case (nil, nil): break
        }
    }

    /// The channels of the table.
    var channels: [String] { entries.map(\.channel) }

    /// Empties the table and returns what was open.
    mutating func removeAll() -> [Subscription] {
        defer { entries = [] }
        return entries.compactMap { entry in
            if case .open(let subscription) = entry.phase { subscription } else { nil }
        }
    }
}
