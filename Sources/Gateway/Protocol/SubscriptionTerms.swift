/// What one subscription has beyond the options of its channel.
///
/// Most subscriptions have nothing of it, and then no such object: a class, so that they pay for one word.
final class SubscriptionTerms: Sendable {
    /// The server subscribed the client: a gap ends the connection, since the client can't subscribe again by itself.
    let isServerSide: Bool
    /// When the subscription ends unless it is renewed; nil is never. Units: Unix milliseconds.
    let expiresAt: Int64?
    /// JSON shown to others as `chan_info`.
    let info: [UInt8]?
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

    /// What a token says of a subscription; nil when it says nothing that has to be kept.
    convenience init?(_ grant: SubscriptionGrant) {
        guard grant.expiresAt != nil || grant.info != nil || grant.overrides != ChannelOverrides() else { return nil }
        self.init(expiresAt: grant.expiresAt, info: grant.info, overrides: grant.overrides)
    }

    /// The same with the end and the info of a new token.
    func renewed(by grant: SubscriptionGrant) -> SubscriptionTerms {
        SubscriptionTerms(
            isServerSide: isServerSide, expiresAt: grant.expiresAt, info: grant.info, overrides: overrides)
    }
}
