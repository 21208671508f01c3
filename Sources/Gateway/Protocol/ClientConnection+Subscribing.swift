import NIOCore
import Store

extension ClientConnection {
    /// Subscribes to a channel.
    func subscribe(_ command: SubscribeCommand, id: UInt32) {
        guard command.delta.isEmpty || command.delta == "fossil" else { return close(.badRequest) }
        guard !command.asksForMore else { return fail(id, .badRequest) }
        guard let (options, access) = admit(command.channel, .subscribe, id: id) else { return }
        guard !subscriptions.isWanted(command.channel) else { return fail(id, .alreadySubscribed) }
        guard !waits(.subscribe(command, id: id), on: command.channel, id: id) else { return }
        guard subscriptions.count < ClientLimits.subscriptionsMax else { return fail(id, .limitExceeded) }
        let granted = ChannelPermissions(insecure: core.configuration.insecure).position(
            options: options, identity: identity, wantsPositioned: command.wantsPositioned,
            wantsRecoverable: command.wantsRecoverable || command.recover)
        let asked = command.recover ? command.position : nil
        let request = SubscribeRequest(
            channel: command.channel, loop: seat.number, recover: granted.recoverable ? asked : nil,
            limit: ClientLimits.recoveryPublicationsMax, access: access, onlyIfRecovered: command.onlyIfRecovered)
        let (engine, loop, channel) = (core.engine, seat.number, command.channel)
        let address: Return<SubscribeAnswer>? = address(
            id,
            orElse: { answer in
                if answer.isSubscribed { engine.submit(.unsubscribe(channel: channel, loop: loop)) }
            },
            failed: { connection in connection.subscribeEnded(nil, on: channel) },
            { connection, answer in
                connection.subscribeAnswered(
                    channel, id: id, wantsJoinLeave: command.wantsJoinLeave,
                    ReplyEncoder.Subscribed(
                        isRecoverable: granted.recoverable, isPositioned: granted.positioned, asked: asked,
                        answer: answer))
            })
        guard let address else { return }
        subscriptions.set(.opening(waiting: []), for: channel)
        submit(.subscribe(request, address))
    }

    private func subscribeAnswered(
        _ channel: String, id: UInt32, wantsJoinLeave: Bool, _ reply: ReplyEncoder.Subscribed
    ) {
        let answer = reply.answer
        guard !answer.isSubscribed else {
            self.reply { ReplyEncoder.subscribed(reply, id: id, to: &$0) }
            let (subscription, terms) = (
                hub.open(channel, at: answer.position, for: self), subscriptions.terms(of: channel)
            )
            subscriptionOpened(channel, wantsJoinLeave: wantsJoinLeave, terms: terms)
            return subscribeEnded(subscription, on: channel)
        }
        if case .notRecovered(let why) = answer.recovery {
            fail(id, .unrecoverablePosition, notRecovered: why)
        } else {
            fail(id, .permissionDenied)
        }
        subscribeEnded(nil, on: channel)
    }

    /// Notes what became of a subscribe, then carries out what waited for it.
    private func subscribeEnded(_ subscription: Subscription?, on channel: String) {
        guard case .opening(let waiting)? = subscriptions.phase(of: channel) else { return }
        subscriptions.set(subscription.map { .open($0) }, for: channel)
        for (index, command) in waiting.enumerated() {
            switch command {
            case .unsubscribe(let id): unsubscribe(channel, id: id)
            case .orderedEnd: endByOrder(channel)
            case .subscribe(let command, let id):
                subscribe(command, id: id)
                guard case .opening? = subscriptions.phase(of: channel) else { continue }
                return subscriptions.set(.opening(waiting: Array(waiting[(index + 1)...])), for: channel)
            }
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

    /// Ends an open subscription without a word to the client.
    func endSubscription(_ channel: String) {
        guard case .open(let subscription)? = subscriptions.phase(of: channel) else { return }
        let terms = subscriptions.terms(of: channel)
        hub.close(subscription)
        subscriptions.set(nil, for: channel)
        core.engine.submit(.unsubscribe(channel: channel, loop: seat.number))
        subscriptionEnded(channel, terms: terms)
    }
}
