import Journal
import TestSupport
import Testing

@testable import Store

/// Writes of an engine whose journal is shared; the arrivals are the test's.
@Suite struct EngineFleetTests {
    private func live(waitsForReplicas: Bool = false) throws -> FleetBench {
        let fleet = try FleetBench(waitsForReplicas: waitsForReplicas)
        fleet.begin()
        return fleet
    }

    @Test func write_isAnsweredWhenItsEntryComesBack_notBefore() throws {
        let fleet = try live()
        let answer = fleet.write(.publish("chat", "1"))
        fleet.bench.pass(1_000)
        fleet.arrive(.publish("chat", "0"))
        #expect(answer.isMissing)
        fleet.bringBack()
        let receipt = try #require(try answer.get().receipt)
        #expect(receipt.position?.offset == 2 && receipt.cursor == Cursor(lineage: 10, sequence: 2))
    }

    @Test(arguments: ["failed", "overdue", "away", "loss", "halted"])
    func write_whoseEntryDoesNotComeBack_hasAnUnknownOutcomeOnce(end: String) throws {
        let fleet = try live()
        let answer = fleet.write(.publish("chat", "1"))
        let sent = fleet.link.takeAppended()
        switch end {
        case "failed":
            fleet.bench.round(.arrival(.failed(sent.map(\.id.counter), JournalError(.outcomeUnknown, "gone"))))
        case "overdue": fleet.bench.pass(EngineLimits.appendMilliseconds)
        case "away": fleet.suspend(.away)
        case "loss": fleet.suspend(.loss)
        default: fleet.bench.round(.arrival(.halted(.diverged(fleet.head))))
        }
        #expect(answer.error?.code == .outcomeUnknown)
        // An answer that came twice fails the test by itself.
        fleet.bench.round(.arrival(.failed(sent.map(\.id.counter), JournalError(.unavailable, "gone"))))
        fleet.arrive(sent)
        fleet.suspend(.loss)
        fleet.bench.pass(EngineLimits.appendMilliseconds)
        fleet.bench.core.finish()
    }

    /// A round may hold a write, the loss, and what follows it: the write must not slip into the next lineage.
    @Test func write_inTheRoundOfALoss_isNeverSent() throws {
        let fleet = try live()
        let answer = Answer<WriteAnswer>()
        fleet.bench.round(
            .write(.publish("chat", "1"), .granted, answer.address()), .arrival(.suspended(.away)),
            .arrival(.resumed))
        #expect(answer.error?.code == .outcomeUnknown)
        #expect(fleet.link.takeAppended().isEmpty)
    }

    @Test func write_whileReplicasAreWaitedFor_isAnsweredOnceBothCame() throws {
        let fleet = try live(waitsForReplicas: true)
        let (early, late) = (fleet.write(.publish("chat", "1")), fleet.write(.publish("chat", "2")))
        let sent = fleet.link.takeAppended()
        fleet.bench.round(.arrival(.confirmed(upTo: try #require(sent.first).id.counter)))
        #expect(early.isMissing)
        fleet.arrive(sent)
        #expect(try early.get().receipt?.position?.offset == 1)
        #expect(late.isMissing)
        fleet.bench.round(.arrival(.confirmed(upTo: try #require(sent.last).id.counter)))
        #expect(try late.get().receipt?.position?.offset == 2)
    }

    @Test(arguments: [true, false])
    func write_thatTooFewReplicasHave_saysSo(cameBackFirst: Bool) throws {
        let fleet = try live(waitsForReplicas: true)
        let answer = fleet.write(.publish("chat", "1"))
        let sent = fleet.link.takeAppended()
        let failure = Request.arrival(.failed(sent.map(\.id.counter), JournalError(.notReplicated, "0 of 1")))
        if cameBackFirst {
            fleet.arrive(sent)
            #expect(answer.isMissing)
            fleet.bench.round(failure)
        } else {
            fleet.bench.round(failure)
            fleet.arrive(sent)
        }
        #expect(answer.error?.code == .notReplicated)
        fleet.bench.core.finish()
    }

    @Test func key_thatAnotherNodeUsed_givesItsReceipt() throws {
        let fleet = try live()
        fleet.arrive(.publish("chat", "1", key: "k"))
        let answer = fleet.write(.publish("chat", "1", key: "k"))
        fleet.bringBack()
        guard case .duplicate(let receipt) = try answer.get() else {
            Issue.record("the key took effect twice")
            return
        }
        #expect(receipt.position?.offset == 1)
        #expect(fleet.bench.core.state.channels["chat"]?.top == 1)
    }

    @Test(arguments: [SessionAccess.user("bob"), .user(""), .user("ann"), .granted])
    func patch_ofASessionThatThisNodeDoesNotKnowYet_isForItsOwner(access: SessionAccess) throws {
        let fleet = try live()
        let answer = fleet.write(.session(.sessionPatch, "s1", "{\"a\":1}"), access)
        let patch = fleet.link.takeAppended()
        fleet.arrive(.session(.sessionCreate, "s1"))
        fleet.arrive(patch)
        let isAllowed = access == .granted || access == .user("ann")
        switch try answer.get() {
        case .accepted(let receipt): #expect(isAllowed && receipt.version == 2)
        case .forbidden: #expect(!isAllowed)
        default: Issue.record("neither accepted nor forbidden")
        }
        #expect(fleet.bench.core.state.sessions["s1"]?.version == (isAllowed ? 2 : 1))
    }

    @Test func stop_answersWhoeverStillWaits() throws {
        let fleet = try live()
        let write = fleet.write(.publish("chat", "1"))
        let unknown = fleet.readSession("s1")
        let behind = Answer<Cursor>()
        fleet.bench.round(.reach(Cursor(lineage: 10, sequence: 99), behind.address()))
        #expect(fleet.bench.stop())
        #expect(fleet.link.memory.value.isStopped)
        #expect(write.error?.code == .outcomeUnknown)
        #expect(behind.error?.code == .stopping)
        fleet.link.answerReaches(.success(fleet.head))
        #expect(unknown.error?.code == .stopping)
    }

    @Test func stop_waitsForWhatIsInFlight() throws {
        let fleet = try live()
        let write = fleet.write(.publish("chat", "1"))
        let sent = fleet.link.takeAppended()
        #expect(fleet.bench.beginStop() == .within(milliseconds: EngineLimits.appendMilliseconds))
        #expect(!fleet.link.memory.value.isStopped)
        fleet.arrive(sent)
        guard case .accepted = try write.get() else { throw EngineError(.unavailable, "not accepted") }
        #expect(fleet.bench.stop())
        #expect(fleet.link.memory.value.isStopped)
    }

    @Test func subscribedSession_isKeptAliveByEachNode_butSweptByOne() throws {
        let fleet = try live()
        fleet.arrive(
            .session(.sessionCreate, "kept", ttl: 9_000_000), .session(.sessionCreate, "left", ttl: 1_000))
        fleet.bench.round(
            .subscribe(
                SubscribeRequest(channel: "session:kept", loop: 0, recover: nil, limit: 0, access: .granted),
                Answer<SubscribeAnswer>().address()))
        fleet.bench.pass(3_000_000, step: 500_000)
        #expect(fleet.link.takeAppended().allSatisfy { $0.kind == .sessionTouch && $0.channel == "session:kept" })
        #expect(fleet.bench.core.state.sessions["left"]?.endedAt == nil)
        fleet.link.memory.with { $0.status.isCheckpointer = true }
        fleet.bench.pass(1_000)
        let sweeps = fleet.link.takeAppended().filter { $0.kind == .sessionExpire }
        #expect(sweeps.map(\.channel) == ["session:left"], "one expiry, however often the sweeper looks")
        fleet.arrive(sweeps)
        #expect(fleet.bench.core.state.sessions["left"]?.endedAt != nil)
    }

    @Test func checkpointer_offersTheState_onceItIsInTheFile() throws {
        let fleet = try live()
        fleet.arrive(.publish("chat", "1"))
        fleet.bench.pass(1_000)
        #expect(fleet.link.memory.value.offers.isEmpty)
        fleet.link.memory.with { $0.status.isCheckpointer = true }
        fleet.bench.pass(250)
        #expect(eventually { fleet.link.memory.value.offers.count == 1 })
        #expect(fleet.link.memory.value.offers.first?.place == fleet.bench.core.state.place)
        fleet.bench.roundFromMailbox()
        fleet.bench.pass(20_000, step: 5_000)
        #expect(fleet.link.memory.value.offers.count == 1, "nothing new came")
    }
}
