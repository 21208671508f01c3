import Foundation

/// Three primaries and three replicas on this machine, with all slots served.
package final class RedisCluster: Sendable {
    /// The primaries first, then their replicas in the same order, as they were at the start.
    package let servers: [RedisServer]

    /// Starts six servers, joins them, and waits until each sees all slots served.
    package init() async throws {
        var options = RedisServer.Options()
        options.isCluster = true
        let shared = options
        var servers: [RedisServer] = []
        for _ in 0..<6 { servers.append(try await RedisServer(shared)) }
        self.servers = servers
        // By hand: `redis-cli --cluster create` waits whole seconds.
        let bounds = [(0, 5_460), (5_461, 10_922), (10_923, 16_383)]
        for (server, (first, last)) in zip(servers, bounds) {
            try Self.expectOK(server.command("CLUSTER", "ADDSLOTSRANGE", "\(first)", "\(last)"))
        }
        for (index, server) in servers.enumerated() {
            try Self.expectOK(server.command("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)"))
        }
        for server in servers.dropFirst() {
            try Self.expectOK(servers[0].command(server.meetWords))
        }
        try await eventually("all nodes of the cluster know each other") {
            try servers.allSatisfy { try $0.command("CLUSTER", "INFO").contains("cluster_known_nodes:6") }
        }
        for (primary, replica) in zip(servers[..<3], servers[3...]) {
            let id = try primary.command("CLUSTER", "MYID")
            try await eventually("a replica knows its primary") {
                try replica.command("CLUSTER", "REPLICATE", id) == "+OK"
            }
        }
        try await waitUntilServed()
    }

    /// Waits until every running node sees all slots served, and every replica follows.
    package func waitUntilServed() async throws {
        let servers = servers
        try await eventually("the cluster serves all slots") {
            try servers.allSatisfy {
                let info = try $0.command("CLUSTER", "INFO")
                return info.contains("cluster_state:ok") && info.contains("cluster_slots_ok:16384")
            }
        }
        try await eventually("the replicas follow") {
            try servers[3...].allSatisfy { try $0.command("INFO", "replication").contains("master_link_status:up") }
        }
    }

    /// The list of nodes for `REDIS_NODES`.
    package var nodes: String { servers.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") }

    private static func expectOK(_ reply: String) throws {
        guard reply == "+OK" else {
            throw CocoaError(.featureUnsupported, userInfo: [NSDebugDescriptionErrorKey: reply])
        }
    }
}
