import Foundation
import Journal
import TestSupport
import Testing

/// Two nodes on one real Redis.
@Suite(.enabled(if: RedisServer.isInstalled))
struct SharedLinkTests {
    private func pair(_ server: RedisServer) async throws -> (SharedNode, SharedNode) {
        let nodes = (SharedNode(server.address), SharedNode(server.address))
        try await eventually("both nodes are live") { nodes.0.isLive && nodes.1.isLive }
        return nodes
    }

    @Test func nodes_whenBothAppendAtOnce_takeTheSameEntriesInOneOrder() async throws {
        let server = try await RedisServer()
        let (first, second) = try await pair(server)
        for _ in 0..<20 {
            first.append(20)
            second.append(20)
        }
        try await eventually("all arrived") { first.taken.count == 800 && second.taken.count == 800 }
        #expect(first.taken == second.taken)
        #expect(first.ownTaken == first.ownTaken.sorted())
        // Both found an empty Redis and wanted to open: one did.
        #expect(try server.openings() == 1)
        #expect(first.memory.value.failed.isEmpty && second.memory.value.failed.isEmpty)
        try await eventually("nothing is in flight") { first.link.status.appendsInFlight == 0 }
        try await eventually("each sees the other") {
            first.link.status.members == [first.origin, second.origin]
                && second.link.status.members == [first.origin, second.origin]
        }
        let status = first.link.status
        #expect(status.phase == "following" && status.isLive && !status.isAway && !status.isStalled)
        #expect(status.warnings.count == 1, "it keeps nothing over its restart, and says so: \(status.warnings)")
        #expect(status.serverVersion.hasPrefix("7.") && (status.roundTripMicroseconds ?? 0) > 0)
    }

    @Test func nodes_whenRedisRestartsWithItsFile_goOnInANewLineageWithNothingLost() async throws {
        var options = RedisServer.Options()
        options.isAppendOnly = true
        let server = try await RedisServer(options)
        let (first, second) = try await pair(server)
        let lineage = first.lineage
        first.append(30)
        try await eventually("the first arrived") { first.taken.count == 30 && second.taken.count == 30 }
        try await server.kill9()
        try await eventually("both noticed") { !first.isLive && !second.isLive }
        #expect(first.link.status.isAway)
        try await server.start()
        try await eventually("both are live again") { first.isLive && second.isLive }
        second.append(30)
        try await eventually("the second arrived") { first.taken.count == 60 && second.taken.count == 60 }
        #expect(first.taken == second.taken)
        #expect(first.lineage > lineage && first.lineage == second.lineage)
        #expect(!first.memory.value.events.contains("join") && !second.memory.value.events.contains("join"))
    }

    @Test(arguments: [
        ["FLUSHALL"], ["DEL", "anteroom:{0}:journal"], ["DEL", "anteroom:{0}:journal", "anteroom:{0}:pointer"],
    ])
    func nodes_whenTheStreamIsWiped_openANewLineageAndKeepTheirState(_ command: [String]) async throws {
        let server = try await RedisServer()
        let (first, second) = try await pair(server)
        let lineage = first.lineage
        first.append(10)
        try await eventually("the first arrived") { first.taken.count == 10 && second.taken.count == 10 }
        _ = try server.command(command)
        try await eventually("a new lineage is followed") {
            first.isLive && second.isLive && first.lineage > lineage && second.lineage == first.lineage
        }
        #expect(first.memory.value.events.contains("loss"))
        second.append(10)
        try await eventually("the second arrived") { first.taken.count == 20 && second.taken.count == 20 }
        #expect(first.taken == second.taken)
    }

    @Test func nodes_whenTheStreamIsTrimmedBehindTheirBack_goOnInTheSameLineage() async throws {
        let server = try await RedisServer()
        let (first, second) = try await pair(server)
        let lineage = first.lineage
        first.append(10)
        try await eventually("the first arrived") { first.taken.count == 10 && second.taken.count == 10 }
        try server.command("XTRIM", "anteroom:{0}:journal", "MAXLEN", "0")
        first.append(10)
        try await eventually("the second arrived") { first.taken.count == 20 && second.taken.count == 20 }
        #expect(first.taken == second.taken && first.lineage == lineage)
    }

    @Test func nodes_whenAReplicaWithoutTheTailTakesOver_keepWhatTheyHadAndAgree() async throws {
        let primary = try await RedisServer()
        var options = RedisServer.Options()
        options.replicaOf = primary.port
        let replica = try await RedisServer(options)
        try await eventually("synchronized") {
            try replica.command("INFO", "replication").contains("master_link_status:up")
        }
        let (first, second) = try await pair(primary)
        first.append(10)
        try await eventually("replicated") {
            let newest = try replica.command("XREVRANGE", "anteroom:{0}:journal", "+", "-", "COUNT", "1")
            return first.taken.count == 10 && second.taken.count == 10
                && newest.contains(first.memory.value.place.cursor.streamID)
        }
        try replica.promote()
        let lineage = first.lineage
        first.append(5)
        try await eventually("the tail is on both nodes") { first.taken.count == 15 && second.taken.count == 15 }
        try await primary.kill9()
        // The port is taken over by a server that has the stream without its tail.
        options.replicaOf = replica.port
        let heir = try await RedisServer(options, port: primary.port)
        try await eventually("synchronized") {
            try heir.command("INFO", "replication").contains("master_link_status:up")
        }
        try heir.promote()
        try await eventually("both are live in a new lineage") {
            first.isLive && second.isLive && first.lineage > lineage && first.lineage == second.lineage
        }
        second.append(5)
        try await eventually("all arrived") { first.taken.count == 20 && second.taken.count == 20 }
        #expect(first.taken == second.taken)
    }

    @Test func nodes_whenRedisStandsStill_areAwayAndThenGoOnInTheSameLineage() async throws {
        let server = try await RedisServer()
        let nodes = (
            SharedNode(server.address) {
                $0.look = 200; $0.readSlack = 200
            },
            SharedNode(server.address) {
                $0.look = 200; $0.readSlack = 200
            }
        )
        try await eventually("both nodes are live") { nodes.0.isLive && nodes.1.isLive }
        let lineage = nodes.0.lineage
        nodes.0.append(5)
        try await eventually("the first arrived") { nodes.1.taken.count == 5 }
        server.pause()
        try await eventually("both are away") { !nodes.0.isLive && !nodes.1.isLive }
        let refused = nodes.0.append(3)
        try await eventually("writes are refused") {
            refused.allSatisfy { nodes.0.memory.value.failed[$0] == .unavailable }
        }
        server.resume()
        try await eventually("both are live again") { nodes.0.isLive && nodes.1.isLive }
        nodes.1.append(5)
        try await eventually("the second arrived") { nodes.0.taken.count >= 10 && nodes.0.taken == nodes.1.taken }
        #expect(nodes.0.lineage == lineage)
        #expect(nodes.0.link.status.members == [nodes.0.origin, nodes.1.origin], "nobody's lease lapsed")
    }

    @Test func appends_whenTheConnectionIsCutInAPipeline_haveOneOutcomeEach() async throws {
        let server = try await RedisServer()
        let proxy = try await FaultProxy(to: server.port)
        let witness = SharedNode(server.address)
        let node = SharedNode(RedisAddress(endpoint: .tcp(host: "127.0.0.1", port: proxy.port)))
        try await eventually("both nodes are live") { witness.isLive && node.isLive }
        try await proxy.set(.cut(afterBytes: 40_000))
        let counters = node.append(1_000)
        try await eventually("the connection was cut") { node.memory.value.events.contains("away") }
        try await proxy.set(.none)
        try await eventually("live again") { node.isLive }
        node.append(10)
        try await eventually("the last arrived") {
            node.ownTaken.count >= 10 && node.taken == witness.taken
                && counters.allSatisfy { node.ownTaken.contains($0) || node.memory.value.failed[$0] != nil }
        }
        let own = node.ownTaken
        #expect(own == own.sorted() && Set(own).count == own.count, "nothing twice, nothing out of order")
        let failed = node.memory.value.failed
        #expect(failed.values.contains(.outcomeUnknown))
        #expect(failed.allSatisfy { $0.value == .outcomeUnknown || !own.contains($0.key) }, "refused means not made")
    }

    @Test func nodes_whenTheClustersMasterDies_followItsReplicaAndKeepWhatTheyHad() async throws {
        let cluster = try await RedisCluster()
        let target = RedisTarget.cluster(seeds: try RedisAddress.parseNodes(cluster.nodes))
        let (first, second) = (SharedNode(target: target), SharedNode(target: target))
        try await eventually("both nodes are live") { first.isLive && second.isLive }
        first.append(10)
        try await eventually("the first arrived") { first.taken.count == 10 && second.taken.count == 10 }
        let lineage = first.lineage
        let master = try #require(
            cluster.servers[..<3].first { try $0.command("EXISTS", "anteroom:{0}:journal") == ":1" })
        try await master.kill9()
        try await eventually(within: .seconds(20), "both follow the new master") {
            first.isLive && second.isLive && first.lineage > lineage && second.lineage == first.lineage
        }
        second.append(10)
        try await eventually("the second arrived") { first.taken.count == 20 && second.taken.count == 20 }
        #expect(first.taken == second.taken)
    }
}
