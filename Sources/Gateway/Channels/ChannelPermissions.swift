/// Decides what one client connection may do in one channel.
///
/// The order of the rules follows section 6 of the client protocol: feature, users in the name, namespace permission,
/// `insecure`. A subscription token stands above them, and is verified elsewhere.
/// Session channels are not decided here: the state has to be asked who owns them (``SessionPermission``).
public struct ChannelPermissions: Sendable {
    /// What a client wants to do.
    public enum Operation: Sendable, CaseIterable {
        case subscribe
        case publish
        case history
        case presence
    }

    /// The answer.
    public enum Verdict: Sendable, Equatable {
        /// Go on.
        case allow
        /// Answer with this reply error.
        case deny(ChannelRefusal)
        /// A channel of the service: ask the owner of the session or waiting room behind it.
        case askOwner(ReservedNamespace)
    }

    /// True when every permission is open (development on loopback, or `client.insecure`).
    public let insecure: Bool

    /// Creates the rules of one server.
    public init(insecure: Bool) {
        self.insecure = insecure
    }

    /// Decides one operation. Pure.
    ///
    /// - Guarantee: publishing into a reserved namespace is refused for everyone, operators and `insecure` included.
    public func decide(
        _ operation: Operation, on channel: ChannelName, options: ChannelOptions, identity: Identity, isSubscribed: Bool
    ) -> Verdict {
        if operation == .presence, !options.presence.isOn { return .deny(.notAvailable) }
        if let reserved = channel.reserved {
            // A private prefix would name a second channel beside the service's own.
            guard operation != .publish, !channel.isPrivate else { return .deny(.permissionDenied) }
            return .askOwner(reserved)
        }
        if operation == .history, !options.hasHistory { return .deny(.notAvailable) }
        if identity.isOperator || insecure { return .allow }
        let granted =
            switch operation {
            case .subscribe:
                subscribes(to: channel, options: options, identity: identity)
            case .publish: grants(options.publish, identity, isSubscribed: isSubscribed)
            case .history: grants(options.history, identity, isSubscribed: isSubscribed)
            case .presence: grants(options.presence.access, identity, isSubscribed: isSubscribed)
            }
        return granted ? .allow : .deny(.permissionDenied)
    }

    /// Decides who may subscribe without a subscription token.
    private func subscribes(to channel: ChannelName, options: ChannelOptions, identity: Identity) -> Bool {
        // `$` names need a subscription token, which the namespace's permission can't replace.
        guard !channel.isPrivate else { return false }
        guard options.allowUserLimitedChannels, let users = channel.users else {
            return grants(options.subscribe, identity, isSubscribed: false)
        }
        // An empty name in the list must not open the channel to everyone without a name.
        return !identity.user.isEmpty && users.contains { $0 == identity.user }
    }

    /// Says whether a subscription is positioned and recoverable, from the client's wish and the namespace.
    ///
    /// - Guarantee: without history there is neither; a wish that is not granted is silently ignored, never an error.
    public func position(
        options: ChannelOptions, identity: Identity, wantsPositioned: Bool, wantsRecoverable: Bool
    ) -> (positioned: Bool, recoverable: Bool) {
        guard options.hasHistory else { return (false, false) }
        // The client is about to be subscribed, so the subscriber permission counts.
        let readsHistory = insecure || identity.isOperator || grants(options.history, identity, isSubscribed: true)
        let recoverable = options.forceRecovery || wantsRecoverable && (options.allowRecovery || readsHistory)
        let positioned = options.forcePositioning || wantsPositioned && (options.allowPositioning || readsHistory)
        return (positioned || recoverable, recoverable)
    }

    /// Says whether a subscriber is told of joins and leaves.
    ///
    /// - Guarantee: nothing is told where `join_leave` is off; a wish that is not granted is silently ignored, never an error.
    public func joinLeave(options: ChannelOptions, identity: Identity, wants: Bool) -> Bool {
        guard options.presence.joinLeave else { return false }
        // The client is about to be subscribed, so the subscriber permission counts.
        let asks =
            insecure || identity.isOperator || grants(options.presence.access, identity, isSubscribed: true)
        return options.presence.forcePushJoinLeave || wants && asks
    }

    private func grants(_ access: ClientAccess, _ identity: Identity, isSubscribed: Bool) -> Bool {
        guard !identity.user.isEmpty || access.forAnonymous else { return false }
        return access.forClient || access.forSubscriber && isSubscribed
    }
}
