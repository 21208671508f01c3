import Journal
import TestSupport

/// Who lives, as each node sees it.
extension SimulatedFleet {
    static let leaseTerms = {
        var terms = LeaseTable.Terms()
        (terms.lease, terms.gap) = (2_000, 1_500)
        return terms
    }()

    /// Renews a node's lease and looks at all of them.
    mutating func lookAtLeases(_ index: Int) {
        agenda.add(.leases(node: index), in: delay(400...700))
        let node = nodes[index]
        guard node.isUp, !isHalted(index), node.pausedUntil <= agenda.now else { return }
        guard let server = node.server, redis.servers[server].isPrimary,
            redis.servers[server].pausedUntil <= agenda.now,
            redis.servers[server].generation == node.generation
        else { return nodes[index].leases.lookFailed() }
        let origin = node.machine.origin
        let before = redis.servers[server].data.leases
        var changes = nodes[index].leases.look(
            before, own: node.lease, server: redis.servers[server].replid, at: agenda.now)
        if changes.first == .ownGone { changes.removeFirst() }
        let value = LeaseValue(
            stamp: (node.lease?.stamp ?? 0) + 1, cursor: node.state.place.cursor, outcomeHash: node.state.digest)
        nodes[index].lease = value
        redis.servers[server].data.leases[origin] = value
        renewals[origin] = (server, agenda.now)
        for change in changes {
            switch change {
            case .lapsed(let other):
                guard let renewal = renewals[other], renewal.server == server,
                    agenda.now - renewal.at < Self.leaseTerms.lease
                else { continue }
                invariants.violate(
                    "node \(index) takes \(other) for dead, which renewed \(agenda.now - renewal.at) ms ago")
            case .diverged(let other):
                invariants.violate("node \(index) has another state than \(other) at \(value.cursor)")
            case .came, .ownGone: continue
            }
        }
    }

    /// At the end each node knows all that live, and nobody else.
    mutating func checkLeases() {
        let up = nodes.filter(\.isUp)
        let origins = up.map(\.machine.origin).sorted()
        for node in up where node.leases.living != origins.filter({ $0 != node.machine.origin }) {
            invariants.violate("node \(node.index) takes \(node.leases.living) for alive instead of \(origins)")
        }
    }
}
