/// The channels of one connection: a short list, because most connections have one or two.
///
/// - Bounds: `ClientLimits.subscriptionsMax`.
struct SubscriptionTable {
    /// Where a subscription stands.
    enum Phase {
        /// The engine was asked. `endedBy` holds the commands that took it back before the answer came.
        case opening(endedBy: [UInt32])
        case open(Subscription)
    }

    private var entries: [(channel: String, phase: Phase)] = []

    var count: Int { entries.count }

    func phase(of channel: String) -> Phase? { entries.first { $0.channel == channel }?.phase }

    func isOpen(_ channel: String) -> Bool {
        if case .open = phase(of: channel) { return true }
        return false
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

    /// Empties the table and returns what was open.
    mutating func removeAll() -> [Subscription] {
        defer { entries = [] }
        return entries.compactMap { entry in
            if case .open(let subscription) = entry.phase { subscription } else { nil }
        }
    }
}
