import Journal
import Store
import TestSupport

/// A tail's connection: one step at a time, between whose commands anything may happen.
extension SimulatedFleet {
    mutating func start(_ index: Int) {
        guard !nodes[index].isUp || isHalted(index) else { return }
        let policy: TailStateMachine.Start =
            isHalted(index) || agenda.now > faultsUntil ? .discardFile : chance(2) ? .refuse : .discardFile
        nodes[index].boot(origin: draw(), start: policy, terms: terms)
        say("node \(index) starts at \(nodes[index].state.place) as \(nodes[index].machine.origin)")
        disconnect(index)
        agenda.add(.connectsAppends(node: index, incarnation: nodes[index].incarnation), in: delay(10...300))
    }

    func isHalted(_ index: Int) -> Bool {
        if case .halted = nodes[index].machine.phase { return true }
        return false
    }

    /// Breaks the connection, or begins without one.
    mutating func disconnect(_ index: Int) {
        guard nodes[index].isUp else { return }
        nodes[index].server = nil
        nodes[index].operation = nil
        nodes[index].token += 1
        nodes[index].reply = .disconnected
        agenda.add(.replies(node: index, token: nodes[index].token), in: wire())
    }

    mutating func connect(_ index: Int, _ token: Int) {
        guard nodes[index].isUp, nodes[index].token == token else { return }
        let other = 1 - redis.primary
        nodes[index].server = chance(12) && redis.servers[other].isPrimary ? other : redis.primary
        nodes[index].generation = redis.servers[nodes[index].server ?? 0].generation
        nodes[index].reply = .connected
        agenda.add(.replies(node: index, token: token), in: wire())
    }

    /// The step's outcome reaches the node, which decides on the next.
    mutating func reply(_ index: Int, _ token: Int) {
        guard nodes[index].isUp, nodes[index].token == token, let event = nodes[index].reply else { return }
        if nodes[index].pausedUntil > agenda.now {
            agenda.add(.replies(node: index, token: token), in: nodes[index].pausedUntil - agenda.now)
            return
        }
        nodes[index].reply = nil
        var step = nodes[index].machine.handle(event, at: agenda.now)
        carryOut(step.effects, on: index)
        if nodes[index].hasSeenLoss {
            nodes[index].hasSeenLoss = false
            if nodes[index].machine.isLive {
                step = nodes[index].machine.handle(.lossSeen, at: agenda.now)
                carryOut(step.effects, on: index)
            }
        }
        say(
            "node \(index) \(nodes[index].machine.phase.name) \(nodes[index].machine.place) \(name(event)) → \(name(step.next))"
        )
        begin(step.next, on: index)
    }

    private func name(_ value: some Any) -> String { String("\(value)".prefix(200)) }

    private mutating func begin(_ next: TailStateMachine.Next, on index: Int) {
        nodes[index].token += 1
        let token = nodes[index].token
        let operation: SimulatedNode.Operation
        switch next {
        case .look(_): operation = .look(nil, 0)
        case .read(let after, let waits): operation = .read(after: after, until: agenda.now + (waits ? 1_000 : 0), nil)
        case .post(let place): operation = .post(place)
        case .open(let plan):
            nodes[index].file?.isSoleOwner = false
            operation = .open(plan, touches: nil, generation: 0)
        case .join(let pointer, let hasSurplus): operation = .join(pointer, hasSurplus: hasSurplus)
        case .reconnect:
            nodes[index].server = nil
            agenda.add(.connects(node: index, token: token), in: delay(20...400))
            return
        case .pause(let time):
            nodes[index].reply = .paused
            agenda.add(.replies(node: index, token: token), in: time)
            return
        case .halt:
            tally["halts", default: 0] += 1
            agenda.add(.starts(node: index), in: delay(500...3_000))
            return
        }
        nodes[index].operation = operation
        agenda.add(.arrives(node: index, token: token), in: wire())
    }

    /// A command of the step reaches its server.
    mutating func arrive(_ index: Int, _ token: Int) {
        guard nodes[index].isUp, nodes[index].token == token, let operation = nodes[index].operation else { return }
        guard let server = nodes[index].server, redis.servers[server].generation == nodes[index].generation else {
            return disconnect(index)
        }
        if redis.servers[server].pausedUntil > agenda.now {
            agenda.add(.arrives(node: index, token: token), in: redis.servers[server].pausedUntil - agenda.now)
            return
        }
        switch operation {
        case .look(let view, let done): look(index, server, view, done)
        case .read(let after, let until, let batch): read(index, server, after, until, batch)
        case .post(let place):
            guard redis.servers[server].isPrimary else { return disconnect(index) }
            post(index, server, place)
            let posts = redis.servers[server].data.rolls[redis.servers[server].replid] ?? [:]
            answer(
                index,
                .posts(posts.map { RollPost(origin: $0.key, place: $0.value.place, age: agenda.now - $0.value.at) }))
        case .open(let plan, let touches, let generation): open(index, server, plan, touches, generation)
        case .join(let pointer, let hasSurplus): join(index, server, pointer, hasSurplus)
        }
    }

    mutating func post(_ index: Int, _ server: Int, _ place: Place) {
        let replid = redis.servers[server].replid
        redis.servers[server].data.rolls[replid, default: [:]][nodes[index].machine.origin] = (place, agenda.now)
    }

    mutating func answer(_ index: Int, _ event: TailStateMachine.Event) {
        nodes[index].operation = nil
        nodes[index].reply = event
        if chance(150), agenda.now < faultsUntil { return disconnect(index) }
        agenda.add(.replies(node: index, token: nodes[index].token), in: wire())
    }

    /// Goes on with the same step later: its commands are no transaction.
    mutating func goOn(_ index: Int, _ operation: SimulatedNode.Operation, in delay: Int64) {
        nodes[index].operation = operation
        agenda.add(.arrives(node: index, token: nodes[index].token), in: delay)
    }

    private mutating func look(_ index: Int, _ server: Int, _ before: StreamView?, _ done: Int) {
        let now = redis.view(of: server, place: nodes[index].machine.place)
        var view = before ?? now
        if done == 1 { (view.top, view.first) = (now.top, now.first) }
        if done == 2 { view.atPlace = now.atPlace }
        if done == 3 { view.pointer = now.pointer }
        if done < 3, before != nil || chance(6) {
            return goOn(index, .look(view, done + 1), in: chance(6) ? delay(1...900) : delay(0...2))
        }
        answer(index, .looked(view))
    }

    private mutating func read(
        _ index: Int, _ server: Int, _ after: Cursor, _ until: Int64, _ before: TailStateMachine.Batch?
    ) {
        var batch = before ?? TailStateMachine.Batch(entries: [], server: "", isPrimary: true)
        if before == nil {
            let data = redis.servers[server].data
            let items = data.items.dropFirst(data.index(after: after)).prefix(chance(3) ? 2 : 50)
            if items.isEmpty, until > agenda.now {
                // Blocked: looks again when something came, or the time is over.
                return goOn(index, .read(after: after, until: until, nil), in: min(until - agenda.now, delay(20...250)))
            }
            nodes[index].batch = ArraySlice(items.map(\.arrived))
            batch.entries = items.map {
                TailStateMachine.Item(place: Place(cursor: $0.cursor, id: $0.arrived.entry.id), opening: $0.opening)
            }
            if chance(8) { return goOn(index, .read(after: after, until: until, batch), in: delay(0...400)) }
        }
        batch.server = redis.rules.asksBehindReads ? redis.servers[server].replid : nodes[index].machine.server
        batch.isPrimary = redis.servers[server].isPrimary || !redis.rules.asksBehindReads
        answer(index, .read(batch))
    }

    private mutating func open(
        _ index: Int, _ server: Int, _ plan: OpeningPlan, _ touches: Int?, _ generation: Int
    ) {
        let found = redis.servers[server]
        guard found.isPrimary else { return disconnect(index) }
        guard let touches else {
            // WATCH, then what it watches, then whose server it is.
            guard found.replid == plan.server, found.data.top == plan.expectedTop,
                found.data.pointer?.nonce == plan.expectedPointer
            else { return answer(index, .opened(nil)) }
            return goOn(index, .open(plan, touches: found.touches, generation: 1), in: delay(0...300))
        }
        guard touches == found.touches else { return answer(index, .opened(nil)) }
        let random = generator.next()
        let lineage =
            redis.rules.lineagesBeginWithClock
            ? plan.lineage(time: 1_000_000 + agenda.now, random: random)
            : max(plan.parent.cursor.lineage, plan.chain.newest?.lineage ?? 0, plan.expectedTop?.lineage ?? 0) + 1
        if !redis.lineages.insert(lineage).inserted { invariants.violate("lineage \(lineage) was opened twice") }
        let cursor = Cursor(lineage: lineage, sequence: 0)
        let opening = Journal.Opening(
            salt: String(draw(), radix: 36), secret: "x", parent: plan.parent, server: plan.server,
            keepsEpochs: plan.keepsEpochs)
        nodes[index].counter += 1
        let id = EntryID(origin: nodes[index].machine.origin, counter: nodes[index].counter)
        let entry = Entry(id: id, time: 1_000_000 + agenda.now, channel: "", kind: .open, body: opening.body)
        redis.add(Dataset.Item(arrived: ArrivedEntry(cursor: cursor, entry: entry), opening: opening), to: server)
        tally["openings", default: 0] += 1
        if plan.keepsEpochs { tally["moves", default: 0] += 1 }
        var chain = plan.chain
        chain.append(opening.link(at: cursor))
        redis.set(
            pointer(to: nodes[index].state, readsAfter: cursor.justBefore, chain: chain, nonce: draw()),
            nodes[index].state, on: server)
        say("node \(index) opened \(lineage) on \(plan.server), parent \(plan.parent)")
        if chance(12), agenda.now < faultsUntil { return kill(index) }
        answer(index, .opened(chance(12) ? nil : cursor))
    }

    func pointer(to state: SimulatedState, readsAfter: Cursor, chain: LineageChain, nonce: UInt64) -> CheckpointPointer
    {
        CheckpointPointer(
            place: state.place, readsAfter: readsAfter, chain: chain, nonce: nonce, chunks: 1, checksum: 0,
            retainedFrom: state.place.cursor)
    }
}

extension SimulatedRedis {
    mutating func set(_ pointer: CheckpointPointer, _ content: SimulatedState, on server: Int) {
        servers[server].data.pointer = pointer
        servers[server].data.contents[pointer.nonce] = content
        if servers[server].data.contents.count > 3, let oldest = servers[server].data.contents.keys.min() {
            servers[server].data.contents[oldest] = nil
        }
        servers[server].touches += 1
    }
}
