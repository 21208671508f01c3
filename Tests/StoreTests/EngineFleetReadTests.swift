import Journal
import TestSupport
import Testing

@testable import Store

/// What a node that shares its journal answers from memory, and when it asks first.
@Suite struct EngineFleetReadTests {
    private func live() throws -> FleetBench {
        let fleet = try FleetBench()
        fleet.begin()
        return fleet
    }

    @Test func everything_beforeTheNodeWasLive_isUnavailable_neverNotFound() throws {
        let fleet = try FleetBench()
        fleet.arrive([fleet.opening(10)], at: Cursor(lineage: 10, sequence: 0), isDelivered: false)
        let list = Answer<[Session]>()
        let history = Answer<HistoryAnswer>()
        fleet.bench.round(
            .listSessions(type: nil, after: "", limit: 10, list.address()),
            .history(channel: "chat", HistoryFilter(limit: -1), limitMax: 10, .granted, history.address()))
        let codes = [
            fleet.readSession("s1").error?.code, fleet.write(.publish("chat")).error?.code,
            fleet.subscribe("chat").error?.code, list.error?.code, history.error?.code,
        ]
        #expect(codes.allSatisfy { $0 == .unavailable }, "\(codes)")
        #expect(fleet.link.takeAppended().isEmpty)
        fleet.resume()
        #expect(fleet.subscribe("chat").error == nil)
    }

    @Test func position_thatThisNodeDoesNotKnow_waitsForTheJournalFirst() throws {
        let fleet = try live()
        fleet.arrive(.publish("chat", "1"))
        let now = try fleet.subscribe("chat").get().position
        let ahead = fleet.subscribe("chat", from: Position(epoch: now.epoch, offset: 2))
        let other = fleet.subscribe("chat", from: Position(epoch: "other", offset: 1))
        #expect(ahead.isMissing && other.isMissing)
        #expect(fleet.link.memory.value.reaches.count == 2)
        fleet.link.answerReaches(.success(fleet.head.next))
        fleet.bench.roundFromMailbox()
        #expect(ahead.isMissing && other.isMissing)
        fleet.arrive(.publish("chat", "2"))
        guard case .recovered(let missed) = try ahead.get().recovery else {
            Issue.record("the node was only behind")
            return
        }
        #expect(missed.isEmpty)
        guard case .notRecovered(let why) = try other.get().recovery else {
            Issue.record("another epoch was recovered")
            return
        }
        #expect(why.reason == .epoch)
    }

    @Test func waiting_endsAfterASecond_withAnErrorAndNoVerdict() throws {
        let fleet = try live()
        let answer = fleet.readSession("s1")
        fleet.link.answerReaches(.success(Cursor(lineage: 10, sequence: 50)))
        fleet.bench.roundFromMailbox()
        fleet.bench.pass(750)
        #expect(answer.isMissing)
        fleet.bench.pass(250)
        #expect(answer.error?.code == .unavailable)
    }

    /// Fault A7: a node answered from a copy that others had changed since, for as long as somebody asked.
    @Test func unknownSession_isNotFound_onlyOnceTheJournalSaysSo() throws {
        let fleet = try live()
        let (made, missing) = (fleet.readSession("s1"), fleet.readSession("s2"))
        let unasked = fleet.readSession("s3")
        let completions = fleet.link.memory.value.reaches
        #expect(completions.count == 3)
        completions[0](.success(fleet.head.next))
        completions[1](.success(fleet.head))
        completions[2](.failure(JournalError(.unavailable, "Redis does not answer")))
        fleet.bench.roundFromMailbox()
        #expect(unasked.error?.code == .unavailable)
        guard case .notFound = try missing.get() else {
            Issue.record("found what nobody made")
            return
        }
        #expect(made.isMissing)
        fleet.arrive(.session(.sessionCreate, "s1"))
        guard case .found(let session) = try made.get() else {
            Issue.record("the session was there by then")
            return
        }
        #expect(session.id == "s1")
    }

    @Test func questions_ofOneRound_areOne() throws {
        let fleet = try live()
        let answers = (0..<5).map { _ in Answer<SessionAnswer>() }
        fleet.bench.round(answers.map { .readSession(id: "s", .granted, $0.address()) })
        #expect(fleet.link.memory.value.reaches.count == 1)
        fleet.link.answerReaches(.success(fleet.head))
        fleet.bench.roundFromMailbox()
        #expect(answers.allSatisfy { !$0.isMissing })
    }

    @Test func away_readsAndRecoveriesGoOn_writesAreRefused() throws {
        let fleet = try live()
        fleet.arrive(.publish("chat", "1"), .session(.sessionCreate, "s1"))
        let epoch = try fleet.subscribe("chat").get().position.epoch
        fleet.suspend(.away)
        guard
            case .recovered(let missed) = try fleet.subscribe("chat", from: Position(epoch: epoch, offset: 0)).get()
                .recovery
        else {
            Issue.record("nothing is lost while Redis is away")
            return
        }
        #expect(missed.map(\.offset) == [1])
        guard case .found = try fleet.readSession("s1").get() else {
            Issue.record("the session is known")
            return
        }
        #expect(fleet.write(.publish("chat", "2")).error?.code == .unavailable)
        #expect(fleet.link.takeAppended().isEmpty)
        fleet.resume()
        #expect(!fleet.bench.recorder.events.contains(.mark("epochs")), "nobody missed anything")
        _ = fleet.write(.publish("chat", "2"))
        #expect(fleet.link.takeAppended().count == 1)
    }

    @Test func lost_recoveriesAreRefused() throws {
        let fleet = try live()
        fleet.arrive(.publish("chat", "1"))
        let epoch = try fleet.subscribe("chat").get().position.epoch
        fleet.suspend(.loss)
        #expect(fleet.subscribe("chat", from: Position(epoch: epoch, offset: 1)).error?.code == .unavailable)
        #expect(fleet.subscribe("chat").error?.code == .unavailable)
        #expect(fleet.write(.publish("chat", "2")).error?.code == .unavailable)
        #expect(fleet.bench.shared.health.fleet?.phase != FleetHealth.followingPhase)
    }

    /// A node with an empty disk was ready, and answered for a fleet of which it had read a quarter.
    @Test func health_isFollowing_onlyOnceTheNodeHasCaughtUp() throws {
        let fleet = try FleetBench()
        fleet.link.memory.with { $0.status.lagMilliseconds = EngineLimits.caughtUpMilliseconds + 1 }
        fleet.begin()
        #expect(fleet.bench.shared.health.fleet?.phase == "catching-up")
        fleet.link.memory.with { $0.status.lagMilliseconds = EngineLimits.caughtUpMilliseconds }
        fleet.arrive(.publish("chat", "1"))
        #expect(fleet.bench.shared.health.fleet?.phase == FleetHealth.followingPhase)
        fleet.link.memory.with { $0.status.lagMilliseconds = EngineLimits.caughtUpMilliseconds + 1 }
        fleet.arrive(.publish("chat", "2"))
        #expect(fleet.bench.shared.health.fleet?.phase == FleetHealth.followingPhase, "once is enough")
    }

    @Test func halted_isSeenInHealth() throws {
        let fleet = try live()
        #expect(fleet.bench.shared.health.fleet?.phase == FleetHealth.followingPhase)
        fleet.bench.round(.arrival(.halted(.unknownEntry(fleet.head, "kind 99"))))
        let health = try #require(fleet.bench.shared.health.fleet)
        #expect(health.halted?.contains("kind 99") == true)
        #expect(health.phase != FleetHealth.followingPhase)
        #expect(fleet.write(.publish("chat")).error?.message.contains("kind 99") == true)
    }

    @Test func entries_carryTheServersClock_andJournalTimeNeverGoesBack() throws {
        let fleet = try live()
        let before = fleet.bench.core.state.journalTime
        fleet.link.memory.with { $0.time = before + 5_000 }
        _ = fleet.write(.publish("chat", "1"))
        #expect(fleet.link.memory.value.appended.last?.time == before + 5_000)
        fleet.bringBack()
        fleet.link.memory.with { $0.time = 7 }
        _ = fleet.write(.publish("chat", "2"))
        fleet.bringBack()
        #expect(fleet.bench.core.state.journalTime == before + 5_000)
        #expect(fleet.bench.core.now == before + 5_000)
    }
}
