import NIOCore
import Store

extension ClientConnection {
    /// When something must end that was not renewed, the connection or a subscription; nil for never. Units: Unix
    /// milliseconds.
    var endsAt: Int64? {
        let grace = ClientLimits.expiryGraceMilliseconds
        let soonest = subscriptions.soonestEnd
        guard let end = connectionExpiry(of: identity) else { return soonest.map { $0 + grace } }
        return min(end, soonest ?? end) + grace
    }

    /// When credentials end; nil when they don't, or when nobody asks for any. Units: Unix milliseconds.
    func connectionExpiry(of identity: Identity) -> Int64? {
        core.configuration.insecure ? nil : identity.expiresAt
    }

    /// Seconds until a time, 0 once it has come; nil for never. Units: Unix milliseconds.
    func secondsLeft(until expiresAt: Int64?) -> UInt64? {
        expiresAt.map { UInt64(clamping: max(0, $0 - core.engine.now) / 1_000) }
    }

    /// Ends what was not renewed in time: the connection, or single subscriptions.
    func endExpired(at now: Int64) {
        let latest = now - ClientLimits.expiryGraceMilliseconds
        if let end = connectionExpiry(of: identity), end <= latest { return carryOut(.expired) }
        for channel in subscriptions.ended(at: latest) {
            // The client can't subscribe to these by itself: it has to come back.
            if subscriptions.terms(of: channel)?.isServerSide == true { return close(.subscriptionExpired) }
            expire(channel)
        }
        flushQueued()
    }

    /// Ends a subscription so that the SDK subscribes again, with a new token.
    private func expire(_ channel: String) {
        endSubscription(channel)
        reply { ReplyEncoder.unsubscribed(channel, code: 2_501, reason: "subscription expired", to: &$0) }
    }

    /// Renews the credentials of the connection.
    func refresh(_ token: String, id: UInt32) {
        guard !token.isEmpty else { return close(.badRequest) }
        switch core.configuration.tokens.verify(token, now: core.engine.now) {
        case .valid(let renewed) where renewed.user == identity.user:
            // What the server subscribes a client to is decided as it connects.
            guard Self.channels(of: renewed) == Self.channels(of: identity) else { return close(.insufficientState) }
            let ttl = secondsLeft(until: connectionExpiry(of: renewed))
            if let ttl, ttl == 0 { return fail(id, .expired) }
            identity = renewed
            seat.heartbeat.value.watch(self)
            reply { ReplyEncoder.refreshed("refresh", ttlSeconds: ttl, id: id, to: &$0) }
        // Any final reply error would end the SDK for good; this close lets it come back with a new token.
        case .expired: close(.connectionExpired)
        case .valid, .invalid: close(.invalidToken)
        }
    }

    private static func channels(of identity: Identity) -> Set<String> {
        identity.subscriptions.isEmpty ? [] : Set(identity.subscriptions.map(\.channel))
    }

    /// Renews a subscription.
    ///
    /// Older SDKs leave out the channel: the token names it, too.
    func subRefresh(_ channel: String, _ token: String, id: UInt32) {
        guard !token.isEmpty else { return channel.isEmpty ? close(.badRequest) : fail(id, .badRequest) }
        switch subscriptionTokens.verifySubscription(token, now: core.engine.now) {
        case .valid(let grant):
            let channel = channel.isEmpty ? grant.channel : channel
            guard grant.means(channel, user: identity.user, client: self.id) else { return close(.invalidToken) }
            renew(channel, with: grant, id: id)
        case .expired(let claimed):
            let channel = channel.isEmpty ? claimed : channel
            guard channel == claimed else { return close(.invalidToken) }
            guard isRenewable(channel, id: id) else { return }
            // A final error would end the subscription of the SDK for good; so it asks for a new token and comes back.
            expire(channel)
            reply { ReplyEncoder.empty("sub_refresh", id: id, to: &$0) }
        case .invalid: close(.invalidToken)
        }
    }

    private func renew(_ channel: String, with grant: SubscriptionGrant, id: UInt32) {
        guard isRenewable(channel, id: id) else { return }
        let ttl = secondsLeft(until: grant.expiresAt)
        if let ttl, ttl == 0 { return fail(id, .expired) }
        let terms = subscriptions.terms(of: channel)?.renewed(by: grant) ?? SubscriptionTerms(grant)
        if let terms { subscriptions.setTerms(terms, of: channel) }
        seat.heartbeat.value.watch(self)
        reply { ReplyEncoder.refreshed("sub_refresh", ttlSeconds: ttl, id: id, to: &$0) }
    }

    /// Whether a subscription is there to be renewed by the client; answers the command when it is not.
    private func isRenewable(_ channel: String, id: UInt32) -> Bool {
        guard case .open? = subscriptions.phase(of: channel) else {
            fail(id, .permissionDenied)
            return false
        }
        guard subscriptions.terms(of: channel)?.isServerSide != true else {
            close(.badRequest)
            return false
        }
        return true
    }

    /// Where subscription tokens are verified.
    var subscriptionTokens: TokenVerifier { core.configuration.subscriptionTokens ?? core.configuration.tokens }
}
