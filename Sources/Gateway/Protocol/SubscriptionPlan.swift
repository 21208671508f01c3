import Store

/// How a subscription is to be made, as it was decided.
struct SubscriptionPlan: Sendable {
    let channel: String
    var isPositioned = false
    var isRecoverable = false
    /// What the client has seen; nil when it did not say so.
    var asked: Position?
    var access = SessionAccess.granted
    /// With true a failed recovery doesn't subscribe (error 112).
    var onlyIfRecovered = false
    var wantsJoinLeave = false
    /// JSON that the client gets with the reply.
    var data: [UInt8]?
    /// Nil for a subscription that has nothing beyond the options of its channel.
    var terms: SubscriptionTerms?
    /// For a connect: whether it fails when this subscription is denied.
    var isRequired = true

    init(channel: String) { self.channel = channel }

    /// A subscription that the server makes. What may be recovered is: the client has no word with which to ask for it.
    init(_ subscription: ServerSubscription, options: ChannelOptions, wish: SubscriptionWish?) {
        channel = subscription.channel
        let options = subscription.overrides.applied(to: options)
        isRecoverable = options.hasHistory && (options.forceRecovery || options.allowRecovery)
        isPositioned = isRecoverable || options.hasHistory && (options.forcePositioning || options.allowPositioning)
        asked = wish.flatMap { $0.recover ? $0.position : nil } ?? subscription.recoverSince
        data = subscription.data
        terms = SubscriptionTerms(
            isServerSide: true, expiresAt: subscription.expiresAt, info: subscription.info,
            overrides: subscription.overrides)
    }

    /// The question to the engine.
    func request(loop: Int) -> SubscribeRequest {
        SubscribeRequest(
            channel: channel, loop: loop, recover: isRecoverable ? asked : nil,
            limit: ClientLimits.recoveryPublicationsMax, access: access, onlyIfRecovered: onlyIfRecovered)
    }
}
