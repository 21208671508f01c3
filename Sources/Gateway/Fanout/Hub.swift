import NIOCore
import Store

/// Somebody on an event loop who gets a channel's publications.
///
/// - Isolation: the event loop of the hub.
protocol HubSubscriber: AnyObject {
    /// Queues a batch for the peer; called for every batch after the one that the subscription was opened behind.
    func deliver(_ batch: ChannelBatch)
    /// The channel's numbering broke on this loop: the subscription is over, its peer must recover.
    func lost(_ subscription: Subscription)
    /// Every epoch is new: these subscriptions are over, the hub has let them go; its peer must recover. It may have left
    /// some of them by itself in the meantime.
    func epochsChanged(for subscriptions: [Subscription])
    /// Somebody joined or left; only for subscriptions that asked for it.
    func told(_ notice: PresenceNotice)
    /// Sends what was queued. Called once after each hand-over that queued something.
    func flushQueued()
    /// Bookkeeping of the hub: true while `flushQueued` is due.
    var isFlushDue: Bool { get set }
}

extension HubSubscriber {
    /// Most surfaces tell nobody who joins and leaves.
    func told(_ notice: PresenceNotice) {}
}

/// One subscriber's place on one channel.
///
/// - Isolation: the event loop of its hub.
final class Subscription {
    let channel: HubChannel
    /// Strong: the cycle is broken by `Hub.close`, which every subscriber calls when it ends.
    let subscriber: any HubSubscriber
    fileprivate(set) var index: Int
    /// Whether the subscriber is told who joins and leaves.
    fileprivate var hearsJoins = false

    fileprivate init(channel: HubChannel, subscriber: any HubSubscriber, index: Int) {
        self.channel = channel
        self.subscriber = subscriber
        self.index = index
    }
}

/// A channel with subscribers on this event loop.
final class HubChannel {
    let name: String
    fileprivate(set) var subscriptions: [Subscription] = []
    /// Publications of the hand-overs in progress, joined until somebody new opens the channel or the hand-overs end.
    fileprivate var pending: [Publication] = []
    /// The newest offset that was handed to this loop's subscribers.
    fileprivate var offset: UInt64

    fileprivate init(name: String, offset: UInt64) {
        self.name = name
        self.offset = offset
    }
}

/// Fans publications out to the subscribers of one event loop and runs its answers.
///
/// - Guarantee: a subscriber is handed every publication after the position of its answer, in order, each once.
/// - Isolation: one event loop; a plain class, because hops and locks cost more than the work.
final class Hub {
    private var channels: [String: HubChannel] = [:]
    private var flushDue: [any HubSubscriber] = []
    private var fanOutDue: [HubChannel] = []
    private var endings = EpochEndings()
    /// Joins and leaves of one tick.
    private var noticesDue: [PresenceNotice] = []
    /// Who on this loop belongs to which user.
    var users = UserIndex()
    /// What was counted on this loop.
    var tally = LoopTally()
    /// Deliveries of the last call of `carryOut`.
    private(set) var deliveries = 0
    let eventLoop: any EventLoop

    init(eventLoop: any EventLoop) { self.eventLoop = eventLoop }

    /// Opens a subscription; call it from the answer of the engine, with the answer's position.
    func open(_ name: String, at position: Position, for subscriber: any HubSubscriber) -> Subscription {
        // What came before the answer is not for whoever opens with it. If it breaks the numbering, the channel ends here.
        if let known = channels[name] { fanOut(known) }
        let channel = channels[name] ?? HubChannel(name: name, offset: position.offset)
        channels[name] = channel
        let subscription = Subscription(channel: channel, subscriber: subscriber, index: channel.subscriptions.count)
        channel.subscriptions.append(subscription)
        return subscription
    }

    /// Closes a subscription; the last of a channel takes the channel along.
    func close(_ subscription: Subscription) {
        let channel = subscription.channel
        guard channel.subscriptions.indices.contains(subscription.index),
            channel.subscriptions[subscription.index] === subscription, let last = channel.subscriptions.popLast()
        else { return }
        if last !== subscription {
            channel.subscriptions[subscription.index] = last
            last.index = subscription.index
        }
        if channel.subscriptions.isEmpty { channels[channel.name] = nil }
    }

    /// Carries rounds out: answers, fans out, then flushes each connection once.
    ///
    /// Publications of one channel are joined over all of them: the more waits, the fewer writes it costs.
    func carryOut(_ handOvers: [HandOver]) {
        deliveries = 0
        for handOver in handOvers {
            for item in handOver.items {
                switch item {
                case .publications(let name, let publications): queue(publications, of: name)
                case .answer(let body): body(handOver.error)
                case .epochsChanged: endEverySubscription()
                }
            }
        }
        fanOutQueued()
        tally.deliveries += deliveries
        flushAll()
    }

    /// From now on a subscriber is told who joins and leaves a channel that it has opened.
    func listenToJoins(_ name: String, for subscriber: any HubSubscriber) {
        // Whoever has just opened it is the last.
        channels[name]?.subscriptions.last { $0.subscriber === subscriber }?.hearsJoins = true
    }

    /// Tells the subscribers that asked for it who joined or left: in the next tick, so that those of a herd share a write.
    func tell(_ notices: [PresenceNotice]) {
        noticesDue.append(contentsOf: notices)
        guard noticesDue.count == notices.count else { return }
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute { me.value.tellDue() }
    }

    private func tellDue() {
        let notices = noticesDue
        noticesDue.removeAll(keepingCapacity: true)
        for notice in notices {
            // Over the list as it is now: whoever is too slow is closed, which changes the list.
            for subscription in channels[notice.channel]?.subscriptions ?? [] where subscription.hearsJoins {
                subscription.subscriber.told(notice)
                flushLater(subscription.subscriber)
            }
        }
        flushAll()
    }

    private func fanOutQueued() {
        let channels = fanOutDue
        fanOutDue.removeAll(keepingCapacity: true)
        for channel in channels { fanOut(channel) }
    }

    private func flushAll() {
        let due = flushDue
        flushDue.removeAll(keepingCapacity: true)
        for subscriber in due {
            subscriber.isFlushDue = false
            subscriber.flushQueued()
        }
    }

    /// Ends all subscriptions at once, so that nothing of the new epochs reaches them, and tells their subscribers in
    /// slices: a herd that is told in one go comes back in one go.
    private func endEverySubscription() {
        fanOutQueued()
        let (ended, isTelling) = (channels.values, endings.isUnderWay)
        channels = [:]
        for channel in ended {
            for subscription in channel.subscriptions { endings.add(subscription) }
            channel.subscriptions = []
        }
        // A slice that waits already goes on with these behind it.
        if !isTelling { tellSlice() }
    }

    private func tellSlice() {
        for (subscriber, subscriptions) in endings.nextSlice() {
            subscriber.epochsChanged(for: subscriptions)
            flushLater(subscriber)
        }
        guard endings.isUnderWay else { return }
        let me = NIOLoopBound(self, eventLoop: eventLoop)
        eventLoop.execute {
            me.value.tellSlice()
            me.value.flushAll()
        }
    }

    /// Asks for one flush at the end of the hand-over in progress.
    func flushLater(_ subscriber: any HubSubscriber) {
        guard !subscriber.isFlushDue else { return }
        subscriber.isFlushDue = true
        flushDue.append(subscriber)
    }

    /// Subscriptions on this loop, for the statistics.
    var subscriptionCount: Int { channels.values.reduce(0) { $0 + $1.subscriptions.count } }

    private func queue(_ publications: [Publication], of name: String) {
        guard let channel = channels[name] else { return }
        guard !channel.pending.isEmpty else {
            channel.pending = publications
            return fanOutDue.append(channel)
        }
        channel.pending.append(contentsOf: publications)
    }

    private func fanOut(_ channel: HubChannel) {
        guard !channel.pending.isEmpty else { return }
        let batch = ChannelBatch(channel: channel.name, publications: channel.pending)
        channel.pending = []
        deliveries += channel.subscriptions.count
        guard channel.accepts(batch) else {
            for subscription in channel.subscriptions { subscription.subscriber.lost(subscription) }
            return
        }
        // Over the list as it is now: a delivery may close the subscriber, which changes the list.
        for subscription in channel.subscriptions {
            subscription.subscriber.deliver(batch)
            flushLater(subscription.subscriber)
        }
    }
}

extension HubChannel {
    /// True when the batch goes on where the last one ended; ephemeral publications always do.
    fileprivate func accepts(_ batch: ChannelBatch) -> Bool {
        for publication in batch.publications where publication.offset > 0 {
            guard publication.offset == offset &+ 1 else { return false }
            offset = publication.offset
        }
        return true
    }
}
