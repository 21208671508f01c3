import NIOCore
import Store

/// One reader of an event stream, on the event loop of its hub.
///
/// Channels are joined one after the other, the next when what the last one recovered is written: recoveries of several
/// channels together could be more than may wait.
///
/// - Isolation: one event loop.
final class EventStreamSubscriber: HubSubscriber {
    var isFlushDue = false

    let seat: LoopSeat
    let engine: Engine
    let queue: EventStreamQueue
    let plan: EventStreamPlan
    let indices: [String: Int]
    private var position: EventStreamPosition
    var subscriptions: [Subscription?]
    /// Channels that an operator ended.
    var left: Set<Int> = []
    /// The channel that is joined next.
    private var next = 0
    private var isJoining = false
    private(set) var isClosed = false
    private var pending: [ByteBuffer] = []
    private var heartbeat: RepeatedTask?
    private var endings: [Scheduled<Void>] = []

    init(_ plan: EventStreamPlan, seat: LoopSeat, engine: Engine, queue: EventStreamQueue) {
        self.seat = seat
        self.engine = engine
        self.queue = queue
        self.plan = plan
        position = EventStreamPosition(channels: plan.channels.map(\.name))
        if let id = plan.lastEventID { position.resume(from: id) }
        subscriptions = plan.channels.map { _ in nil }
        indices = Dictionary(plan.channels.enumerated().map { ($1.name, $0) }) { first, _ in first }
    }

    /// Begins the stream and joins the first channel.
    func start() {
        seat.eventLoop.assertInEventLoop()
        var opening = ByteBuffer()
        EventEncoder.writeOpening(to: &opening)
        _ = queue.put([opening], isRecovery: true)
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        if plan.heartbeatMilliseconds > 0 {
            let interval = TimeAmount.milliseconds(plan.heartbeatMilliseconds)
            heartbeat = seat.eventLoop.scheduleRepeatedTask(initialDelay: interval, delay: interval) { _ in
                me.value.beat()
            }
        }
        if let left = plan.lifeMilliseconds {
            endings.append(seat.eventLoop.scheduleTask(in: .milliseconds(left)) { me.value.close(with: "expired") })
        }
        seat.hub.value.users.join(self, of: plan.user)
        join()
    }

    /// The writer has caught up: the next channel may be joined.
    func wroteEverything() {
        if !isClosed, !isJoining { join() }
    }

    /// Ends the stream at a time of its own inside the drain, so that not all clients come back at once.
    func drain(withinMilliseconds limit: Int64) {
        guard !isClosed else { return }
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        let delay = TimeAmount.milliseconds(Int64.random(in: 0...max(0, limit)))
        endings.append(seat.eventLoop.scheduleTask(in: delay) { me.value.close(with: "stopping") })
    }

    /// Leaves every channel; what is queued is still written.
    func close(with reason: String?) {
        seat.eventLoop.assertInEventLoop()
        guard !isClosed else { return }
        isClosed = true
        heartbeat?.cancel()
        seat.hub.value.users.leave(self, of: plan.user)
        for ending in endings { ending.cancel() }
        for (index, subscription) in subscriptions.enumerated() {
            guard let subscription else { continue }
            seat.hub.value.close(subscription)
            engine.submit(.unsubscribe(channel: plan.channels[index].name, loop: seat.number))
            subscriptions[index] = nil
        }
        if let reason {
            var comment = ByteBuffer()
            EventEncoder.writeComment(reason, to: &comment)
            _ = queue.put([comment])
        }
        queue.end()
    }

    private func beat() {
        guard !isClosed else { return }
        var comment = ByteBuffer()
        EventEncoder.writeComment("", to: &comment)
        if !queue.put([comment]) { close(with: nil) }
    }

    private func join() {
        while left.contains(next) { next += 1 }
        guard plan.channels.indices.contains(next) else { return }
        let (index, channel) = (next, plan.channels[next])
        next += 1
        isJoining = true
        let me = NIOLoopBound(self, eventLoop: seat.eventLoop)
        let request = SubscribeRequest(
            channel: channel.name, loop: seat.number,
            recover: channel.isRecoverable ? position.positions[index] : nil, limit: EventStreamLimits.recoveredMax,
            access: channel.access)
        engine.submit(
            .subscribe(request, Return(loop: seat.number) { me.value.joined($0, index) }))
    }

    private func joined(_ result: Result<SubscribeAnswer, EngineError>, _ index: Int) {
        isJoining = false
        let name = plan.channels[index].name
        switch result {
        case .failure(let error): close(with: error.code.rawValue)
        case .success(let answer) where isClosed:
            if answer.isSubscribed { engine.submit(.unsubscribe(channel: name, loop: seat.number)) }
        case .success(let answer) where left.contains(index):
            if answer.isSubscribed { engine.submit(.unsubscribe(channel: name, loop: seat.number)) }
            join()
        case .success(let answer) where answer.isSubscribed:
            subscriptions[index] = seat.hub.value.open(name, at: answer.position, for: self)
            _ = queue.put([opening(of: index, answer)], isRecovery: true)
        case .success: close(with: "denied")
        }
    }

    /// What a stream begins with in one channel: what was missed or that it can't be had, and the position.
    private func opening(of index: Int, _ answer: SubscribeAnswer) -> ByteBuffer {
        let channel = plan.channels[index]
        var buffer = ByteBuffer()
        guard channel.isRecoverable else {
            position.set(nil, at: index)
            EventEncoder.writeComment("joined", to: &buffer)
            return buffer
        }
        switch answer.recovery {
        case .none: position.set(answer.position, at: index)
        case .recovered(let publications):
            position.set(answer.position, at: index)
            for publication in publications {
                position.advance(to: publication.offset, at: index)
                write(publication, index, to: &buffer)
            }
            position.set(answer.position, at: index)
        case .notRecovered(let why):
            position.set(answer.position, at: index)
            EventEncoder.write(why, of: channel.name, at: answer.position, id: position.id, to: &buffer)
        }
        EventEncoder.writeID(position.id, to: &buffer)
        return buffer
    }

    private func write(_ publication: Publication, _ index: Int, to buffer: inout ByteBuffer) {
        // What has no offset moves no position: the last id stays.
        let id = publication.offset > 0 && plan.channels[index].isRecoverable ? position.id : nil
        if plan.channels.count > 1 {
            EventEncoder.write(publication, of: plan.channels[index].name, id: id, to: &buffer)
        } else {
            EventEncoder.write(publication, id: id, to: &buffer)
        }
    }
}

extension EventStreamSubscriber {
    func deliver(_ batch: ChannelBatch) {
        guard !isClosed, let index = indices[batch.channel] else { return }
        var batch = batch
        if plan.channels[index].dropsEphemeral, batch.hasEphemeral, queue.isCongested {
            guard let lasting = batch.lasting else { return }
            batch = lasting
        }
        guard plan.channels.count > 1 else {
            let (channel, position) = (plan.channels[index], position.positions[index])
            pending.append(
                batch.serverSentEvents { Self.encode($0, epoch: channel.isRecoverable ? position?.epoch : nil) })
            if let last = batch.publications.last(where: { $0.offset > 0 }) {
                self.position.advance(to: last.offset, at: index)
            }
            return
        }
        var buffer = ByteBuffer()
        for publication in batch.publications {
            if publication.offset > 0 { position.advance(to: publication.offset, at: index) }
            write(publication, index, to: &buffer)
        }
        pending.append(buffer)
    }

    /// The same for all streams of one channel on a loop: its numbering is one.
    private static func encode(_ publications: [Publication], epoch: String?) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(publications.reduce(0) { $0 + $1.encoded.count + 64 })
        for publication in publications {
            let id = publication.offset > 0 ? epoch.map { "\($0):\(publication.offset)" } : nil
            EventEncoder.write(publication, id: id, to: &buffer)
        }
        return buffer
    }

    func lost(_ subscription: Subscription) { close(with: "insufficient state") }

    func flushQueued() {
        guard !isClosed, !pending.isEmpty else { return }
        defer { pending.removeAll(keepingCapacity: true) }
        if !queue.put(pending) { close(with: nil) }
    }
}
