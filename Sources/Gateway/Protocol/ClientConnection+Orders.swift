import Logging
import NIOCore
import Store

extension ClientConnection: UserMember {
    func take(_ order: UserOrder) {
        guard socket != nil, order.means(id.text) else { return }
        if case .disconnect(let code, let reason) = order.action {
            return end(code: code, reason: reason, flushing: true)
        }
        guard connecting == nil else { return postpone(.order(order)) }
        guard machine.state == .connected else { return }
        switch order.action {
        case .disconnect: break
        case .unsubscribe(let channel):
            for channel in channel.isEmpty ? subscriptions.channels : [channel] { endByOrder(channel) }
        case .subscribe(let subscription): subscribeByOrder(subscription)
        case .refresh(let refresh): renew(refresh)
        }
        flushQueued()
    }

    /// Ends a subscription that an operator wants ended, behind its subscribe if the engine has yet to answer that.
    func endByOrder(_ channel: String) {
        switch subscriptions.phase(of: channel) {
        case .opening(let waiting)?:
            // It must not be lost to the bound of what clients ask, and a second one in a row adds nothing.
            guard waiting.last != .orderedEnd else { return }
            subscriptions.set(.opening(waiting: waiting + [.orderedEnd]), for: channel)
        case .open?:
            endSubscription(channel)
            reply {
                ReplyEncoder.unsubscribed(
                    channel, code: UserOrder.unsubscribeCode, reason: UserOrder.unsubscribeReason, to: &$0)
            }
            hub.flushLater(self)
        case nil: break
        }
    }

    /// Makes a subscription that an operator wants; whoever has it already keeps the one it has.
    func subscribeByOrder(_ subscription: ServerSubscription) {
        let channel = subscription.channel
        guard !subscriptions.isWanted(channel) else { return }
        if case .opening(let waiting)? = subscriptions.phase(of: channel) {
            return subscriptions.set(.opening(waiting: waiting + [.ordered(subscription)]), for: channel)
        }
        guard subscriptions.count < ClientLimits.subscriptionsMax,
            // What an operator may not ask for was refused before; a node of another configuration may still send it.
            case .success(let found) = core.configuration.namespaces.resolve(channel), found.name.acceptsGrants
        else { return }
        let plan = SubscriptionPlan(subscription, options: found.options, wish: nil)
        subscriptions.set(.opening(waiting: []), for: channel, terms: plan.terms)
        let (engine, loop) = (core.engine, seat.number)
        let address: Return<SubscribeAnswer> = returning(
            orElse: { answer in
                if answer.isSubscribed { engine.submit(.unsubscribe(channel: channel, loop: loop)) }
            },
            { connection, result in connection.orderAnswered(plan, result) })
        submit(.subscribe(plan.request(loop: loop), address))
    }

    private func orderAnswered(_ plan: SubscriptionPlan, _ result: Result<SubscribeAnswer, EngineError>) {
        let channel = plan.channel
        switch result {
        case .success(let answer) where answer.isSubscribed:
            let subscription = hub.open(channel, at: answer.position, for: self)
            reply { ReplyEncoder.subscribedPush(channel, subscribed(plan, answer), to: &$0) }
            if case .recovered(let publications) = answer.recovery {
                for publication in publications { reply { $0.writePush(publication, channel: channel) } }
            }
            opened(subscription, plan)
        case .success: subscribeEnded(nil, on: channel)
        case .failure(let error):
            // The operator was answered long ago, and the client knows nothing of it.
            core.logger.warning(
                "a client was not subscribed as ordered",
                metadata: ["channel": "\(channel)", "client": "\(id.text)", "error": "\(error.message)"])
            subscribeEnded(nil, on: channel)
        }
    }

    private func renew(_ refresh: UserOrder.Refresh) {
        let end = refresh.expiresAt
        guard !refresh.isExpired, end.map({ $0 > core.engine.now }) ?? true else { return close(.connectionExpired) }
        identity.expiresAt = end
        if let info = refresh.info { identity.info = info }
        seat.heartbeat.value.watch(self)
        reply { ReplyEncoder.refreshedPush(ttlSeconds: secondsLeft(until: end), to: &$0) }
    }
}
