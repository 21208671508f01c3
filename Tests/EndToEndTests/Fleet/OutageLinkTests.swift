import TestSupport
import Testing

extension ProcessTests {
    /// Promise: whatever happens on the way to Redis, no reply answers another request, a key takes effect once, and
    /// readiness means that entries are delivered.
    @Suite struct OutageLinkTests {
        @Test func link_cutHeldAndReset_underLoad_losesAndDoublesNothing() async throws {
            try await run { rig, proxy in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                try await load.run {
                    for bytes in [100, 10_000, 33_333] {
                        try await load.waitForAcknowledgements(200)
                        try await proxy.set(.cut(afterBytes: bytes))
                    }
                    try await load.waitForAcknowledgements(200)
                    try await proxy.set(.reset)
                    try await load.waitForAcknowledgements(200)
                    try await proxy.set(.blackHole)
                    try await eventually(within: .seconds(10), "the node behind the proxy sees that Redis is away") {
                        try await rig.a.readiness()?.json?["status"] == "degraded"
                    }
                    try await proxy.set(.none)
                    try await rig.settle()
                    try await load.waitForAcknowledgements(200)
                }
                try await load.expectNothingLost(.kept)
            }
        }

        @Test(arguments: [FaultProxy.Fault.slice(bytes: 1), .latency(milliseconds: 250)])
        func replies_slicedOrLate_answerTheirOwnRequests(_ fault: FaultProxy.Fault) async throws {
            try await run { rig, proxy in
                let log = EventLog()
                let channels = (0..<4).map { "echo:\($0)" }
                try await proxy.set(fault)
                try await withThrowingTaskGroup(of: Void.self) { group in
                    for number in 0..<16 {
                        let publisher = APIPublisher(
                            name: "echo\(number)", channels: channels, http: rig.a.http, log: log,
                            control: LoadControl(), countMax: 4)
                        group.addTask { try await publisher.run() }
                    }
                    try await group.waitForAll()
                }
                // Again with the same keys: the first answers come back.
                let first = log.events.filter { $0.kind == .ack && $0.who == "echo1" }
                let again = EventLog()
                try await APIPublisher(
                    name: "echo1", channels: channels, http: rig.b.http, log: again, control: LoadControl(),
                    countMax: 4
                ).run()
                #expect(again.events.filter { $0.kind == .ack }.map(\.offset) == first.map(\.offset))
                try await proxy.set(.none)
                try await rig.settle()
                for (number, node) in rig.nodes.enumerated() {
                    let reading = FinalReading(http: node.http, log: log, reader: "reading\(number)")
                    let tops = try await reading.read(channels)
                    #expect(tops.values.reduce(0, +) == 64, "as many publications as keys")
                }
                #expect(log.count(.ack) == 64)
                expectNoViolation(log, .kept, "\(fault)")
            }
        }

        @Test func tail_thatStallsWhileRedisAnswers_isNotReady() async throws {
            try await run { rig, proxy in
                try await proxy.set(.stall(command: "XREAD"))
                try await eventually(within: .seconds(15), "the node says that it does not deliver") {
                    try await rig.a.readiness()?.status == 503
                }
                #expect(try await rig.b.readiness()?.status == 200)
                try await proxy.set(.none)
                try await rig.settle()
            }
        }

        /// A fleet whose first node finds Redis behind a proxy.
        private func run(_ body: (FleetRig, FaultProxy) async throws -> Void) async throws {
            let redis = try await RedisServer()
            let proxy = try await FaultProxy(to: redis.port)
            let urls = [proxy.port, redis.port].map { "redis://127.0.0.1:\($0)" }
            try await FleetRig.run(redis, urls: urls) { try await body($0, proxy) }
        }
    }
}
