import TestSupport
import Testing

extension ProcessTests {
    /// Promise: in a Redis Cluster the nodes follow the journal to whoever serves it.
    @Suite struct ClusterTests {
        @Test func masterOfTheJournal_whenItDies_isFollowedByItsReplica() async throws {
            let cluster = try await RedisCluster()
            let environment = ["REDIS_NODES": cluster.nodes, "NODE_LEASE_MS": "1000"]
            let nodes = [try ServerProcess(environment: environment), try ServerProcess(environment: environment)]
            try await during(nodes) {
                for node in nodes { try await node.start(within: .seconds(20)) }
                let load = try await MixedLoad(ports: nodes.map(\.port), .fleet, bearsOutages: true)
                try await load.run {
                    try await load.waitForAcknowledgements(300)
                    let served = try cluster.servers.prefix(3).first {
                        try $0.command("EXISTS", "anteroom:{0}:journal") == ":1"
                    }
                    try await #require(served).kill9()
                    try await load.waitForAcknowledgements(300, within: .seconds(40))
                }
                #expect(load.log.count(.resync) >= 6, "the clients were not told")
                try await load.expectNothingLost(.carriedOver)
            }
        }
    }
}
