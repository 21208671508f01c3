import NIOCore
import Store

/// What ends a stream, or one of its channels, from outside.
extension EventStreamSubscriber {
    /// Tells the reader at once that what it shows is out of date, and ends the stream.
    ///
    /// The position to go on from is not known here. The reader comes back with its old one, and is then told once more,
    /// with the new position: what was published in between is in neither, and must not be missed in silence.
    func epochsChanged(for ended: [Subscription]) {
        guard !isClosed else { return }
        flushQueued()
        var buffer = ByteBuffer()
        for subscription in ended {
            guard let index = indices[subscription.channel.name], subscriptions[index] === subscription,
                plan.channels[index].isRecoverable
            else { continue }
            EventEncoder.writeEpochChange(of: plan.channels[index].name, to: &buffer)
        }
        _ = queue.put([buffer])
        close(with: "epochs changed")
    }

    private func leave(_ index: Int) {
        guard !left.contains(index) else { return }
        left.insert(index)
        flushQueued()
        if let subscription = subscriptions[index] {
            seat.hub.value.close(subscription)
            engine.submit(.unsubscribe(channel: plan.channels[index].name, loop: seat.number))
            subscriptions[index] = nil
        }
        var buffer = ByteBuffer()
        EventEncoder.writeUnsubscribe(
            from: plan.channels[index].name, code: UserOrder.unsubscribeCode,
            reason: "\(UserOrder.unsubscribeReason)", to: &buffer)
        _ = queue.put([buffer])
    }
}

extension EventStreamSubscriber: UserMember {
    func take(_ order: UserOrder) {
        guard !isClosed, order.means(nil) else { return }
        switch order.action {
        // Of connections of the client protocol a user may have but one; streams beside it are something else.
        case .disconnect(let code, _) where code == Disconnect.connectionLimit.rawValue: break
        case .disconnect(let code, let reason): leave(with: code, reason)
        case .unsubscribe(let channel):
            for index in plan.channels.indices where channel.isEmpty || plan.channels[index].name == channel {
                leave(index)
            }
            if left.count == plan.channels.count { close(with: nil) }
        case .refresh(let refresh) where refresh.isExpired:
            leave(with: Disconnect.connectionExpired.rawValue, Disconnect.connectionExpired.reason)
        // A stream has the channels of its address, and ends only with its credentials.
        case .subscribe, .refresh: break
        }
    }

    private func leave(with code: UInt16, _ reason: String) {
        flushQueued()
        var buffer = ByteBuffer()
        EventEncoder.writeDisconnect(code: code, reason: reason, to: &buffer)
        _ = queue.put([buffer])
        close(with: nil)
    }
}
