import NIOCore
import Synchronization

extension LinkCore {
    /// Once a tick: leases, the checkpoint duty, the clock, a canary, a probe.
    func tick() {
        guard !isEnded else { return }
        if links != nil {
            renewLeases()
            appendCanary()
            probeReplicas()
        }
        delivery.look(isConnected: links != nil, at: now)
        let isStalled =
            links != nil && (pending.isOverdue(by: terms.stall, at: now) || delivery.isOverdue(by: terms.stall))
        let inFlight = pending.count
        board.status.withLock { status in
            status.isStalled = isStalled
            status.appendsInFlight = inFlight
        }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(terms.tick)) { [self] in tick() }
    }

    private func renewLeases() {
        guard let links, !isRenewing else { return }
        isRenewing = true
        let sentAt = now
        stamp += 1
        let mark = board.applied.withLock { $0 }
        let own = LeaseValue(stamp: stamp, cursor: mark.cursor, outcomeHash: mark.hash)
        let origin = String(tail.origin, radix: 16)
        var commands = [
            RedisCommand("HSET", keys.nodes, origin, own.description), RedisCommand("HGETALL", keys.nodes),
            RedisCommand("GET", keys.checkpointer), ServerIdentity.question,
        ]
        let wantsTime = board.clock.withLock { $0?.isOlder(than: terms.clock, at: sentAt) ?? true }
        if wantsTime { commands.append(RedisCommand("TIME")) }
        commands += livePost(origin)
        let looksForWishes = isCheckpointer
        if looksForWishes { commands.append(RedisCommand("GET", keys.checkpointWanted)) }
        ask(links.commands, commands, within: terms.look) { [self] replies in
            isRenewing = false
            _ = try replies[0].checked()
            let values = Self.leases(try replies[1].checked())
            let identity = try ServerIdentity(replies[3])
            if wantsTime { takeTime(try replies[4].serverTime(), sentAt: sentAt) }
            guard identity.isPrimary, identity.server == links.server else {
                return drop(.notAPrimary("Redis at \(links.commands.address.place) is another server now"))
            }
            let holder = try replies[2].checked().text
            let isWanted = looksForWishes ? try replies[replies.count - 1].checked().text != nil : false
            board.status.withLock { $0.isCheckpointWanted = isWanted }
            took(values, own: own, server: identity.server, holder: holder.flatMap { UInt64($0, radix: 16) })
            holdCheckpointerLease(heldBy: holder)
        }
    }

    /// A live node keeps its post in the roll call of its server up: who is behind, or has no state, must not open a lineage
    /// over it.
    private func livePost(_ origin: String) -> [RedisCommand] {
        guard tail.isLive, let time = board.clock.withLock({ $0?.time(at: now) }) else { return [] }
        let key = keys.roll(of: tail.server)
        return [
            RedisCommand("HSET", key, origin, "\(tail.place) \(time)"),
            RedisCommand("PEXPIRE", key, String(terms.rollLife)),
        ]
    }

    private func took(_ values: [UInt64: LeaseValue], own: LeaseValue, server: String, holder: UInt64?) {
        let changes = leases.look(values, own: own, server: server, at: now)
        let members = Set(leases.living).union([tail.origin])
        let before = board.status.withLock { status in
            defer { status.members = members }
            return status.members
        }
        if members != before { configuration.onMembers(members) }
        var gone: [UInt64] = []
        for change in changes {
            switch change {
            // One's own was written in front of the look.
            case .came, .ownGone: break
            case .lapsed(let other): gone.append(other)
            case .diverged(let other): diverged(from: other, at: own.cursor, holder: holder)
            }
        }
        guard let links, !gone.isEmpty else { return }
        let fields = gone.map { String($0, radix: 16) }
        ask(links.commands, [RedisCommand(words: ["HDEL", keys.nodes] + fields)], within: terms.look) { replies in
            _ = try replies[0].checked()
        }
    }

    private func diverged(from other: UInt64, at cursor: Cursor, holder: UInt64?) {
        // What is applied in silence may be of another branch, under the same cursors.
        guard tail.isLive else { return }
        configuration.onDivergence(other, cursor)
        // Who is wrong can't be known; the fleet goes by whoever writes the checkpoints, and everybody else gives way.
        if other == holder, !isCheckpointer { interruption = .diverged(cursor) }
    }

    private static func leases(_ reply: RESPReply) -> [UInt64: LeaseValue] {
        var values: [UInt64: LeaseValue] = [:]
        for index in stride(from: 0, to: reply.count - 1, by: 2) {
            guard let origin = reply[index]?.text.flatMap({ UInt64($0, radix: 16) }),
                let value = reply[index + 1]?.text.flatMap({ LeaseValue($0) })
            else { continue }
            values[origin] = value
        }
        return values
    }

    /// One node writes checkpoints; two by accident are harmless, because the pointer is a compare-and-set.
    private func holdCheckpointerLease(heldBy holder: String?) {
        guard let links else { return }
        let own = String(tail.origin, radix: 16)
        let life = String(terms.lease)
        guard tail.isLive else { return becomeCheckpointer(false) }
        if holder == own {
            becomeCheckpointer(true)
            ask(links.commands, [RedisCommand("PEXPIRE", keys.checkpointer, life)], within: terms.look) { replies in
                _ = try replies[0].checked()
            }
        } else if holder == nil {
            let take = RedisCommand("SET", keys.checkpointer, own, "NX", "PX", life)
            ask(links.commands, [take], within: terms.look) { [self] replies in
                becomeCheckpointer(try replies[0].checked().isOK)
            }
        } else {
            becomeCheckpointer(false)
        }
    }

    func becomeCheckpointer(_ isOne: Bool) {
        guard isOne != isCheckpointer else { return }
        isCheckpointer = isOne
        configuration.onCheckpointer(isOne)
        show()
    }

    /// Asks for the stream's last id, once for all who wait.
    func reach(_ completion: @escaping ReachCompletion) {
        guard reaches.count < SharedLimits.reachesMax else {
            return completion(.failure(JournalError(.busy, "too many reads wait for the journal")))
        }
        reaches.append(completion)
        if !isReaching { askReach() }
    }

    private func askReach() {
        guard let links, tail.isLive else {
            return failReaches(JournalError(.unavailable, "the journal in Redis can't be asked at the moment"))
        }
        let waiting = reaches
        reaches = []
        isReaching = true
        let round = round
        let commands = [RedisCommand("XINFO", "STREAM", keys.journal), ServerIdentity.question]
        links.commands.ask(commands, within: terms.reach) { [self] result in
            let answer = reached(result)
            for completion in waiting { completion(answer) }
            guard round == self.round, !isEnded else { return }
            if case .failure(let error) = result { return drop(error) }
            isReaching = false
            if !reaches.isEmpty { askReach() }
        }
    }

    private func reached(_ result: Result<[RESPReply], RedisError>) -> Result<Cursor, JournalError> {
        do throws(RedisError) {
            let replies = try result.get()
            let identity = try ServerIdentity(replies[1])
            guard identity.isPrimary, identity.server == tail.server, tail.isLive else {
                throw .notAPrimary("Redis is another server now")
            }
            guard let top = try replies[0].streamTop() else { throw .closed("the journal's stream is gone from Redis") }
            return .success(top)
        } catch {
            return .failure(JournalError(.unavailable, error.description))
        }
    }

    func failReaches(_ error: JournalError) {
        let waiting = reaches
        reaches = []
        for completion in waiting { completion(.failure(error)) }
    }

    /// Lets appends in flight come back, gives the leases up, and ends.
    func stop(_ done: @escaping @Sendable () -> Void) {
        guard !isEnded, onDrained == nil else { return done() }
        onDrained = done
        drainAppends()
        if pending.isEmpty || links == nil { return finishDrain() }
        loop.assumeIsolated().scheduleTask(in: .milliseconds(terms.drain)) { [self] in finishDrain() }
    }

    func finishDrain() {
        guard let done = onDrained, !isEnded, !isLeaving else { return }
        isLeaving = true
        guard let links else {
            end()
            return done()
        }
        let own = String(tail.origin, radix: 16)
        var commands = [RedisCommand("HDEL", keys.nodes, own)]
        if isCheckpointer { commands.append(RedisCommand("DEL", keys.checkpointer)) }
        links.commands.ask(commands, within: terms.look) { [self] _ in
            end()
            done()
        }
    }
}
