/// What a token or an operator changes of a channel's options for one subscription; nil leaves an option as it is.
///
/// - Source: client protocol §5, `override`.
public struct ChannelOverrides: Sendable, Equatable {
    /// Others see the subscriber in the channel's presence.
    public var presence: Bool?
    /// Others are told when the subscriber comes and goes.
    public var joinLeave: Bool?
    /// The subscription is recoverable.
    public var forceRecovery: Bool?
    /// The subscription is positioned.
    public var forcePositioning: Bool?
    /// The subscriber is told when others come and go.
    public var forcePushJoinLeave: Bool?

    /// Changes nothing.
    public init() {}

    /// The options with the changes that concern positions.
    func applied(to options: ChannelOptions) -> ChannelOptions {
        var options = options
        options.forceRecovery = forceRecovery ?? options.forceRecovery
        options.forcePositioning = forcePositioning ?? options.forcePositioning
        return options
    }
}
