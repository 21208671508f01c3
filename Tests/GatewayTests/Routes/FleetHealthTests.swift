import HTTPTypes
import JSONBytes
import Synchronization
import TestSupport
import Testing

@testable import Gateway
@testable import Store

/// Readiness and status of a node in a fleet.
@Suite struct FleetHealthTests {
    private static let away = FleetHealth(isAway: true)

    @Test(
        arguments: [
            (FleetHealth(), "ok", "ok", true), (away, "degraded", "away", true),
            (FleetHealth(isStalled: true), "degraded", "stalled", false),
            (FleetHealth(halted: "an entry of format 9 can't be read"), "degraded", "halted", false),
            (FleetHealth(phase: "joining"), "degraded", "joining", false),
            (FleetHealth(phase: "recounting"), "degraded", "recounting", false),
            (FleetHealth(isAway: true, phase: "starting"), "degraded", "starting", false),
            (FleetHealth(notReplicated: true), "degraded", "not-replicated", true),
            (FleetHealth(warnings: ["no persistence"], lostEntries: 3), "ok", "ok", true),
        ] as [(FleetHealth, String, String, Bool)])
    func verdict_followsTheFleet(fleet: FleetHealth, status: String, journal: String, isReady: Bool) {
        let health = EngineHealth(failure: nil, isStuck: false, fleet: fleet)
        let verdict = HealthVerdict(health, isDraining: false)
        #expect(verdict.status == status && verdict.journal == journal && verdict.isReady == isReady)
        #expect(verdict.reasons.isEmpty == (status == "ok"))
        #expect(!HealthVerdict(health, isDraining: true).isReady)
        let strict = HealthVerdict(health, isDraining: false, requiresJournal: true)
        #expect(strict.isReady == (isReady && !fleet.isAway))
    }

    @Test func ready_whenRedisIsAway_isDegradedUnlessItIsRequired() async throws {
        for (isRequired, status, word) in [(false, 200, "\"degraded\""), (true, 503, "\"not_ready\"")] {
            try await RouteRig.run(GatewayConfiguration(readyRequiresJournal: isRequired)) { rig in
                rig.core.engine.shared.note(fleet: Self.away)
                let ready = try await rig.send(.get, "/health/ready")
                #expect(ready.status == status)
                #expect(ready.member("status") == word)
                #expect(ready.member("reasons") == #"["Redis does not answer"]"#)
                let health = try await rig.send(.get, "/health")
                #expect(health.status == 200)
                #expect(health.member("status") == "\"degraded\"")
                #expect(
                    health.member("journal")
                        == #"{"mode":"shared","status":"away","reason":"Redis does not answer"}"#)
            }
        }
    }

    @Test func ready_whenTheTailStalls_is503() async throws {
        try await RouteRig.run { rig in
            rig.core.engine.shared.note(fleet: FleetHealth(isStalled: true))
            let ready = try await rig.send(.get, "/health/ready")
            #expect(ready.status == 503)
            rig.core.engine.shared.note(fleet: FleetHealth())
            #expect(try await rig.send(.get, "/health/ready").status == 200)
        }
    }

    @Test func status_showsTheFleet() async throws {
        try await RouteRig.run { rig in
            let alone = try await rig.send(.get, "/api/status")
            #expect(alone.json.member("journal")?.member("fleet") == nil)
            rig.core.engine.shared.note(
                fleet: FleetHealth(
                    lagMilliseconds: 4, roundTripMicroseconds: 90, members: 3, warnings: ["w"], lostEntries: 2))
            let reply = try await rig.send(.get, "/api/status")
            #expect(
                reply.json.member("journal")?.member("fleet")?.string
                    == #"{"isAway":false,"isStalled":false,"lagMs":4,"lostEntries":2,"members":3,"notReplicated":false,"#
                    + #""phase":"following","roundTripUs":90,"warnings":["w"]}"#)
        }
    }

    @Test func notReplicated_isTemporaryAndSaysThatARetryIsSafe() {
        let error = EngineError(.notReplicated, "1 of 2 replicas confirmed")
        let problem = Problem(error, .write)
        #expect(problem.status == .serviceUnavailable && problem.code == "not-replicated" && problem.retryAfter == 1)
        #expect(
            problem.detail
                == "1 of 2 replicas confirmed; the outcome is unknown, and a retry with the same idempotency key is safe."
        )
        #expect(Problem(error, .read).code == "unavailable")
        let server = ServerError(error, .write)
        #expect(server.code == 100 && server.isTemporary && server.message.hasPrefix("not-replicated: "))
        #expect(server.transportStatus == .serviceUnavailable)
        #expect(ReplyError(error).isTemporary)
        #expect(EngineError.Code.allCases.allSatisfy { Problem(EngineError($0, ""), .write).retryAfter != nil })
    }
}
