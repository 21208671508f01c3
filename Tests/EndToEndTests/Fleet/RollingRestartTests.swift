import TestSupport
import Testing

extension ProcessTests {
    /// Promise: nodes are replaced one after the other without a write that fails for good, and without a gap; what comes new
    /// with an empty disk takes everything from Redis.
    @Suite struct RollingRestartTests {
        @Test func nodesReplacedByEmptyOnes_underLoad_loseNothing() async throws {
            try await FleetRig.run(environment: ["DRAIN_SECONDS": "1"]) { rig in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                try await load.run {
                    for round in 0..<3 {
                        for node in rig.nodes {
                            try await load.waitForAcknowledgements(100)
                            if round == 1 { try await node.kill() } else { #expect(try await node.stop() == .code(0)) }
                            try await load.waitForAcknowledgements(50)
                            try await node.startAgain(hasEmptyDisk: true)
                            try await rig.settle()
                        }
                    }
                    try await load.waitForAcknowledgements(100)
                }
                #expect(load.control.reconnectCount >= 6, "the subscribers were hardly hit")
                try await load.expectNothingLost(.kept)
                try await expectRecoveries(rig, load.channels)
            }
        }

        /// What one recovery may carry at least; how much there is to recover depends on how fast the load was.
        private static let recoverable = 250

        /// Positions all over the past are recovered by nodes that were not there then.
        private func expectRecoveries(_ rig: FleetRig, _ channels: [String]) async throws {
            for (number, channel) in channels.prefix(6).enumerated() {
                let node = rig.nodes[number % rig.nodes.count]
                let top = try await node.http.history(channel).top
                let oldest = top.offset - min(top.offset, Self.recoverable)
                for offset in [oldest, (oldest + top.offset) / 2, top.offset] {
                    let position = StreamPosition(epoch: top.epoch, offset: offset)
                    let back = try await comeBack(to: node.port, channel, at: position)
                    #expect(back.isRecovered && back.missedCount == top.offset - offset, "\(channel) from \(offset)")
                }
            }
        }

        @Test func joiningNode_whenTheJournalHasThousandsOfSessions_servesThemAll() async throws {
            try await FleetRig.run(nodeCount: 1) { rig in
                let made = try await withThrowingTaskGroup(of: [String].self) { group in
                    for worker in 0..<Self.workers {
                        let http = rig.a.http
                        group.addTask {
                            var ids: [String] = []
                            for number in 0..<Self.sessionsPerWorker {
                                ids.append(
                                    try await http.createSession(["worker": .int(worker), "number": .int(number)]))
                            }
                            return ids
                        }
                    }
                    return try await group.reduce(into: []) { $0.append($1) }
                }
                let joining = try FleetNode(redisURL: "redis://127.0.0.1:\(rig.redis.port)")
                try await during([joining.server]) {
                    try await joining.start()
                    for ids in made {
                        for id in [ids.first, ids.last].compactMap(\.self) {
                            #expect(try await joining.http.session(id) == rig.a.http.session(id))
                        }
                    }
                    let status = try await joining.http.get("/api/status")
                    let count = made.reduce(0) { $0 + $1.count }
                    #expect(status.json?["sessions"]?["count"] == .int(count), "\(status.body.prefix(500))")
                    let answer = try await joining.http.send(.PATCH, "/api/sessions/\(made[0][0])", body: #"{"x":1}"#)
                    #expect(answer.status == 200, "\(answer.body)")
                }
            }
        }

        private static let workers = 32
        private static let sessionsPerWorker = 625
    }
}
