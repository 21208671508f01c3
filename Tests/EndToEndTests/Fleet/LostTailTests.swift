import Foundation
import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a failover that loses the newest entries is noticed; every client is told, no offset has two contents, and
    /// what a node had acknowledged comes back from that node, once.
    @Suite struct LostTailTests {
        private static let channel = "tail:1"

        @Test func promotedReplica_withALostTail_losesNothingThatANodeHad() async throws {
            let redis = try await ReplicatedRedis()
            try await FleetRig.run(redis.primary, urls: [redis.url, redis.url]) { rig in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                try await load.run {
                    try await load.waitForAcknowledgements(300)
                    try await redis.partition()
                    try await load.waitForAcknowledgements(300)
                    try await redis.failOver()
                    try await rig.settle()
                    try await load.waitForAcknowledgements(300)
                }
                #expect(load.log.count(.resync) >= 6 * 5, "not every client was told")
                try await load.expectNothingLost(.keptOrTold)
            }
        }

        /// Everything is decided before the node that was ahead looks again.
        @Test func nodeThatWasAhead_whenOthersWroteMoreMeanwhile_submitsItsOwnOnce() async throws {
            let redis = try await ReplicatedRedis()
            try await FleetRig.run(redis.primary, urls: [redis.url, redis.url]) { rig in
                let (a, b) = (rig.a, rig.b)
                for number in 0..<5 { try await a.http.publish(Self.channel, ["n": .int(number)], key: "n\(number)") }
                try await rig.settle()
                try await redis.waitUntilEqual()
                let watching = [try await watch(a), try await watch(b)]
                b.server.pause()
                try await redis.partition()
                let session = try await a.http.createSession(["made": "before"])
                var last = StreamPosition(epoch: "", offset: 0)
                for number in 5..<15 {
                    last = try await a.http.publish(Self.channel, ["n": .int(number)], key: "n\(number)")
                }
                a.server.pause()
                try await redis.failOver()
                b.server.resume()
                // The client that wrote number 14 heard nothing, and tries again where it can.
                try await eventually(within: .seconds(20), "the other node goes on") {
                    // Losing the error is safe: it is refused until the nodes have agreed.
                    (try? await b.http.publish(Self.channel, ["n": 14], key: "n14")) != nil
                }
                for number in 100..<140 { try await b.http.publish(Self.channel, ["n": .int(number)]) }
                a.server.resume()
                try await rig.settle()
                try await expectOnce(rig, session)
                try await expectKept(a, numbers: 5..<15)
                for client in watching {
                    try await eventually("\(client.name) is told") { !client.isSubscribed(Self.channel) }
                    #expect(client.publications(Self.channel).allSatisfy { $0.epoch == last.epoch })
                }
                for node in rig.nodes {
                    let back = try await comeBack(to: node.port, Self.channel, at: last)
                    #expect(!back.isRecovered && back.notRecoveredReason == "epoch", "\(back.result.text)")
                }
            }
        }

        /// The primary becomes the replica of a server on which another node has gone on; its readers stay connected.
        @Test func demotedPrimary_withLiveReaders_leavesNoSilentGap() async throws {
            let redis = try await ReplicatedRedis()
            try await FleetRig.run(redis.primary, urls: [redis.url, redis.url]) { rig in
                for number in 0..<5 { try await rig.a.http.publish(Self.channel, ["n": .int(number)]) }
                try await rig.settle()
                try await redis.waitUntilEqual()
                let watching = [try await watch(rig.a), try await watch(rig.b)]
                try await redis.partition()
                let session = try await rig.b.http.createSession(["made": "before"])
                for number in 5..<15 { try await rig.a.http.publish(Self.channel, ["n": .int(number)]) }
                try redis.replica.promote()
                let stranger = try FleetNode(redisURL: "redis://127.0.0.1:\(redis.replica.port)")
                try await during([stranger.server]) {
                    try await stranger.start()
                    for number in 100..<140 { try await stranger.http.publish(Self.channel, ["n": .int(number)]) }
                    try redis.primary.command("REPLICAOF", "127.0.0.1", "\(redis.replica.port)")
                    try await eventually("the primary was demoted") {
                        try redis.primary.command("INFO", "replication").contains("master_link_status:up")
                    }
                    #expect(try redis.primary.command("CONFIG", "SET", "port", "\(PortAllocator.free())") == "+OK")
                    try redis.takeOverPort()
                    try await rig.settle(members: 3)
                    try await expectOnce(rig, session)
                    for client in watching {
                        try await eventually("\(client.name) is told") { !client.isSubscribed(Self.channel) }
                        let seen = client.publications(Self.channel)
                        #expect(Set(seen.map(\.epoch)).count <= 1 && seen.count == 10)
                    }
                }
            }
        }

        private func watch(_ node: FleetNode) async throws -> ProtocolClient {
            let client = ProtocolClient(name: "watching \(node.port)")
            try await client.connect(port: node.port)
            try await client.subscribe(Self.channel)
            return client
        }

        /// Every publication is there once, at the same offset on all nodes, and so is the session.
        private func expectOnce(_ rig: FleetRig, _ session: String) async throws {
            let expected = Set((0..<15).map(JSONValue.int) + (100..<140).map(JSONValue.int))
            try await eventually("everything is readable on the first node") {
                try await rig.a.http.history(Self.channel).publications.count >= expected.count
            }
            let first = try await rig.a.http.history(Self.channel)
            let numbers = first.publications.compactMap { $0["data"]?["n"] }
            #expect(Set(numbers) == expected, "\(numbers)")
            #expect(numbers.count == expected.count, "something took effect twice: \(numbers)")
            for node in rig.nodes.dropFirst() {
                try await eventually("the nodes have the same top") {
                    try await node.http.history(Self.channel).top == first.top
                }
                let other = try await node.http.history(Self.channel).publications
                #expect(other == Array(first.publications.suffix(other.count)), "two contents of one offset")
            }
            for node in rig.nodes { _ = try await node.http.session(session) }
        }

        /// What the fleet went on without lies in a file, and is counted.
        ///
        /// The entry before these numbers may or may not be among them: the read that waited in Redis when the other node
        /// stood still was answered with it.
        private func expectKept(_ node: FleetNode, numbers: Range<Int>) async throws {
            let names = try FileManager.default.contentsOfDirectory(atPath: node.disk.path)
            let name = try #require(names.first { $0.hasPrefix("lost-") && $0.hasSuffix(".ndjson") }, "\(names)")
            let text = try String(contentsOfFile: node.disk.entry(name), encoding: .utf8)
            let lines = try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
            #expect(lines.compactMap { $0["body"]?["n"]?.int } == Array(numbers), "\(text)")
            #expect(lines.count <= numbers.count + 1, "\(text)")
            let fleet = try await node.journal()["fleet"]
            #expect(fleet?["lostEntries"] == .int(lines.count), "\(fleet ?? .null)")
        }
    }
}
