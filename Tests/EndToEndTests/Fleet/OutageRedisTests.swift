import TestSupport
import Testing

extension ProcessTests {
    /// Promise: whatever becomes of Redis, nothing that was acknowledged is gone while the nodes live, and whoever has a
    /// position is told that it is void.
    @Suite struct OutageRedisTests {
        @Test func redis_restartedWithItsFile_tellsEverybodyAndLosesNothing() async throws {
            var options = RedisServer.Options()
            options.isAppendOnly = true
            try await expectNewLineage(options) { try await $0.redis.restart() }
        }

        @Test func redis_killedAndRestartedEmpty_isFilledByTheNodes() async throws {
            try await expectNewLineage {
                try await $0.redis.kill9()
                try await $0.redis.start()
            }
        }

        @Test func redis_flushed_isFilledByTheNodes() async throws {
            try await expectNewLineage { try $0.redis.command("FLUSHALL") }
        }

        @Test func stream_deleted_isOpenedAnew() async throws {
            try await expectNewLineage { try $0.redis.command("DEL", FleetRig.key("journal")) }
        }

        @Test func stream_trimmedPastANodeThatIsAway_losesNothing() async throws {
            try await FleetRig.run { rig in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                try await load.run {
                    try await load.waitForAcknowledgements(300)
                    try await rig.a.kill()
                    try await load.waitForAcknowledgements(300)
                    try rig.redis.command("XTRIM", FleetRig.key("journal"), "MAXLEN", "0")
                    try await rig.a.startAgain()
                    try await rig.settle()
                    try await load.waitForAcknowledgements(300)
                }
                try await load.expectNothingLost(.trimmed)
            }
        }

        @Test func stream_trimmedPastANodeThatStoodStill_isJoinedAnew() async throws {
            try await FleetRig.run { rig in
                let write: JSONValue = ["channel": "still:1", "data": ["n": 1]]
                _ = try await rig.a.http.post("/api/publish", write)
                // Then the next one is not due for minutes, unless somebody needs it.
                try await eventually("the first checkpoint is in Redis") {
                    try rig.redis.command("EXISTS", FleetRig.key("pointer")) == ":1"
                }
                rig.b.server.pause()
                for _ in 0..<3 { _ = try await rig.a.http.post("/api/publish", write) }
                try rig.redis.command("XTRIM", FleetRig.key("journal"), "MAXLEN", "0")
                for _ in 0..<3 { _ = try await rig.a.http.post("/api/publish", write) }
                rig.b.server.resume()
                try await rig.settle()
                let top = try await rig.b.http.post("/api/history", ["channel": "still:1"])
                #expect(top.json?["result"]?["offset"] == 7)
            }
        }

        @Test func stream_trimmedUnderLoad_losesNothing() async throws {
            try await FleetRig.run { rig in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                try await load.run {
                    for _ in 0..<5 {
                        try await load.waitForAcknowledgements(5)
                        try rig.redis.command("XTRIM", FleetRig.key("journal"), "MAXLEN", "0")
                    }
                    try await rig.settle()
                    try await load.waitForAcknowledgements(300)
                }
                try await load.expectNothingLost(.trimmed)
            }
        }

        private func expectNewLineage(
            _ options: RedisServer.Options = RedisServer.Options(),
            _ sourceLocation: SourceLocation = #_sourceLocation,
            after harm: (FleetRig) async throws -> Void
        ) async throws {
            try await FleetRig.run(redis: options) { rig in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                let lineage = try await rig.a.lineage()
                try await load.run {
                    try await load.waitForAcknowledgements(500)
                    try await harm(rig)
                    try await eventually(within: .seconds(30), "a new lineage") {
                        try await rig.a.lineage() != lineage
                    }
                    try await rig.settle()
                    try await load.waitForAcknowledgements(300)
                }
                // Six followers of four channels and a session each, and two streams.
                #expect(load.log.count(.resync) >= 6 * 5 + 2, sourceLocation: sourceLocation)
                try await load.expectNothingLost(.carriedOver, "", sourceLocation)
            }
        }
    }
}
