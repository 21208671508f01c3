import Store

/// Decides which channels a client is subscribed to as it connects.
///
/// - Guarantee: each channel comes once: as the token names it, else as the user's own, else because the client asked for
///   it and might have subscribed itself.
/// - Source: client protocol §4.1, steps 6 and 7, and §4.2.
struct ConnectDecision {
    enum Outcome {
        /// May be none.
        case subscribe([SubscriptionPlan])
        case refuse(ReplyError)
        case close(Disconnect)
    }

    let namespaces: NamespaceTable
    let permissions: ChannelPermissions
    let personalChannel: PersonalChannel?

    func decide(_ identity: Identity, wishes: [SubscriptionWish]) -> Outcome {
        var granted = identity.subscriptions
        if let personal = personalChannel?.channel(of: identity.user),
            !granted.contains(where: { $0.channel == personal })
        {
            granted.append(ServerSubscription(channel: personal))
        }
        guard !granted.isEmpty || !wishes.isEmpty else { return .subscribe([]) }
        var plans: [SubscriptionPlan] = []
        for subscription in granted {
            switch plan(subscription, wishes.first { $0.channel == subscription.channel }) {
            case .success(let plan): plans.append(plan)
            case .failure(let error): return .refuse(error)
            }
        }
        for wish in wishes where !plans.contains(where: { $0.channel == wish.channel }) {
            switch plan(wish, identity) {
            case .success(let plan?): plans.append(plan)
            case .success(nil): break
            case .failure(let disconnect): return .close(disconnect.value)
            }
            guard plans.count <= ClientLimits.subscriptionsMax else { break }
        }
        return plans.count <= ClientLimits.subscriptionsMax ? .subscribe(plans) : .close(.channelLimit)
    }

    /// What the token or the configuration grants needs no permission.
    private func plan(
        _ subscription: ServerSubscription, _ wish: SubscriptionWish?
    ) -> Result<SubscriptionPlan, ReplyError> {
        switch namespaces.resolve(subscription.channel) {
        case .failure(let refusal): return .failure(ReplyError(refusal))
        case .success(let found):
            guard found.name.acceptsGrants else { return .failure(.permissionDenied) }
            return .success(SubscriptionPlan(subscription, options: found.options, wish: wish))
        }
    }

    /// Nil for a channel that the client may not subscribe to: it is left out in silence.
    private func plan(_ wish: SubscriptionWish, _ identity: Identity) -> Result<SubscriptionPlan?, Closing> {
        switch namespaces.resolve(wish.channel) {
        case .failure(.unknownChannel): return .failure(Closing(value: .badRequest))
        case .failure: return .success(nil)
        case .success(let found):
            var plan = SubscriptionPlan(
                ServerSubscription(channel: wish.channel), options: found.options, wish: wish)
            plan.isRequired = false
            switch permissions.decide(
                .subscribe, on: found.name, options: found.options, identity: identity, isSubscribed: false)
            {
            case .allow, .askOwner(.waiting): return .success(plan)
            case .askOwner(.session):
                guard let session = found.name.reservedID else { return .success(nil) }
                plan.access =
                    permissions.insecure ? .granted : SessionAccess(identity, session: String(session), need: .read)
                return .success(plan)
            case .deny, .askOwner: return .success(nil)
            }
        }
    }

    private struct Closing: Error {
        let value: Disconnect
    }
}

extension ChannelName {
    /// Whether a token or an operator can subscribe a client to the channel: not where the service answers itself.
    var acceptsGrants: Bool {
        switch reserved {
        case nil: true
        case .presence: false
        case .session, .waiting: reservedID != nil
        }
    }
}
