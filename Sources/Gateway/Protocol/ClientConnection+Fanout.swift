import Store

extension ClientConnection: HubSubscriber {
    func deliver(_ batch: ChannelBatch) {
        guard socket != nil else { return }
        if let connecting {
            if !connecting.hold(batch.protocolFrames) { close(.slow) }
            return
        }
        // The subscribe reply may still wait here: it goes first.
        writeReplies()
        wasUsed = true
        guard let batch = bearable(batch) else { return }
        write(batch.protocolFrames)
    }

    /// Leaves out what a consumer that reads too slowly can do without; nil when nothing is left.
    private func bearable(_ batch: ChannelBatch) -> ChannelBatch? {
        guard isCongested, batch.hasEphemeral, core.configuration.namespaces.dropsEphemeral(in: batch.channel),
            let socket, socket.hasUnsent(over: ClientLimits.ephemeralBytesMax)
        else { return batch }
        return batch.lasting
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
        let isServerSide = subscriptions.terms(of: channel)?.isServerSide == true
        // The hub must be let go at once, even if the connection ends: whoever opens the channel next would find it behind.
        if connecting == nil { endSubscription(channel) } else { letGo(channel) }
        // The client can't subscribe to it by itself: it has to come back.
        if isServerSide { return close(.insufficientState) }
        reply { ReplyEncoder.unsubscribed(channel, code: 2_500, reason: "insufficient state", to: &$0) }
        hub.flushLater(self)
    }

    func epochsChanged(for subscriptions: [Subscription]) {
        for subscription in subscriptions { lost(subscription) }
    }
}
