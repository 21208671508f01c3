import NIOCore
import Synchronization

/// Where the journal may live.
public enum RedisTarget: Sendable, Equatable {
    /// One server, or the endpoint of a managed one.
    case single(RedisAddress)
    /// Some nodes of a cluster; never empty.
    case cluster(seeds: [RedisAddress])
}

/// Finds the primary that serves the keys of the journal.
///
/// All keys share one hash tag, so a node talks to exactly one primary at a time: locate, connect, and after `MOVED` or a
/// lost connection locate again.
///
/// `ASK` (the slot is just being moved) is met the same way, with backoff, instead of `ASKING` and a second try elsewhere:
/// a stream is one key and moves in one step, so that the state lasts for moments; and an append is never re-sent.
///
/// - Bounds: one call asks at most `RedisLimits.nodesAskedMax` nodes, each within the opening's deadline.
public final class RedisLocator: Sendable {
    private struct Knowledge {
        var nodes: [ClusterTopology.Node] = []
        /// Where the next call begins, so that one node with a stale view doesn't answer every time.
        var turn = 0
    }

    private let target: RedisTarget
    private let slot: UInt16
    private let knowledge = Mutex(Knowledge())

    /// - Parameter key: any key of the journal; with its hash tag it names the slot of all.
    public init(_ target: RedisTarget, key: String) {
        self.target = target
        slot = ClusterSlot.slot(of: key)
    }

    /// The address of the primary.
    ///
    /// - Parameter error: what the last connection met; the node that a `MOVED` names is asked first.
    /// - Errors: `RedisError`; that of the last node asked, when none knew.
    public func locate(
        on eventLoop: any EventLoop, _ opening: RedisOpening = RedisOpening(), after error: RedisError? = nil
    ) -> EventLoopFuture<RedisAddress> {
        switch target {
        case .single(let address): return eventLoop.makeSucceededFuture(address)
        case .cluster(let seeds):
            let nothing = RedisError.noCluster("no node of the Redis Cluster is known")
            return ask(candidates(seeds, error)[...], on: eventLoop, opening, last: nothing)
        }
    }

    /// The address of the primary.
    ///
    /// Errors: those of the other `locate`.
    public func located(
        on eventLoop: any EventLoop, _ opening: RedisOpening = RedisOpening(), after error: RedisError? = nil
    ) async throws(RedisError) -> RedisAddress {
        do {
            return try await locate(on: eventLoop, opening, after: error).get()
        } catch {
            throw RedisError(error)
        }
    }

    private func candidates(_ seeds: [RedisAddress], _ error: RedisError?) -> [RedisAddress] {
        guard let pattern = seeds.first else { return [] }
        let (known, turn) = knowledge.withLock { knowledge in
            knowledge.turn = (knowledge.turn + 1) % 1_024
            return (knowledge.nodes.map { pattern.at(host: $0.host, port: $0.port) }, knowledge.turn)
        }
        // Half of the questions stay for the seeds: all that was known may be gone.
        let mixed = Self.rotated(known, by: turn).prefix(RedisLimits.nodesAskedMax / 2) + Self.rotated(seeds, by: turn)
        var hinted: [RedisAddress] = []
        if case .moved(_, let host, let port) = error?.serverKind, !host.isEmpty {
            hinted.append(pattern.at(host: host, port: port))
        }
        var places: Set<String> = []
        let distinct = (hinted + mixed).filter { places.insert($0.place).inserted }
        return Array(distinct.prefix(RedisLimits.nodesAskedMax))
    }

    private static func rotated(_ list: [RedisAddress], by turn: Int) -> [RedisAddress] {
        guard !list.isEmpty else { return [] }
        let start = turn % list.count
        return Array(list[start...] + list[..<start])
    }

    private func ask(
        _ candidates: ArraySlice<RedisAddress>, on eventLoop: any EventLoop, _ opening: RedisOpening, last: RedisError
    ) -> EventLoopFuture<RedisAddress> {
        guard let candidate = candidates.first else { return eventLoop.makeFailedFuture(last) }
        return question(candidate, on: eventLoop, opening).flatMapError { error in
            let error = RedisError(error)
            // A wrong password is wrong everywhere, and repeating it only fills the servers' logs.
            if case .authentication = error { return eventLoop.makeFailedFuture(error) }
            return self.ask(candidates.dropFirst(), on: eventLoop, opening, last: error)
        }
    }

    private func question(
        _ address: RedisAddress, on eventLoop: any EventLoop, _ opening: RedisOpening
    ) -> EventLoopFuture<RedisAddress> {
        guard case .tcp(let host, _) = address.endpoint else {
            return eventLoop.makeFailedFuture(RedisError.noCluster("a node of a cluster is no unix socket"))
        }
        return RedisConnection.open(address, on: eventLoop, opening).flatMap { connection in
            connection.send(RedisCommand("CLUSTER", "SLOTS"), deadline: opening.deadline)
                .always { _ in connection.close() }
        }
        .flatMapThrowing { reply in
            let topology = try ClusterTopology(slots: reply.value, askedHost: host)
            self.knowledge.withLock { $0.nodes = topology.nodes }
            guard let primary = topology.primary(of: self.slot) else {
                throw RedisError.unreachable(
                    "nobody in the Redis Cluster serves slot \(self.slot), says \(address.place)")
            }
            return address.at(host: primary.host, port: primary.port)
        }
    }
}
