import TestSupport
import Testing

extension ProcessTests {
    /// Promise: while Redis stands still, writes are refused in time, and reads and open connections go on.
    @Suite struct OutagePauseTests {
        @Test func redis_pausedForTenSeconds_refusesWritesAndKeepsTheRest() async throws {
            try await FleetRig.run(own: [1: ["READY_REQUIRES_JOURNAL": "true"]]) { rig in
                let load = try await MixedLoad(ports: rig.ports, .fleet, bearsOutages: true)
                let session = try await rig.a.http.post("/api/sessions", ["document": ["step": 1]])
                let id = try #require(session.json?["id"]?.string)
                let bystanders = try await Self.bystanders(rig)
                try await load.run {
                    try await load.waitForAcknowledgements(300)
                    rig.redis.pause()
                    let end = ContinuousClock.now + .seconds(10)
                    for node in rig.nodes { try await Self.expectDegraded(node, session: id) }
                    try await eventually(within: .seconds(15), "ten seconds are over") { ContinuousClock.now >= end }
                    rig.redis.resume()
                    try await eventually(within: .seconds(10), "writes go on") {
                        for node in rig.nodes {
                            let members = try await node.journal()["fleet"]?["members"]?.int
                            #expect(members == 2, "a pause of everybody is nobody's end")
                        }
                        return try await rig.a.readiness()?.json?["status"] == "ready"
                    }
                    try await rig.settle()
                    try await load.waitForAcknowledgements(300)
                }
                for client in bystanders { #expect(client.end == nil, "an open connection was ended") }
                try await load.expectNothingLost(.kept)
            }
        }

        private static func bystanders(_ rig: FleetRig) async throws -> [ProtocolClient] {
            var clients: [ProtocolClient] = []
            for port in rig.ports {
                let client = ProtocolClient(name: "bystander")
                try await client.connect(port: port)
                try await client.subscribe("quiet:1")
                clients.append(client)
            }
            return clients
        }

        private static func expectDegraded(_ node: FleetNode, session id: String) async throws {
            // The client's own deadline is what says that no write waits longer.
            try await eventually(within: .seconds(8), "the node on \(node.port) refuses writes at once") {
                let answer = try await node.http.send(
                    .PUT, "/api/sessions/\(id)", headers: [("If-Match", "\"1\"")], body: #"{"step":2}"#)
                #expect(answer.status == 503)
                #expect(answer.header("Retry-After") != nil)
                return answer.json?["detail"]?.string?.contains("was not made") ?? false
            }
            let read = try await node.http.get("/api/sessions/\(id)")
            #expect(read.status == 200 && read.json?["document"]?["step"] == 1, "\(read.body)")
            let requiresJournal = try await node.readiness()?.status == 503
            let ready = try await node.readiness()
            #expect(ready?.json?["status"] == (requiresJournal ? "not_ready" : "degraded"))
        }
    }
}
