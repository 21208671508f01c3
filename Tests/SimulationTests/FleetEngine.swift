import Journal
import Store
import TestSupport

/// What a node does with what its tail hands over, and what it appends.
extension SimulatedFleet {
    mutating func carryOut(_ effects: [TailStateMachine.Effect], on index: Int) {
        for effect in effects {
            switch effect {
            case .hand(let count, let isDelivered):
                for arrived in nodes[index].batch.prefix(count) { apply(arrived, isDelivered: isDelivered, on: index) }
                nodes[index].batch = nodes[index].batch.dropFirst(count)
            case .suspend(let reason):
                say("node \(index) is suspended: \(reason)")
                if !nodes[index].pending.isEmpty {
                    for entry in nodes[index].pending.values.sorted(by: { $0.id.counter < $1.id.counter }) {
                        guard let key = entry.header.idempotency?.key else { continue }
                        unknownKeys.append((entry.channel, key))
                    }
                    nodes[index].pending = [:]
                }
            case .resume:
                say("node \(index) resumes in \(nodes[index].machine.chain.newest?.lineage ?? 0)")
                nodes[index].wasAppendedAgain = false
                appendAgain(index)
            }
        }
    }

    private mutating func apply(_ arrived: ArrivedEntry, isDelivered: Bool, on index: Int) {
        let channel = arrived.entry.channel
        let opening = arrived.entry.kind == .open ? Journal.Opening(arrived.entry) : nil
        let publication = nodes[index].state.apply(arrived, opening: opening)
        nodes[index].rows.append(arrived)
        if nodes[index].rows.count > SimulatedNode.rowsMax { nodes[index].rows.removeFirst(100) }
        invariants.stand(nodes[index].state, node: index)
        if let opening, !opening.keepsEpochs { nodes[index].subscribed = [:] }
        let id = arrived.entry.id
        if id.origin == nodes[index].machine.origin {
            nodes[index].again.removeAll { $0.id == id }
            if isDelivered, nodes[index].pending.removeValue(forKey: id.counter) != nil,
                nodes[index].state.taken.contains(id)
            {
                nodes[index].acknowledged.insert(id.counter)
                tally["acknowledged", default: 0] += 1
                invariants.acknowledged[id] = Invariants.Acknowledgement(
                    node: index, incarnation: nodes[index].incarnation, epochBase: nodes[index].state.epochBase)
            }
        }
        guard isDelivered, let publication else { return }
        let epoch = nodes[index].state.epoch(of: channel)
        if let last = nodes[index].subscribed[channel], last.epoch != epoch || last.offset + 1 != publication.offset {
            invariants.violate("node \(index) led \(channel) from \(last) to \(epoch):\(publication.offset) untold")
        }
        nodes[index].subscribed[channel] = (epoch, publication.offset)
        invariants.show(publication, channel: channel, epoch: epoch, by: index)
    }

    mutating func join(_ index: Int, _ server: Int, _ pointer: CheckpointPointer, _ hasSurplus: Bool) {
        guard let content = redis.servers[server].data.contents[pointer.nonce] else {
            return answer(index, .joinFailed)
        }
        let last = content.chain.newest
        say("node \(index) joins at \(content.place), newest \(last?.lineage ?? 0), surplus \(hasSurplus)")
        let node = nodes[index]
        let surplus =
            hasSurplus ? node.rows.filter { !pointer.chain.holds(Place(cursor: $0.cursor, id: $0.entry.id)) } : []
        let decision = Resubmission(
            surplus: surplus, waiting: node.again, origin: node.machine.origin,
            acknowledged: { node.acknowledged.contains($0) },
            last: content.origins[node.machine.origin] ?? 0)
        counted.formUnion(decision.lost)
        nodes[index].again = decision.again
        tally["joins with surplus", default: 0] += hasSurplus ? 1 : 0
        tally["joins", default: 0] += 1
        tally["appended again", default: 0] += decision.again.count
        nodes[index].state = content
        nodes[index].rows.removeAll { !pointer.chain.holds(Place(cursor: $0.cursor, id: $0.entry.id)) }
        nodes[index].subscribed = [:]
        if chance(2) { nodes[index].flush() }
        invariants.stand(content, node: index)
        answer(index, .joined(content.place, content.chain, pointer))
    }

    mutating func connectAppends(_ index: Int, _ incarnation: Int) {
        guard nodes[index].isUp, nodes[index].incarnation == incarnation else { return }
        agenda.add(.connectsAppends(node: index, incarnation: incarnation), in: delay(200...700))
        guard let server = nodes[index].server else { return }
        let found = redis.servers[server]
        if let now = nodes[index].appending, now.server == server, now.generation == found.generation,
            now.replid == found.replid, found.isPrimary
        {
            return
        }
        nodes[index].appending =
            found.isPrimary
            ? SimulatedNode.AppendConnection(server: server, replid: found.replid, generation: found.generation) : nil
        appendAgain(index)
    }

    /// Living nodes keep their post up, so that nobody takes a gap for the end of the fleet.
    private mutating func renew(_ index: Int) {
        let node = nodes[index]
        guard node.isUp, node.machine.isLive, let connection = node.appending, node.pausedUntil <= agenda.now,
            redis.servers[connection.server].isPrimary, connection.replid == redis.servers[connection.server].replid,
            redis.servers[connection.server].generation == connection.generation
        else { return }
        post(index, connection.server, node.machine.place)
    }

    private mutating func appendAgain(_ index: Int) {
        guard nodes[index].machine.isLive, !nodes[index].wasAppendedAgain, canAppend(index) else { return }
        nodes[index].wasAppendedAgain = true
        for entry in nodes[index].again { send(entry, from: index) }
    }

    private func canAppend(_ index: Int) -> Bool {
        let node = nodes[index]
        return node.isUp && node.machine.isLive && node.appending?.replid == node.machine.server
    }

    private mutating func send(_ entry: Entry, from index: Int) {
        guard let connection = nodes[index].appending, let lineage = nodes[index].machine.chain.newest?.lineage else {
            return
        }
        let late = chance(25) && agenda.now < faultsUntil ? delay(200...6_000) : delay(1...20)
        let time = max(connection.busyUntil, agenda.now + late)
        nodes[index].appending?.busyUntil = time
        agenda.add(
            .appends(
                entry, lineage: lineage, node: index, incarnation: nodes[index].incarnation, server: connection.server,
                generation: connection.generation), in: time - agenda.now)
    }

    mutating func write(_ index: Int) {
        guard agenda.now < writesUntil else { return }
        agenda.add(.writes(node: index), in: chance(4) ? delay(1...20) : delay(100...900))
        renew(index)
        let node = nodes[index]
        guard canAppend(index), node.pausedUntil <= agenda.now, node.again.isEmpty || node.wasAppendedAgain else {
            return
        }
        nodes[index].counter += 1
        let id = EntryID(origin: node.machine.origin, counter: nodes[index].counter)
        var (channel, key) = (generator.pick(SimulatedState.channels), chance(3) ? "k\(draw())" : nil)
        if chance(3), !unknownKeys.isEmpty {
            // A client tries again, here or elsewhere.
            let retried = generator.pick(unknownKeys)
            (channel, key) = (retried.channel, retried.key)
        }
        let entry = publication(id: id, channel: channel, key: key)
        nodes[index].pending[id.counter] = entry
        send(entry, from: index)
    }

    mutating func appendArrives(
        _ entry: Entry, _ lineage: UInt64, _ index: Int, _ incarnation: Int, _ server: Int, _ generation: Int
    ) {
        guard redis.servers[server].generation == generation else { return appendsBreak(index, incarnation) }
        if redis.servers[server].pausedUntil > agenda.now {
            agenda.add(
                .appends(
                    entry, lineage: lineage, node: index, incarnation: incarnation, server: server,
                    generation: generation),
                in: redis.servers[server].pausedUntil - agenda.now)
            return
        }
        let answer = redis.append(entry, lineage: lineage, to: server)
        say("append \(entry.id) of node \(index) to \(lineage) on \(redis.servers[server].replid): \(answer)")
        guard answer != .added, !chance(20) else { return }
        agenda.add(.answersAppend(answer, node: index, incarnation: incarnation), in: wire())
    }

    /// Without its connection an append's outcome is not known.
    private mutating func appendsBreak(_ index: Int, _ incarnation: Int) {
        guard nodes[index].isUp, nodes[index].incarnation == incarnation else { return }
        nodes[index].appending = nil
        disconnect(index)
    }

    mutating func answerAppend(_ answer: SimulatedRedis.AppendReply, _ index: Int, _ incarnation: Int) {
        guard nodes[index].isUp, nodes[index].incarnation == incarnation else { return }
        if answer == .readOnly { return appendsBreak(index, incarnation) }
        nodes[index].hasSeenLoss = true
    }

    mutating func flush(_ index: Int) {
        agenda.add(.flushes(node: index), in: delay(200...1_500))
        if nodes[index].isUp, nodes[index].machine.isLive { nodes[index].flush() }
    }
}
