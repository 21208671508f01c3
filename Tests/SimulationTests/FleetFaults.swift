import Journal
import TestSupport

/// Checkpoints, visitors, and everything that goes wrong.
extension SimulatedFleet {
    mutating func checkpoint(_ index: Int) {
        agenda.add(.checkpoints(node: index), in: delay(1_000...5_000))
        renewWhileIdle(index)
        let node = nodes[index]
        guard node.isUp, node.machine.isLive, node.pausedUntil <= agenda.now, let connection = node.appending,
            connection.replid == node.machine.server,
            redis.servers[connection.server].generation == connection.generation
        else { return }
        let data = redis.servers[connection.server].data
        guard data.top == node.machine.place.cursor else { return }
        agenda.add(
            .setsPointer(
                node.state, node: index, incarnation: node.incarnation, server: connection.server,
                replid: connection.replid, nonce: data.pointer?.nonce),
            in: chance(8) ? delay(100...4_000) : delay(1...30))
    }

    private mutating func renewWhileIdle(_ index: Int) {
        let node = nodes[index]
        guard agenda.now >= writesUntil, node.isUp, node.machine.isLive, let server = node.server else { return }
        post(index, server, node.machine.place)
    }

    /// The pointer grows or stays; what was before the one before it is trimmed.
    mutating func setPointer(
        _ state: SimulatedState, _ index: Int, _ incarnation: Int, _ server: Int, _ replid: String, _ nonce: UInt64?
    ) {
        let found = redis.servers[server]
        guard nodes[index].incarnation == incarnation, found.isPrimary, found.replid == replid,
            found.data.pointer?.nonce == nonce, let newest = state.chain.newest,
            found.data.top?.lineage == newest.lineage
        else { return }
        if let old = found.data.pointer, found.data.contents[old.nonce] != nil {
            guard old.place.cursor < state.place.cursor, old.readsAfter < state.place.cursor else { return }
        }
        redis.set(
            pointer(to: state, readsAfter: state.place.cursor, chain: state.chain, nonce: draw()), state, on: server)
        say("node \(index) set the pointer to \(state.place)")
        if let old = found.data.pointer, !chance(3) { redis.trim(server, before: old.place.cursor) }
    }

    /// Somebody comes to a node with a position and gets what it missed, or is told.
    mutating func visit() {
        if agenda.now < faultsUntil + 4_000 { agenda.add(.visits, in: delay(50...500)) }
        let (index, which) = (generator.index(below: nodes.count), generator.index(below: visitors.count))
        let node = nodes[index]
        guard node.isUp, node.machine.suspension == nil || node.machine.suspension == .away,
            node.pausedUntil <= agenda.now
        else { return }
        let visitor = visitors[which]
        let (epoch, top) = (node.state.epoch(of: visitor.channel), node.state.top(of: visitor.channel))
        if visitor.epoch == epoch, visitor.offset <= top {
            let missed = node.state.recent(of: visitor.channel, above: visitor.offset)
            for publication in missed {
                invariants.show(publication, channel: visitor.channel, epoch: epoch, by: index)
            }
        }
        visitors[which].epoch = epoch
        visitors[which].offset = top
    }

    mutating func kill(_ index: Int) {
        guard nodes[index].isUp else { return }
        say("node \(index) is killed")
        nodes[index].isUp = false
        nodes[index].token += 1
        if chance(4) { nodes[index].file = nil }
        agenda.add(.starts(node: index), in: chance(4) ? delay(2_000...12_000) : delay(50...1_500))
    }

    mutating func demote() {
        guard redis.servers[1 - redis.primary].isPrimary else { return }
        redis.demote()
        say("server \(1 - redis.primary) is demoted")
        for index in nodes.indices where nodes[index].server == 1 - redis.primary {
            guard case .read(_, _, nil) = nodes[index].operation, chance(2) else { continue }
            disconnect(index)
        }
        agenda.add(.closesAppends(server: 1 - redis.primary), in: delay(0...1_000))
    }

    mutating func fail() {
        guard agenda.now < faultsUntil else { return heal() }
        agenda.add(.fails, in: chance(3) ? delay(10...400) : delay(400...5_000))
        let primary = redis.primary
        let fault = generator.index(below: 20)
        say("fault \(fault)")
        switch fault {
        case 0, 1, 2:
            // The old primary goes on with whom it has until it is demoted.
            guard !redis.servers[1 - primary].isPrimary else { return demote() }
            redis.failOver()
            let promoted = redis.servers[redis.primary]
            let top = String(describing: promoted.data.top)
            say("server \(redis.primary) is promoted as \(promoted.replid) at \(top)")
            agenda.add(.demotes, in: chance(3) ? delay(1_000...8_000) : delay(0...1_000))
            for index in nodes.indices where !chance(3) { disconnect(index) }
        case 3: redis.wipe()
        case 4:
            guard !redis.servers[1 - primary].isPrimary else { return demote() }
            let count = redis.servers[primary].data.items.count
            let kept = chance(3) ? nil : chance(2) ? count : generator.index(below: count + 1)
            redis.restart(keeping: kept)
        case 5:
            if chance(2) {
                redis.servers[primary].data.items = []
                redis.servers[primary].data.top = nil
                redis.servers[primary].touches += 1
            } else if let item = redis.servers[primary].data.items.randomElement(using: &generator) {
                redis.trim(primary, before: item.cursor.next)
            }
        case 6:
            if chance(2) {
                redis.servers[primary].data.contents = [:]
            } else {
                redis.servers[primary].data.pointer = nil
            }
            redis.servers[primary].touches += 1
        case 7, 8: redis.pause(until: agenda.now + delay(200...4_000))
        case 9, 10, 11: disconnect(generator.index(below: nodes.count))
        case 12, 13, 14: kill(generator.index(below: nodes.count))
        default:
            let index = generator.index(below: nodes.count)
            nodes[index].pausedUntil = agenda.now + (chance(2) ? delay(100...1_500) : delay(1_500...9_000))
        }
    }

    /// The end of all faults: one primary, and every node runs.
    private mutating func heal() {
        demote()
        for index in nodes.indices where index < 3 || nodes[index].incarnation > 0 {
            nodes[index].pausedUntil = min(nodes[index].pausedUntil, agenda.now)
            agenda.add(.starts(node: index), in: delay(50...1_000))
        }
    }
}
