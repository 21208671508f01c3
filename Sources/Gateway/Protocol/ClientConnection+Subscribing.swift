import NIOCore
import Store

extension ClientConnection {
    /// Subscribes to a channel.
    func subscribe(_ command: SubscribeCommand, id: UInt32) {
        guard command.delta.isEmpty || command.delta == "fossil" else { return close(.badRequest) }
        guard !command.asksForMore else { return fail(id, .badRequest) }
        guard var plan = command.token.isEmpty ? plan(command, id: id) : planByToken(command, id: id) else { return }
        guard !subscriptions.isWanted(command.channel) else { return fail(id, .alreadySubscribed) }
        guard !waits(.subscribe(command, id: id), on: command.channel, id: id) else { return }
        guard subscriptions.count < ClientLimits.subscriptionsMax else { return fail(id, .limitExceeded) }
        plan.asked = command.recover ? command.position : nil
        plan.onlyIfRecovered = command.onlyIfRecovered
        plan.wantsJoinLeave = command.wantsJoinLeave
        ask(plan, id: id)
    }

    /// A subscription that the namespace's permissions allow; answers the command when they don't.
    private func plan(_ command: SubscribeCommand, id: UInt32) -> SubscriptionPlan? {
        guard let (options, access) = admit(command.channel, .subscribe, id: id) else { return nil }
        var plan = plan(command, options)
        plan.access = access
        return plan
    }

    /// A subscription that its token allows, whatever the namespace says; answers the command when it doesn't.
    private func planByToken(_ command: SubscribeCommand, id: UInt32) -> SubscriptionPlan? {
        guard !command.channel.isEmpty else {
            close(.badRequest)
            return nil
        }
        let options: ChannelOptions
        switch core.configuration.namespaces.resolve(command.channel) {
        case .failure(let refusal):
            fail(id, ReplyError(refusal))
            return nil
        case .success(let found):
            guard found.name.acceptsGrants else {
                fail(id, .permissionDenied)
                return nil
            }
            options = found.options
        }
        switch subscriptionTokens.verifySubscription(command.token, now: core.engine.now) {
        case .invalid: fail(id, .permissionDenied)
        case .expired: fail(id, .tokenExpired)
        case .valid(let grant) where !grant.means(command.channel, user: identity.user, client: self.id):
            close(.invalidToken)
        case .valid(let grant):
            guard secondsLeft(until: grant.expiresAt) != 0 else {
                fail(id, .expired)
                return nil
            }
            var plan = plan(command, grant.overrides.applied(to: options))
            plan.data = grant.data
            if let terms = SubscriptionTerms(grant) { plan.terms = terms }
            return plan
        }
        return nil
    }

    private func plan(_ command: SubscribeCommand, _ options: ChannelOptions) -> SubscriptionPlan {
        let granted = ChannelPermissions(insecure: core.configuration.insecure).position(
            options: options, identity: identity, wantsPositioned: command.wantsPositioned,
            wantsRecoverable: command.wantsRecoverable || command.recover)
        var plan = SubscriptionPlan(channel: command.channel)
        (plan.isPositioned, plan.isRecoverable) = granted
        return plan
    }

    private func ask(_ plan: SubscriptionPlan, id: UInt32) {
        let (engine, loop, channel) = (core.engine, seat.number, plan.channel)
        let address: Return<SubscribeAnswer>? = address(
            id,
            orElse: { answer in
                if answer.isSubscribed { engine.submit(.unsubscribe(channel: channel, loop: loop)) }
            },
            failed: { connection in connection.subscribeEnded(nil, on: channel) },
            { connection, answer in connection.subscribeAnswered(plan, answer, id: id) })
        guard let address else { return }
        subscriptions.set(.opening(waiting: []), for: channel, terms: plan.terms)
        submit(.subscribe(plan.request(loop: loop), address))
    }

    private func subscribeAnswered(_ plan: SubscriptionPlan, _ answer: SubscribeAnswer, id: UInt32) {
        guard !answer.isSubscribed else {
            let reply = subscribed(plan, answer)
            self.reply { ReplyEncoder.subscribed(reply, id: id, to: &$0) }
            let subscription = hub.open(plan.channel, at: answer.position, for: self)
            return opened(subscription, plan)
        }
        if case .notRecovered(let why) = answer.recovery {
            fail(id, .unrecoverablePosition, notRecovered: why)
        } else {
            fail(id, .permissionDenied)
        }
        subscribeEnded(nil, on: plan.channel)
    }

    /// What the client is told of an opened subscription.
    func subscribed(_ plan: SubscriptionPlan, _ answer: SubscribeAnswer) -> ReplyEncoder.Subscribed {
        var reply = ReplyEncoder.Subscribed(
            isRecoverable: plan.isRecoverable, isPositioned: plan.isPositioned, asked: plan.asked, answer: answer)
        reply.data = plan.data
        // The server renews what it made itself.
        if let terms = plan.terms, !terms.isServerSide { reply.ttlSeconds = secondsLeft(until: terms.expiresAt) }
        return reply
    }

    /// Takes note of a subscription that the client was told of.
    func opened(_ subscription: Subscription, _ plan: SubscriptionPlan) {
        subscriptionOpened(plan.channel, wantsJoinLeave: plan.wantsJoinLeave, terms: plan.terms)
        subscribeEnded(subscription, on: plan.channel)
        if plan.terms?.expiresAt != nil { seat.heartbeat.value.watch(self) }
    }

    /// Notes what became of a subscribe, then carries out what waited for it.
    func subscribeEnded(_ subscription: Subscription?, on channel: String) {
        guard case .opening(let waiting)? = subscriptions.phase(of: channel) else { return }
        subscriptions.set(subscription.map { .open($0) }, for: channel)
        for (index, command) in waiting.enumerated() {
            switch command {
            case .unsubscribe(let id): unsubscribe(channel, id: id)
            case .orderedEnd: endByOrder(channel)
            case .ordered(let subscription): subscribeByOrder(subscription)
            case .subscribe(let command, let id): subscribe(command, id: id)
            }
            guard case .opening? = subscriptions.phase(of: channel) else { continue }
            return subscriptions.set(.opening(waiting: Array(waiting[(index + 1)...])), for: channel)
        }
    }

    /// Puts a command behind the subscribe of its channel that the engine has yet to answer; false when there is none.
    private func waits(_ command: SubscriptionTable.Waiting, on channel: String, id: UInt32) -> Bool {
        guard case .opening(let waiting)? = subscriptions.phase(of: channel) else { return false }
        if waiting.count < ClientLimits.waitingPerChannelMax {
            subscriptions.set(.opening(waiting: waiting + [command]), for: channel)
        } else {
            fail(id, .tooManyRequests)
        }
        return true
    }

    /// Ends a subscription that the client wants ended.
    func unsubscribe(_ channel: String, id: UInt32) {
        guard !channel.isEmpty else { return close(.badRequest) }
        guard !waits(.unsubscribe(id: id), on: channel, id: id) else { return }
        endSubscription(channel)
        reply { ReplyEncoder.empty("unsubscribe", id: id, to: &$0) }
    }

    /// Ends an open subscription without a word to the client.
    func endSubscription(_ channel: String) {
        let terms = subscriptions.terms(of: channel)
        if letGo(channel) { subscriptionEnded(channel, terms: terms) }
    }

    /// Takes an open subscription out of the table, the hub and the engine; false when there is none.
    @discardableResult
    func letGo(_ channel: String) -> Bool {
        guard case .open(let subscription)? = subscriptions.phase(of: channel) else { return false }
        hub.close(subscription)
        subscriptions.set(nil, for: channel)
        core.engine.submit(.unsubscribe(channel: channel, loop: seat.number))
        return true
    }
}
