/// What one subscription has beyond the options of its channel.
///
/// Most subscriptions have nothing of it, and then no such object: a class, so that they pay for one word.
///
/// - Isolation: the event loop of its connection.
final class SubscriptionTerms {
    /// The server subscribed the client: a gap ends the connection, since the client can't subscribe again by itself.
    let isServerSide: Bool
    /// When the subscription ends unless it is renewed; nil is never. Units: Unix milliseconds.
    var expiresAt: Int64?
    /// JSON shown to others as `chan_info`.
    var info: [UInt8]?
    /// What the token or the operator changed of the channel's options.
    let overrides: ChannelOverrides

    init(
        isServerSide: Bool = false, expiresAt: Int64? = nil, info: [UInt8]? = nil,
        overrides: ChannelOverrides = ChannelOverrides()
    ) {
        self.isServerSide = isServerSide
        self.expiresAt = expiresAt
        self.info = info
        self.overrides = overrides
    }
}
