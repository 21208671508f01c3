/// Which event loops have subscribers of a channel, and how many.
struct SubscriptionDirectory {
    private var counts: [String: [Int32]] = [:]
    private let loops: Int

    /// - Parameter loops: how many event loops may subscribe.
    init(loops: Int) { self.loops = loops }

    mutating func add(_ channel: String, loop: Int) {
        guard loop < loops else { return }
        counts[channel, default: [Int32](repeating: 0, count: loops)][loop] += 1
    }

    /// Returns true when the channel's last subscriber left.
    mutating func remove(_ channel: String, loop: Int) -> Bool {
        guard loop < loops, let count = counts[channel]?[loop], count > 0 else { return false }
        counts[channel]?[loop] = count - 1
        guard counts[channel]?.allSatisfy({ $0 == 0 }) ?? false else { return false }
        counts[channel] = nil
        return true
    }

    func forEachLoop(of channel: String, _ body: (Int) -> Void) {
        guard let perLoop = counts[channel] else { return }
        for (loop, count) in perLoop.enumerated() where count > 0 { body(loop) }
    }

    func contains(_ channel: String) -> Bool { counts[channel] != nil }

    /// All channels with subscribers, summed over the loops.
    var totals: [String: Int] { counts.mapValues { $0.reduce(0) { $0 + Int($1) } } }

    /// Sessions with subscribers, for the sweeper.
    var sessions: [String] { counts.keys.compactMap(Session.id(ofChannel:)) }
}
