import Store

extension ClientConnection: HubSubscriber {
    func deliver(_ batch: ChannelBatch) {
        guard socket != nil else { return }
        // The subscribe reply may still wait here: it goes first.
        writeReplies()
        write(batch.protocolFrames)
    }

    func flushQueued() {
        submitQueued()
        writeReplies()
        socket?.flush()
    }

    func lost(_ subscription: Subscription) {
        let channel = subscription.channel.name
        // Whoever left by itself has said so to the engine, and may be back with another subscription.
        guard socket != nil, case .open(let open)? = subscriptions.phase(of: channel), open === subscription else {
            return
        }
        endSubscription(channel)
        reply { ReplyEncoder.unsubscribed(channel, code: 2_500, reason: "insufficient state", to: &$0) }
        hub.flushLater(self)
    }

    func epochsChanged(for subscriptions: [Subscription]) {
        for subscription in subscriptions { lost(subscription) }
    }
}

extension ClientConnection: UserMember {
    func take(_ order: UserOrder) {
        guard socket != nil, order.means(id.text) else { return }
        switch order.action {
        case .disconnect(let code, let reason): end(code: code, reason: reason, flushing: true)
        case .unsubscribe(let channel):
            for channel in channel.isEmpty ? subscriptions.channels : [channel] { endByOrder(channel) }
            flushQueued()
        }
    }
}
