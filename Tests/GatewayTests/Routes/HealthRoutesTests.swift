import HTTPTypes
import JSONBytes
import Store
import Synchronization
import Testing

@testable import Gateway

@Suite struct HealthRoutesTests {
    @Test func health_whenAllIsWell_needsNothing() async throws {
        try await RouteRig.run(.production()) { rig in
            let live = try await rig.send(.get, "/health/live")
            let ready = try await rig.send(.get, "/health/ready")
            let health = try await rig.send(.get, "/health")
            let check = try await rig.send(.get, "/health-check")
            #expect([live, ready, health, check].map(\.status) == [200, 200, 200, 200])
            #expect(live.member("status") == "\"alive\"")
            #expect(ready.member("status") == "\"ready\"")
            #expect(health.member("status") == "\"ok\"")
            #expect(health.json.member("connections")?.string == #"{"total":0}"#)
            #expect(health.json.member("journal")?.string == #"{"mode":"embedded","status":"ok"}"#)
            #expect(health.member("uptime") != nil)
            #expect(health.member("timestamp")?.hasSuffix("Z\"") == true)
            #expect(check.member("status") == "\"ok\"")
            for member in ["rss", "heapTotal", "heapUsed"] {
                let bytes = check.json.member("memory")?.member(member).flatMap { Int($0.string) } ?? 0
                #expect(bytes > 100_000, "\(member)")
            }
        }
    }

    /// Row O1: a balancer sends nobody to a node that stops.
    @Test func ready_whenDraining_is503() async throws {
        try await RouteRig.run { rig in
            rig.core.isDraining.store(true, ordering: .relaxed)
            let ready = try await rig.send(.get, "/health/ready")
            #expect(ready.status == 503)
            #expect(ready.member("reasons") == #"["the node is stopping"]"#)
            let health = try await rig.send(.get, "/health")
            #expect(health.status == 200)
            #expect(health.member("status") == "\"degraded\"")
        }
    }

    @Test func ready_whenTheNodeIsFull_sendsNewClientsElsewhere() async throws {
        var configuration = GatewayConfiguration.development
        configuration.traffic.softConnections = 2
        try await RouteRig.run(configuration) { rig in
            rig.core.connections.opened(on: .client)
            #expect(try await rig.send(.get, "/health/ready").status == 200)
            rig.core.connections.opened(on: .events)
            let full = try await rig.send(.get, "/health/ready")
            #expect(full.status == 503)
            #expect(full.member("status") == "\"full\"")
            #expect(try await rig.send(.get, "/health").member("status") == "\"ok\"", "nothing is wrong with it")
            rig.core.connections.ended(on: .events)
            #expect(try await rig.send(.get, "/health/ready").status == 200)
        }
    }

    @Test(arguments: [
        (EngineError?.none, false, false, "ok", "ok", 0),
        (EngineError(.diskFull, "disk"), false, false, "degraded", "disk-full", 1),
        (EngineError(.unavailable, "x"), false, true, "degraded", "unavailable", 2),
        (nil, true, false, "unhealthy", "stuck", 1),
        (EngineError(.diskFull, "disk"), true, true, "unhealthy", "stuck", 3), (nil, false, true, "degraded", "ok", 1),
    ])
    func verdict_followsEngineAndDrain(
        failure: EngineError?, isStuck: Bool, isDraining: Bool, status: String, journal: String, reasons: Int
    ) {
        let verdict = HealthVerdict(failure: failure, isStuck: isStuck, isDraining: isDraining)
        #expect(verdict.status == status)
        #expect(verdict.journal == journal)
        #expect(verdict.reasons.count == reasons)
    }

    /// Fault A24: everybody was shown every session, with what it held.
    @Test func status_withoutTheKey_isRefused() async throws {
        try await RouteRig.run(.production()) { rig in
            let user = try RouteRig.token(Identity(user: "7"))
            for fields in [[:], ["X-API-Key": "wrong"], user] {
                let reply = try await rig.send(.get, "/api/status", "", fields)
                #expect([401, 403].contains(reply.status) && reply.member("sessions") == nil)
            }
        }
    }

    @Test func status_showsTheNode() async throws {
        try await RouteRig.run(.production()) { rig in
            let id = try await rig.makeSession(#"{"type":"quiz"}"#, RouteRig.key)
            let reply = try await rig.send(.get, "/api/status", "", RouteRig.key)
            #expect(reply.status == 200)
            let sessions = reply.json.member("sessions")
            #expect(sessions?.member("count")?.string == "1")
            #expect(sessions?.member("byType")?.string == #"{"quiz":1}"#)
            #expect(sessions?.member("list")?.string.contains(id) == true)
            #expect(reply.json.member("storage")?.member("mode")?.string == "\"sqlite\"")
            #expect(reply.json.member("journal")?.member("lineage")?.string == "1")
            for member in ["environment", "process", "websocket", "connections", "counters", "isDraining"] {
                #expect(reply.member(member) != nil, "\(member)")
            }
        }
    }

    @Test func status_whenTheEngineCannotAnswer_saysWhy() async throws {
        try await RouteRig.run { rig in
            _ = rig.core.engine.stop()
            let reply = try await rig.send(.get, "/api/status")
            #expect(reply.status == 200)
            #expect(reply.json.member("failure")?.member("code")?.string == "\"stopping\"")
        }
    }

    /// Everything that is served, and what it needs; whoever adds a route thinks about its rights here.
    @Test func routeTable_isAsDocumented() async throws {
        try await RouteRig.run { rig in
            // Those of links and waiting rooms are in LinkTableTests.
            let rows = GatewayRouter(core: rig.core).rows.filter { row in
                ![PersistentSessionRoutes.path, WaitingRoomRoutes.path].contains { row.contains($0) }
            }
            #expect(
                rows.sorted() == [
                    "DELETE /api/sessions/{id} session", "GET /api/health/websocket apiKey", "GET /api/sessions apiKey",
                    "GET /api/sessions/{id} session", "GET /api/status apiKey", "GET /api/ws/stats apiKey",
                    "GET /events channel", "GET /events/** channel",
                    "GET /health nothing", "GET /health-check nothing", "GET /health/live nothing",
                    "GET /health/ready nothing", "GET /metrics apiKey", "GET /status nothing",
                    "HEAD /api/sessions/{id} session",
                    "PATCH /api/sessions/{id} session",
                    "POST /api apiKey", "POST /api/batch apiKey", "POST /api/broadcast apiKey",
                    "POST /api/channels apiKey", "POST /api/disconnect apiKey", "POST /api/history apiKey",
                    "POST /api/history_remove apiKey", "POST /api/import apiKey", "POST /api/info apiKey",
                    "POST /api/presence apiKey", "POST /api/presence_stats apiKey", "POST /api/publish apiKey",
                    "POST /api/refresh apiKey", "POST /api/rpc apiKey", "POST /api/sessions session",
                    "POST /api/sessions/{id}/touch session", "POST /api/subscribe apiKey",
                    "POST /api/unsubscribe apiKey",
                    "PUT /api/sessions/{id} session",
                ])
            let other = try await rig.send(.get, "/nothing/here")
            #expect(other.status == 404)
        }
    }
}
