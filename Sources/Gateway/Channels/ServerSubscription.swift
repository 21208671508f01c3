import Store

/// Is a subscription that the server makes for a client: named by its token, or ordered by an operator.
public struct ServerSubscription: Sendable, Equatable {
    /// The channel.
    public var channel: String
    /// JSON shown to others as `chan_info`.
    public var info: [UInt8]?
    /// JSON that the client is told with the subscription.
    public var data: [UInt8]?
    /// What is changed of the channel's options.
    public var overrides: ChannelOverrides
    /// When it ends; nil is never. Units: Unix milliseconds.
    public var expiresAt: Int64?
    /// What the client has seen already, as the operator knows it; nil for live publications only.
    public var recoverSince: Position?

    /// Creates a subscription.
    public init(
        channel: String, info: [UInt8]? = nil, data: [UInt8]? = nil, overrides: ChannelOverrides = ChannelOverrides(),
        expiresAt: Int64? = nil, recoverSince: Position? = nil
    ) {
        self.channel = channel
        self.info = info
        self.data = data
        self.overrides = overrides
        self.expiresAt = expiresAt
        self.recoverSince = recoverSince
    }
}
