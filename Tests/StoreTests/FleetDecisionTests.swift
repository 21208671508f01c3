import Journal
import Testing

@testable import Store

/// The pure parts of a node that shares its journal.
@Suite struct FleetStateMachineTests {
    private enum Event: CaseIterable { case away, loss, halt, silent, delivered, resume, join }

    private static func machine(_ events: Event...) -> FleetStateMachine { machine(events) }

    private static func machine(_ events: [Event]) -> FleetStateMachine {
        var machine = FleetStateMachine()
        for event in events { _ = take(event, &machine) }
        return machine
    }

    @discardableResult
    private static func take(_ event: Event, _ machine: inout FleetStateMachine) -> Bool {
        switch event {
        case .away: machine.suspended(.away)
        case .loss: machine.suspended(.loss)
        case .halt: machine.halted("why")
        case .silent: machine.applied(isDelivered: false)
        case .delivered: machine.applied(isDelivered: true)
        case .resume: return machine.resumed()
        case .join: machine.joined()
        }
        return false
    }

    private static let ways: [(name: String, events: [Event])] = [
        ("starting", []), ("live", [.resume]), ("away", [.resume, .away]), ("lost", [.resume, .loss]),
        ("halted", [.resume, .halt]),
    ]

    private static func name(_ standing: FleetStateMachine.Standing) -> String {
        switch standing {
        case .starting: "starting"
        case .live: "live"
        case .away: "away"
        case .lost: "lost"
        case .halted: "halted"
        }
    }

    @Test func standing_afterEachEvent() {
        let table: [String: [Event: String]] = [
            "starting": [.away: "starting", .loss: "starting", .halt: "halted", .resume: "live"],
            "live": [.away: "away", .loss: "lost", .halt: "halted", .resume: "live"],
            "away": [.away: "away", .loss: "lost", .halt: "halted", .resume: "live"],
            "lost": [.away: "lost", .loss: "lost", .halt: "halted", .resume: "live"],
            "halted": [.away: "halted", .loss: "halted", .halt: "halted", .resume: "halted"],
        ]
        for (name, events) in Self.ways {
            for event in Event.allCases {
                var machine = Self.machine(events)
                #expect(Self.name(machine.standing) == name)
                Self.take(event, &machine)
                #expect(Self.name(machine.standing) == table[name]?[event] ?? name, "\(name) × \(event)")
            }
        }
    }

    @Test func refusals_dependOnTheStanding() {
        for (name, events) in Self.ways {
            let machine = Self.machine(events)
            #expect((machine.appendRefusal == nil) == (name == "live"), "\(name)")
            #expect((machine.recoveryRefusal == nil) == ["live", "away"].contains(name), "\(name)")
            #expect((machine.readRefusal == nil) == (name != "starting"), "\(name)")
            #expect(machine.isCurrent == ["live", "away"].contains(name), "\(name)")
        }
        let halted = Self.machine(.halt)
        #expect(halted.readRefusal?.message == "why" && halted.appendRefusal?.message == "why")
    }

    @Test func resuming_endsSubscriptions_onlyWhereSomebodyMissedSomething() {
        var fresh = Self.machine(.silent)
        #expect(!fresh.mayFlush)
        let freshEnds = fresh.resumed()
        #expect(!freshEnds, "nobody was connected before the first time")
        #expect(fresh.mayFlush)
        var away = Self.machine(.resume, .away)
        let awayEnds = away.resumed()
        #expect(!awayEnds)
        var silent = Self.machine(.resume, .loss, .silent, .delivered)
        #expect(!silent.mayFlush)
        let ends = silent.resumed()
        #expect(ends && silent.mayFlush)
        var joined = Self.machine(.resume, .loss, .silent, .join)
        #expect(joined.mayFlush)
        let joinedEnds = joined.resumed()
        #expect(!joinedEnds, "the join told them")
    }

    @Test func recovery_whileAway_isRefusedOnceSomethingCameInSilence() {
        #expect(Self.machine(.resume, .away, .silent).recoveryRefusal?.code == .unavailable)
    }
}

@Suite struct AwaitingTests {
    private func write(_ channel: String, isOwn: Bool = false) -> Awaiting.Write {
        Awaiting.Write(channel: channel, to: isOwn ? nil : Answer<WriteAnswer>().address())
    }

    @Test func write_isTakenOnce() {
        var awaiting = Awaiting()
        awaiting.add(write("a"), counter: 1, deadline: 100)
        #expect(awaiting.hasWriters)
        #expect(awaiting.take(1)?.channel == "a")
        #expect(awaiting.take(1) == nil && !awaiting.hasWriters)
        #expect(awaiting.takeOverdue(at: 1_000).isEmpty)
    }

    @Test func upkeep_isKnownByItsChannelWhileUnderWay() {
        var awaiting = Awaiting()
        awaiting.add(write("s", isOwn: true), counter: 1, deadline: 100)
        #expect(awaiting.upkeep == ["s"] && !awaiting.hasWriters)
        #expect(awaiting.takeOverdue(at: 99).isEmpty)
        #expect(awaiting.takeOverdue(at: 100).map(\.channel) == ["s"])
        #expect(awaiting.upkeep.isEmpty)
    }

    @Test func overdue_areThoseWhoseTimeIsOver_inOrder() {
        var awaiting = Awaiting()
        for counter in 1...5 as ClosedRange<UInt64> {
            awaiting.add(write("\(counter)"), counter: counter, deadline: Int64(counter) * 10)
        }
        _ = awaiting.take(2)
        #expect(awaiting.takeOverdue(at: 35).map(\.channel) == ["1", "3"])
        #expect(awaiting.takeAll().map(\.channel) == ["4", "5"])
        #expect(!awaiting.hasWriters && awaiting.takeOverdue(at: .max).isEmpty)
    }
}

@Suite struct BarrierTests {
    private func request(_ id: String) -> Request {
        .readSession(id: id, .granted, Answer<SessionAnswer>().address())
    }

    private func names(_ requests: [Request]) -> [String] {
        requests.map { if case .readSession(let id, _, _) = $0 { id } else { "?" } }
    }

    @Test func requests_areTakenOnceTheirCursorIsReached() {
        var barrier = Barrier()
        for (name, sequence) in [("a", 5), ("b", 3), ("c", 9)] as [(String, UInt64)] {
            let isTaken = barrier.wait(request(name), for: Cursor(lineage: 1, sequence: sequence), deadline: 100)
            #expect(isTaken)
        }
        #expect(barrier.takeReached(Cursor(lineage: 1, sequence: 2)).isEmpty)
        #expect(names(barrier.takeReached(Cursor(lineage: 1, sequence: 5))) == ["a", "b"])
        #expect(barrier.takeReached(Cursor(lineage: 1, sequence: 8)).isEmpty)
        // A newer lineage is beyond everything of an older one.
        #expect(names(barrier.takeReached(Cursor(lineage: 2, sequence: 0))) == ["c"])
        #expect(barrier.takeReached(Cursor(lineage: 9, sequence: 0)).isEmpty)
    }

    @Test func requests_areOverdueAtTheirDeadline() {
        var barrier = Barrier()
        for (name, deadline) in [("a", 10), ("b", 20)] as [(String, Int64)] {
            let isTaken = barrier.wait(request(name), for: Cursor(lineage: 1, sequence: 1), deadline: deadline)
            #expect(isTaken)
        }
        #expect(barrier.takeOverdue(at: 9).isEmpty)
        #expect(names(barrier.takeOverdue(at: 10)) == ["a"])
        #expect(names(barrier.takeReached(Cursor(lineage: 1, sequence: 1))) == ["b"])
        #expect(barrier.takeOverdue(at: .max).isEmpty)
    }

    @Test func question_isAskedOnceForAll() {
        var barrier = Barrier()
        #expect(!barrier.hasQuestion)
        barrier.ask(request("a"))
        barrier.ask(request("b"))
        #expect(barrier.hasQuestion)
        #expect(names(barrier.takeAsking()) == ["a", "b"])
        #expect(!barrier.hasQuestion)
    }

    @Test func all_comeOut_thoseOfTheRoundInHandToo() {
        var barrier = Barrier()
        barrier.ask(request("b"))
        _ = barrier.wait(request("a"), for: Cursor(lineage: 1, sequence: 1), deadline: 1)
        #expect(names(barrier.takeAll()) == ["a", "b"])
        #expect(barrier.takeAll().isEmpty)
    }

    @Test func number_isBounded() {
        var barrier = Barrier()
        let (cursor, waiting) = (Cursor(lineage: 1, sequence: 1), request("a"))
        for _ in 0..<Barrier.waitingMax { _ = barrier.wait(waiting, for: cursor, deadline: 1) }
        let isTaken = barrier.wait(waiting, for: cursor, deadline: 1)
        #expect(!isTaken)
    }
}

@Suite struct CheckpointDutyTests {
    private func cursor(_ sequence: UInt64, lineage: UInt64 = 1) -> Cursor {
        Cursor(lineage: lineage, sequence: sequence)
    }

    private var done: CheckpointDuty {
        var duty = CheckpointDuty()
        duty.began(at: 0)
        duty.ended(.success(cursor(100)), at: 1)
        return duty
    }

    @Test func first_isDueAtOnce_andNoSecondWhileItIsUnderWay() {
        var duty = CheckpointDuty()
        #expect(duty.isDue(entries: cursor(1), rows: 0, at: 0))
        duty.began(at: 0)
        #expect(!duty.isDue(entries: cursor(1), rows: 0, at: 1_000_000))
        duty.ended(.failure(JournalError(.unavailable, "no")), at: 5)
        #expect(!duty.isDue(entries: cursor(1), rows: 0, at: CheckpointDuty.pauseMilliseconds - 1))
        #expect(duty.isDue(entries: cursor(1), rows: 0, at: CheckpointDuty.pauseMilliseconds))
    }

    @Test func next_whenSomebodyCannotGoOnWithoutIt_isDueAfterThePause() {
        let pause = CheckpointDuty.pauseMilliseconds
        #expect(done.isDue(entries: cursor(101), rows: 0, isWanted: true, at: pause))
        #expect(!done.isDue(entries: cursor(101), rows: 0, isWanted: true, at: pause - 1))
        #expect(!done.isDue(entries: cursor(100), rows: 0, isWanted: true, at: pause), "it would be the same one")
    }

    private static let cases: [(sequence: UInt64, rows: Int, time: Int64, isDue: Bool)] = [
        (100, 0, CheckpointDuty.intervalMilliseconds, false), (101, 0, CheckpointDuty.intervalMilliseconds, true),
        (101, 0, CheckpointDuty.intervalMilliseconds - 1, false),
        (100 + CheckpointDuty.entriesMin, 0, CheckpointDuty.pauseMilliseconds, true),
        (100 + CheckpointDuty.entriesMin, 60_000, CheckpointDuty.pauseMilliseconds, false),
        (100 + 60_000, 60_000, CheckpointDuty.pauseMilliseconds, true),
        (50, 0, CheckpointDuty.intervalMilliseconds, false),
    ]

    @Test(arguments: cases.indices) func next_isDueByEntriesOrTime(index: Int) {
        let given = Self.cases[index]
        #expect(done.isDue(entries: cursor(given.sequence), rows: given.rows, at: given.time) == given.isDue)
    }

    @Test func newLineage_isWorthOne() {
        #expect(done.isDue(entries: cursor(0, lineage: 2), rows: 0, at: CheckpointDuty.pauseMilliseconds))
    }
}

@Suite struct UnconfirmedTests {
    @Test func entries_settleOnceTheReplicasHaveThem() {
        var (unconfirmed, settled): (Unconfirmed, [UInt64]) = (Unconfirmed(), [])
        for counter in [3, 1, 2] as [UInt64] {
            #expect(unconfirmed.holds(counter))
            unconfirmed.add(counter) { _ in settled.append(counter) }
        }
        for settle in unconfirmed.confirmed(upTo: 2) { settle(nil) }
        #expect(settled == [1, 2] && !unconfirmed.isEmpty)
        // What was confirmed before it came back need not wait, and an older confirmation takes nothing back.
        _ = unconfirmed.confirmed(upTo: 1)
        #expect(!unconfirmed.holds(2) && unconfirmed.holds(3))
        for settle in unconfirmed.takeAll() { settle(nil) }
        #expect(settled == [1, 2, 3] && unconfirmed.isEmpty)
        #expect(unconfirmed.take(3) == nil)
    }
}
