import Gateway

extension TrafficLimits {
    /// Part of the connections at which a node asks for no more, in percent.
    private static let softPercent = 80

    /// Takes what is set.
    ///
    /// - Parameter connections: how many the node takes at most.
    init(_ values: SettingValues, connections: Int) {
        let soft =
            values.text(.softConnections) == nil
            ? connections / 100 * Self.softPercent + connections % 100 * Self.softPercent / 100
            : values.int(.softConnections)
        self.init(
            proxies: values.text(.trustedProxies).flatMap(Setting.proxies) ?? .none,
            softConnections: max(1, min(soft, connections)),
            connectionsPerAddress: values.int(.connectionsPerAddress),
            messagesPerMinute: values.int(.messageRate),
            idleMilliseconds: values.integer(.idleTimeout),
            openingsPerSecond: values.int(.openings))
    }
}
