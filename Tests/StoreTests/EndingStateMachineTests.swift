import Testing

@testable import Store

@Suite struct EndingStateMachineTests {
    private static let patience = EngineLimits.appendMilliseconds

    @Test func withNothingInFlight_leavesAtOnce() {
        var ending = EndingStateMachine()
        #expect(ending.next(hasWriters: false, at: 100) == .leave(until: 100 + Self.patience))
    }

    @Test func writersInFlight_areWaitedForAndNoLonger() {
        var ending = EndingStateMachine()
        #expect(ending.next(hasWriters: true, at: 0) == .wait(until: Self.patience))
        #expect(ending.next(hasWriters: true, at: Self.patience - 1) == .wait(until: Self.patience))
        var answered = ending
        #expect(answered.next(hasWriters: false, at: 10) == .leave(until: 10 + Self.patience))
        #expect(ending.next(hasWriters: true, at: Self.patience) == .leave(until: 2 * Self.patience))
    }

    @Test func leaving_isAskedForOnceAndWaitedFor() {
        var ending = EndingStateMachine()
        _ = ending.next(hasWriters: false, at: 0)
        #expect(ending.next(hasWriters: true, at: 1) == .wait(until: Self.patience))
        ending.left()
        #expect(ending.next(hasWriters: true, at: 2) == .finish)
        #expect(ending.next(hasWriters: true, at: 3) == .finish)
    }

    @Test func linkThatDoesNotLetGo_isNotWaitedForForever() {
        var ending = EndingStateMachine()
        _ = ending.next(hasWriters: false, at: 0)
        #expect(ending.next(hasWriters: false, at: Self.patience) == .finish)
    }

    /// A link that halted says so whenever it wants.
    @Test func leftBeforeItsTime_changesNothing() {
        var ending = EndingStateMachine()
        ending.left()
        #expect(ending.phase == .serving)
        _ = ending.next(hasWriters: true, at: 0)
        ending.left()
        #expect(ending.phase == .answering(until: Self.patience))
    }
}
