import Journal
import NIOCore
import NIOPosix
import TestSupport
import Testing

@Suite struct ClusterTopologyTests {
    @Test(
        arguments: [
            ("", 0), ("123456789", 12_739), ("foo", 12_182), ("{0}", 13_907), ("{0}:journal", 13_907),
            ("anteroom:{0}:lease", 13_907), ("{}{0}", nil), ("a{", nil),
        ] as [(String, UInt16?)])
    func slot_ofAKey_followsItsHashTag(key: String, slot: UInt16?) {
        #expect(ClusterSlot.slot(of: key) < ClusterSlot.count)
        if let slot { #expect(ClusterSlot.slot(of: key) == slot) } else { #expect(ClusterSlot.slot(of: key) != 13_907) }
    }

    private func entry(_ first: Int64, _ last: Int64, _ nodes: [(RESPValue, Int64)]) -> RESPValue {
        .array([.integer(first), .integer(last)] + nodes.map { .array([$0.0, .integer($0.1), .string([])]) })
    }

    @Test func slots_whenAsked_nameTheirPrimary() throws {
        let reply = RESPValue.array([
            entry(0, 100, [(.string(Array("a".utf8)), 1), (.string(Array("b".utf8)), 2)]),
            entry(101, 200, [(.null, 3)]), entry(201, 201, [(.string([]), 4)]),
        ])
        let topology = try ClusterTopology(slots: reply, askedHost: "asked")
        #expect(topology.primary(of: 100) == .init(host: "a", port: 1))
        #expect(topology.primary(of: 101) == .init(host: "asked", port: 3))
        #expect(topology.primary(of: 201) == .init(host: "asked", port: 4))
        #expect(topology.primary(of: 202) == nil)
        #expect(topology.nodes.count == 4)
    }

    @Test func reply_ofAnyOtherShape_isRefused() {
        let wrong: [RESPValue] = [
            .null, .integer(1), .array([.null]), .array([.array([.integer(0), .integer(1)])]),
            .array([entry(5, 4, [(.null, 1)])]), .array([entry(-1, 4, [(.null, 1)])]),
            .array([entry(0, 16_384, [(.null, 1)])]), .array([entry(0, 1, [(.null, 0)])]),
            .array([entry(0, 1, [(.null, 65_536)])]), .error(RedisServerError("ERR no")),
        ]
        for value in wrong {
            #expect(throws: RedisError.self) { _ = try ClusterTopology(slots: value, askedHost: "h") }
        }
    }
}

/// Six real processes.
@Suite(.enabled(if: RedisServer.isInstalled, "no redis-server"), .timeLimit(.minutes(1)))
struct RedisLocatorTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()
    private let key = "anteroom:{0}:journal"

    @Test func primary_whenItFailsOver_isFoundAgain() async throws {
        let cluster = try await RedisCluster()
        let seeds = try RedisAddress.parseNodes(cluster.nodes)
        // One seed is enough, even one that serves other slots.
        let locator = RedisLocator(.cluster(seeds: [seeds[0]]), key: key)
        let first = try await locator.located(on: loop)
        #expect(first.place == seeds[2].place)
        let writer = try await RedisConnection.connect(to: first, on: loop)
        let add = RedisCommand("XADD", key, "7-*", "e", "x")
        #expect(
            try await writer.send(add, deadline: .seconds(5)).get().addedCursor() == Cursor(lineage: 7, sequence: 0))
        let wrong = try await RedisConnection.connect(to: seeds[0], on: loop)
        let moved = try await wrong.send(add, deadline: .seconds(5)).get().serverError
        #expect(
            moved?.kind == .moved(slot: ClusterSlot.slot(of: key), host: "127.0.0.1", port: cluster.servers[2].port))

        // A planned failover: the old primary lives on as a replica, and says MOVED.
        try cluster.servers[5].command("CLUSTER", "FAILOVER")
        let redirected = Box<RedisError?>(nil)
        try await eventually("the old primary says MOVED") {
            guard let error = try await writer.send(add, deadline: .seconds(5)).get().serverError else { return false }
            redirected.value = .server(error)
            return true
        }
        let second = try await locator.located(on: loop, after: redirected.value)
        #expect(second.place == seeds[5].place)

        // A crash: nobody says MOVED, the others elect the replica.
        try await eventually("the old primary follows") {
            try cluster.servers[2].command("INFO", "replication").contains("master_link_status:up")
        }
        try await cluster.servers[5].kill9()
        var opening = RedisOpening()
        opening.deadline = .seconds(1)
        let quick = opening
        try await eventually(within: .seconds(20), "the replica takes over") {
            try await locator.located(on: loop, quick).place == seeds[2].place
        }
        let again = try await RedisConnection.connect(to: seeds[2], on: loop)
        let range = try await again.send(RedisCommand("XRANGE", key, "-", "+"), deadline: .seconds(5)).get()
        #expect(try range.rangeRecords().first?.cursor == Cursor(lineage: 7, sequence: 0))
    }

    @Test func locator_whereNoClusterIs_saysSo() async throws {
        let server = try await RedisServer()
        let single = try RedisAddress(parsing: "redis://127.0.0.1:\(server.port)")
        #expect(try await RedisLocator(.single(single), key: key).located(on: loop) == single)
        await #expect(
            throws: RedisError.noCluster("REDIS_NODES names a single Redis, not a node of a cluster: use REDIS_URL")
        ) {
            _ = try await RedisLocator(.cluster(seeds: [single]), key: key).located(on: loop)
        }
        let gone = try RedisAddress(parsing: "redis://127.0.0.1:\(PortAllocator.free())")
        await #expect(throws: RedisError.unreachable("no connection to Redis at \(gone.place): connection refused")) {
            _ = try await RedisLocator(.cluster(seeds: [gone]), key: key).located(on: loop)
        }
        await #expect(throws: RedisError.noCluster("no node of the Redis Cluster is known")) {
            _ = try await RedisLocator(.cluster(seeds: []), key: key).located(on: loop)
        }
    }
}
