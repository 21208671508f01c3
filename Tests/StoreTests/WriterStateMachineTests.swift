import Testing

@testable import Store

@Suite struct WriterStateMachineTests {
    private static let full = EngineError(.diskFull, "full")
    private static let unknown = EngineError(.outcomeUnknown, "fsync")

    @Test func serving_refusesNothingAndProbesNever() {
        let machine = WriterStateMachine()
        #expect(machine.refusal == nil)
        #expect(machine.probeAt == nil)
    }

    @Test func serving_whenAProbeEnds_staysServing() {
        for error in [nil, Self.full] {
            var machine = WriterStateMachine()
            machine.probed(error, at: 5)
            #expect(machine == WriterStateMachine())
        }
    }

    @Test func failedCommit_refusesWithItsReasonAndProbesSoon() {
        var machine = WriterStateMachine()
        machine.commitFailed(Self.full, at: 1_000)
        #expect(machine.refusal == Self.full)
        #expect(machine.probeAt == 1_100)
        machine.probed(nil, at: 1_100)
        #expect(machine == WriterStateMachine())
    }

    /// The failed round's outcome is unknown; that of a write refused afterwards is known: it was not made.
    @Test func refusalAfterAnUnknownOutcome_isUnavailable() {
        var machine = WriterStateMachine()
        machine.commitFailed(Self.unknown, at: 0)
        #expect(machine.refusal?.code == .unavailable)
    }

    @Test func failedProbes_waitTwiceAsLongEachTimeUpToTheBound() {
        var machine = WriterStateMachine()
        machine.commitFailed(Self.unknown, at: 0)
        var waits: [Int64] = []
        for _ in 0..<70 {
            let now = machine.probeAt ?? -1
            machine.probed(Self.full, at: now)
            waits.append((machine.probeAt ?? -1) - now)
            #expect(machine.refusal == Self.full)
        }
        #expect(Array(waits.prefix(6)) == [200, 400, 800, 1_600, 2_000, 2_000])
        #expect(waits.dropFirst(6).allSatisfy { $0 == WriterStateMachine.probeMillisecondsMax })
    }

    @Test func failedCommitWhileFailing_beginsAnew() {
        var machine = WriterStateMachine()
        machine.commitFailed(Self.unknown, at: 0)
        for _ in 0..<5 { machine.probed(Self.full, at: 10_000) }
        machine.commitFailed(Self.full, at: 20_000)
        #expect(machine.mode == .failing(Self.full, probeAt: 20_100, attempt: 1))
    }
}

@Suite struct HousekeepingTests {
    @Test(arguments: [
        (0, 0, false), (1, 0, false), (1, 999, false), (1, 1_000, true), (0, 5_000, false), (499, 999, false),
        (500, 0, true),
    ])
    func flush_isDueByNumberOrByTime(dirty: Int, passed: Int64, isDue: Bool) {
        let housekeeping = Housekeeping(flushInterval: 1_000, now: 50)
        #expect(housekeeping.isFlushDue(at: 50 + passed, dirty: dirty, isShared: false) == isDue)
    }

    @Test func flush_countsFromTheLastOne() {
        var housekeeping = Housekeeping(flushInterval: 1_000, now: 0)
        housekeeping.flushed(at: 5_000)
        #expect(!housekeeping.isFlushDue(at: 5_999, dirty: 1, isShared: false))
        #expect(housekeeping.isFlushDue(at: 6_000, dirty: 1, isShared: false))
    }

    @Test func tick_comesOncePerPeriod() {
        var housekeeping = Housekeeping(flushInterval: 1_000, now: 0)
        let ticks = (0...1_000).filter { housekeeping.tick(at: Int64($0)) }
        #expect(ticks == [250, 500, 750, 1_000])
    }

    @Test func due_isTheNextTick() {
        var housekeeping = Housekeeping(flushInterval: 1_000, now: 0)
        #expect(housekeeping.dueAt(probeAt: nil) == 250)
        _ = housekeeping.tick(at: 900)
        #expect(housekeeping.dueAt(probeAt: nil) == 1_150)
    }

    /// While writes are refused the ticks go on: whoever waits for the journal is told in time.
    @Test func due_whileFailing_isTheProbeOrTheTick() {
        var housekeeping = Housekeeping(flushInterval: 1_000, now: 0)
        #expect(housekeeping.dueAt(probeAt: 12_000) == 250)
        _ = housekeeping.tick(at: 10_000)
        #expect(housekeeping.dueAt(probeAt: 12_000) == 10_250)
        #expect(housekeeping.dueAt(probeAt: 10_100) == 10_100)
    }

    /// A long reader holds the log back: trying again at every round would only cost time.
    @Test func walCheckpoint_isDueAgainOnlyAfterTheLogGrew() {
        var housekeeping = Housekeeping(flushInterval: 1_000, now: 0)
        let isDue = { housekeeping.isWALCheckpointDue(pages: $0, isIdle: $1) }
        let (idle, busy) = (EngineLimits.walPagesIdle, EngineLimits.walPagesBusy)
        #expect(!isDue(idle - 1, true))
        #expect(isDue(idle, true))
        #expect(!isDue(idle, false))
        #expect(isDue(busy, false))
        housekeeping.walCheckpointed(pages: busy)
        #expect(!isDue(busy, true))
        #expect(!isDue(busy + idle - 1, true))
        #expect(isDue(busy + idle, true))
        // The log began anew: counted from nothing again.
        #expect(!isDue(3, true))
        #expect(isDue(idle, true))
    }
}
