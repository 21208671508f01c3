import Testing

@testable import Journal

/// A machine and its clock.
private struct Tail {
    var machine: TailStateMachine
    var now: Int64 = 0

    /// At the entry of a lineage that is bound to server `a`.
    init(
        at place: Place = place(2, 5), chain: LineageChain = chain, start: TailStateMachine.Start = .discardFile,
        isSoleOwner: Bool = false
    ) {
        machine = TailStateMachine(origin: 1, place: place, chain: chain, start: start, isSoleOwner: isSoleOwner)
    }

    /// Live in lineage 2 on server `a`.
    static var live: Tail {
        var tail = Tail()
        _ = tail.send(.looked(view()))
        return tail
    }

    mutating func send(_ event: TailStateMachine.Event, after milliseconds: Int64 = 10) -> TailStateMachine.Step {
        now += milliseconds
        return machine.handle(event, at: now)
    }

    /// Counts the same posts for some time, as a driver does; the last step.
    mutating func count(_ posts: [RollPost], for milliseconds: Int64, seeing view: StreamView) -> TailStateMachine.Step
    {
        let end = now + milliseconds
        var step = send(.posts(posts), after: 0)
        while now < end {
            if case .pause = step.next { _ = send(.paused, after: 250) }
            step = send(.looked(view), after: 0)
            if case .read = step.next { step = send(read([], from: view.server), after: 0) }
            guard case .post = step.next else { return step }
            step = send(.posts(posts), after: 0)
            if case .open = step.next { return step }
        }
        return step
    }
}

private func place(_ lineage: UInt64, _ sequence: UInt64, by origin: UInt64 = 9) -> Place {
    Place(cursor: Cursor(lineage: lineage, sequence: sequence), id: EntryID(origin: origin, counter: sequence + 1))
}

private let chain = LineageChain([
    LineageChain.Link(lineage: 1, parent: .start, server: "a"),
    LineageChain.Link(lineage: 2, parent: place(1, 9), server: "a"),
])

private func view(
    _ server: String = "a", top: Cursor? = Cursor(lineage: 2, sequence: 5),
    first: Cursor? = Cursor(lineage: 2, sequence: 0),
    atPlace: EntryID? = place(2, 5).id, pointer: CheckpointPointer? = nil
) -> StreamView {
    StreamView(server: server, isPrimary: true, top: top, first: first, atPlace: atPlace, pointer: pointer)
}

private func pointer(_ place: Place, chain: LineageChain = chain, nonce: UInt64 = 1) -> CheckpointPointer {
    CheckpointPointer(
        place: place, readsAfter: place.cursor, chain: chain, nonce: nonce, chunks: 1, checksum: 0,
        retainedFrom: place.cursor)
}

private func read(_ items: [TailStateMachine.Item], from server: String = "a", isPrimary: Bool = true)
    -> TailStateMachine.Event
{
    .read(TailStateMachine.Batch(entries: items, server: server, isPrimary: isPrimary))
}

private func entry(_ lineage: UInt64, _ sequence: UInt64) -> TailStateMachine.Item {
    TailStateMachine.Item(place: place(lineage, sequence), opening: nil)
}

private func opening(_ lineage: UInt64, parent: Place, server: String) -> TailStateMachine.Item {
    TailStateMachine.Item(
        place: place(lineage, 0), opening: Opening(salt: "s", secret: "x", parent: parent, server: server))
}

private func forked(_ lineage: UInt64, from parent: Place, server: String) -> LineageChain {
    var forked = chain
    forked.append(LineageChain.Link(lineage: lineage, parent: parent, server: server))
    return forked
}

@Suite
struct TailStateMachineTests {
    private static let waits = TailStateMachine.Next.read(after: Cursor(lineage: 2, sequence: 5), waits: true)
    private static let silent = TailStateMachine.Next.read(after: Cursor(lineage: 2, sequence: 5), waits: false)
    private static let posts = TailStateMachine.Next.post(place(2, 5))
    private static let ahead = pointer(place(2, 8))
    private static let branched = pointer(place(3, 2), chain: forked(3, from: place(2, 3), server: "a"))

    @Test(
        arguments: [
            (view(), waits, true),
            (view(atPlace: EntryID(origin: 4, counter: 6)), posts, false),
            (view(top: nil, first: nil, atPlace: nil), posts, false),
            (view(top: Cursor(lineage: 2, sequence: 4), atPlace: nil), posts, false),
            // The place's own entry was trimmed, and nothing after it.
            (
                view(top: Cursor(lineage: 2, sequence: 7), first: Cursor(lineage: 2, sequence: 6), atPlace: nil), waits,
                true
            ),
            (view(first: nil, atPlace: nil), waits, true),
            // Trimmed past.
            (
                view(
                    top: Cursor(lineage: 2, sequence: 9), first: Cursor(lineage: 2, sequence: 8), atPlace: nil,
                    pointer: ahead),
                .join(ahead, hasSurplus: false), false
            ),
            (
                view(top: Cursor(lineage: 2, sequence: 9), first: Cursor(lineage: 2, sequence: 8), atPlace: nil),
                .pause(250), false
            ),
            // A newer lineage, whose opening may be the next entry.
            (
                view(top: Cursor(lineage: 3, sequence: 2), first: Cursor(lineage: 3, sequence: 0), atPlace: nil),
                silent, false
            ),
            // Another server: what it has is read, but in silence.
            (view("b"), silent, false),
        ] as [(StreamView, TailStateMachine.Next, Bool)])
    func look_whenLive_decides(view: StreamView, next: TailStateMachine.Next, isLive: Bool) {
        var tail = Tail.live
        let step = tail.send(.looked(view))
        #expect(step.next == next)
        #expect(step.effects == (isLive ? [] : [.suspend(.loss)]))
        #expect(tail.machine.isLive == isLive)
    }

    @Test(arguments: [TailStateMachine.Event.connected, .paused, .lossSeen, .joinFailed, .opened(nil), .disconnected])
    func event_whenLive_isFollowedByALook(event: TailStateMachine.Event) {
        var tail = Tail.live
        let next = tail.send(event).next
        #expect([.look(place(2, 5)), .pause(250), .reconnect].contains(next))
    }

    @Test func event_whenHalted_changesNothing() {
        var tail = Tail.live
        #expect(tail.send(.undecodable(Cursor(lineage: 2, sequence: 6), "kind")).effects == [.suspend(.halted)])
        #expect(tail.send(.connected) == tail.send(.looked(view())))
        #expect(tail.machine.phase.name == "halted")
    }

    @Test func look_whenServerIsAReplica_reconnects() {
        var tail = Tail.live
        var found = view()
        found.isPrimary = false
        #expect(tail.send(.looked(found)).next == .reconnect)
        #expect(tail.machine.suspension == .away)
    }

    @Test func look_whenLossFollowsAnAbsence_saysSoToo() {
        var tail = Tail.live
        #expect(tail.send(.disconnected).effects == [.suspend(.away)])
        #expect(tail.send(.looked(view("b"))).effects == [.suspend(.loss)])
        #expect(tail.send(.disconnected).effects == [])
        #expect(tail.machine.suspension == .loss)
    }

    @Test func read_whenServerIsAnotherBehindIt_handsNothing() {
        // M2: a demoted primary feeds the other branch to a reader between two reads.
        var (tail, other) = (Tail.live, Tail.live)
        #expect(tail.send(read([entry(2, 6)], from: "b")).effects == [.suspend(.loss)])
        #expect(other.send(read([entry(2, 6)], isPrimary: false)).effects == [.suspend(.away)])
        #expect(tail.machine.place == place(2, 5) && other.machine.place == place(2, 5))
    }

    @Test func read_whenEntriesFollow_deliversThem() {
        var tail = Tail.live
        #expect(tail.send(read([entry(2, 6), entry(2, 7)])).effects == [.hand(2, isDelivered: true)])
    }

    @Test func read_whenTrimmedBetweenLookAndRead_takesTheCheckpointAndOpensNothing() {
        var tail = Tail.live
        let step = tail.send(read([entry(2, 6), entry(2, 9)]))
        #expect(step.effects == [.hand(1, isDelivered: true), .suspend(.loss)])
        let pointer = pointer(place(2, 8))
        let found = view(
            top: Cursor(lineage: 2, sequence: 9), first: Cursor(lineage: 2, sequence: 9), atPlace: nil, pointer: pointer
        )
        #expect(tail.send(.looked(found)).next == .join(pointer, hasSurplus: false))
    }

    @Test func read_whenLineageOpensOnTheSameServer_endsWhatIsInFlight() {
        var tail = Tail.live
        let step = tail.send(read([entry(2, 6), opening(3, parent: place(2, 6), server: "a"), entry(3, 1)]))
        #expect(step.effects == [.hand(2, isDelivered: true), .suspend(.loss), .resume, .hand(1, isDelivered: true)])
    }

    @Test func read_whenSilent_appliesUntilAnOpeningOfThisServer() {
        // M2: a node that lags behind the loss reads on, but acknowledges and delivers nothing.
        var tail = Tail.live
        _ = tail.send(.looked(view("b")))
        #expect(tail.send(read([entry(2, 6)], from: "b")).effects == [.hand(1, isDelivered: false)])
        let step = tail.send(read([opening(3, parent: place(2, 6), server: "b"), entry(3, 1)], from: "b"))
        #expect(step.effects == [.hand(1, isDelivered: false), .resume, .hand(1, isDelivered: true)])
    }

    @Test func read_whenOldOpeningComesInARollCall_doesNotEndIt() {
        // First error of the review's model: an old opening, read while catching up, cleared the roll call.
        var tail = Tail()
        _ = tail.send(.looked(view("b")))
        let step = tail.send(read([opening(3, parent: place(2, 5), server: "a"), entry(3, 1)], from: "b"))
        #expect(step.effects == [.hand(1, isDelivered: false), .hand(1, isDelivered: false)])
        #expect(tail.machine.phase.name == "recounting")
    }

    @Test func joined_whenCheckpointIsOfAnotherServersLineage_isNotLive() {
        // Second error of the review's model: an empty node joined from an old opening on a new primary, and wrote.
        var tail = Tail(at: .start, chain: LineageChain())
        let pointer = pointer(place(2, 5))
        let found = view("b", first: Cursor(lineage: 2, sequence: 3), atPlace: nil, pointer: pointer)
        #expect(tail.send(.looked(found)).next == .join(pointer, hasSurplus: false))
        _ = tail.send(.joined(place(2, 5), chain, pointer))
        #expect(tail.send(.looked(view("b", pointer: pointer))).next == Self.silent)
        #expect(!tail.machine.isLive)
    }

    @Test func joined_whenOpeningMustFollow_isNotLiveBeforeIt() {
        var tail = Tail.live
        var opened = pointer(place(2, 5), chain: forked(3, from: place(2, 5), server: "a"))
        opened.readsAfter = Cursor(lineage: 3, sequence: 0).justBefore
        _ = tail.send(.looked(view(top: nil, first: nil, atPlace: nil)))
        _ = tail.send(.joined(place(2, 5), chain, opened))
        let found = view(
            top: Cursor(lineage: 3, sequence: 4), first: Cursor(lineage: 3, sequence: 0), atPlace: nil, pointer: opened)
        #expect(tail.send(.looked(found)).effects == [])
        #expect(!tail.machine.isLive)
        #expect(tail.send(read([opening(3, parent: place(2, 5), server: "a")])).effects.last == .resume)
    }

    @Test func joined_whenItsOpeningIsGone_isNotTakenAgain() {
        var tail = Tail.live
        var opened = pointer(place(2, 5), chain: forked(3, from: place(2, 5), server: "a"))
        opened.readsAfter = Cursor(lineage: 3, sequence: 0).justBefore
        let found = view(top: Cursor(lineage: 3, sequence: 0), first: nil, atPlace: nil, pointer: opened)
        _ = tail.send(.joined(place(2, 5), chain, opened))
        _ = tail.send(.looked(found))
        #expect(tail.send(read([])).next == .look(place(2, 5)))
        #expect(tail.send(.looked(found)).next == .pause(250))
    }

    @Test func look_whenWipedAndRefilledWithTheSameIds_isALoss() {
        // M1: the entry at the cursor has the same id and is another one.
        var tail = Tail.live
        let refilled = view(top: Cursor(lineage: 2, sequence: 9), atPlace: EntryID(origin: 7, counter: 6))
        #expect(tail.send(.looked(refilled)).effects == [.suspend(.loss)])
    }

    @Test(
        arguments: [
            (place(2, 5), TailStateMachine.Start.refuse, "read"), (place(2, 5), .discardFile, "read"),
            (place(2, 7), .refuse, "halt"), (place(2, 7), .discardFile, "join"), (place(2, 7), .seedFromFile, "post"),
            // Behind, but on the chain: there is nothing to decide.
            (place(1, 4), .refuse, "join"), (place(1, 4), .seedFromFile, "join"),
        ] as [(Place, TailStateMachine.Start, String)])
    func start_whenFleetWentOn_takesTheFileOnlyOnTheChain(at: Place, start: TailStateMachine.Start, next: String) {
        var tail = Tail(at: at, start: start)
        let pointer = pointer(place(3, 2), chain: forked(3, from: place(2, 5), server: "a"))
        let found = view(
            top: Cursor(lineage: 3, sequence: 4), first: Cursor(lineage: 3, sequence: 0), atPlace: nil, pointer: pointer
        )
        var step = tail.send(.looked(found))
        if at != place(2, 5), case .read = step.next {
            step = tail.send(read([opening(3, parent: place(2, 5), server: "a")]))
            step = tail.send(.looked(found))
        }
        #expect("\(step.next)".hasPrefix(next))
    }

    @Test func rollCall_whenNobodyIsAhead_opensOnceItsPostIsUpLongEnough() {
        var tail = Tail.live
        let gone = view(top: nil, first: nil, atPlace: nil)
        _ = tail.send(.looked(gone))
        let posts = [
            RollPost(origin: 3, place: place(2, 4), age: 100), RollPost(origin: 4, place: place(2, 9), age: 3_001),
        ]
        #expect(tail.count(posts, for: 1_500, seeing: gone).next == .pause(250))
        guard case .open(let plan) = tail.count(posts, for: 1_500, seeing: gone).next else {
            Issue.record("opened nothing")
            return
        }
        #expect(plan.parent == place(2, 5) && plan.server == "a" && plan.expectedTop == nil)
        // M3: who else was there can't be known, so epochs change.
        #expect(!plan.keepsEpochs)
        #expect(tail.send(.opened(nil)).next == .look(place(2, 5)))
    }

    @Test(arguments: [(place(2, 6), 0), (place(2, 5), 3)] as [(Place, UInt64)])
    func rollCall_whenSomebodyIsAhead_waits(other: Place, origin: UInt64) {
        var tail = Tail.live
        let gone = view(top: nil, first: nil, atPlace: nil)
        _ = tail.send(.looked(gone))
        let posts = [RollPost(origin: origin, place: other, age: 100)]
        #expect(tail.count(posts, for: 9_000, seeing: gone).next == .pause(250))
    }

    @Test func rollCall_whenTheNodeStoodStill_countsFromAnew() {
        var tail = Tail.live
        let gone = view(top: nil, first: nil, atPlace: nil)
        _ = tail.send(.looked(gone))
        _ = tail.count([], for: 1_500, seeing: gone)
        #expect(tail.send(.posts([]), after: 60_000).next == .look(place(2, 5)))
        #expect(tail.count([], for: 1_500, seeing: gone).next != .look(place(2, 5)))
    }

    @Test func rollCall_whenWithoutState_opensOnlyAfterALeaseInWhichNobodyHadOne() {
        // M4: an empty node that starts first must not win over the one with all the sessions.
        var (empty, alone) = (Tail(at: .start, chain: LineageChain()), Tail(at: .start, chain: LineageChain()))
        let gone = view(top: nil, first: nil, atPlace: nil)
        _ = empty.send(.looked(gone))
        _ = alone.send(.looked(gone))
        let file = RollPost(origin: 0, place: place(1, 0), age: 0)
        #expect(empty.count([file], for: 30_000, seeing: gone).next == .pause(250))
        #expect(alone.count([], for: 9_000, seeing: gone).next == .pause(250))
        guard case .open = alone.count([], for: 2_000, seeing: gone).next else {
            Issue.record("opened nothing")
            return
        }
    }

    @Test func opening_whenSoleOwnerMoves_keepsEpochsOnTheFirstTryOnly() {
        let single = LineageChain([LineageChain.Link(lineage: 1, parent: .start, server: "")])
        var tail = Tail(at: place(1, 5), chain: single, isSoleOwner: true)
        let gone = view(top: nil, first: nil, atPlace: nil)
        var kept: [Bool] = []
        for _ in 0..<2 {
            _ = tail.send(.looked(gone))
            if case .open(let plan) = tail.count([], for: 3_000, seeing: gone).next { kept.append(plan.keepsEpochs) }
            // It may have worked: others may have gone on with these epochs before the journal was wiped.
            _ = tail.send(.opened(nil))
        }
        #expect(kept == [true, false])
    }

    @Test func lineage_whenClockIsBehind_isAboveAllThatAreKnown() {
        var plan = OpeningPlan(
            parent: place(7, 1), chain: chain, server: "a", expectedTop: Cursor(lineage: 9, sequence: 2),
            expectedPointer: nil, keepsEpochs: false)
        #expect(plan.lineage(time: 0, random: 5) == 10)
        #expect(plan.lineage(time: 3, random: .max) == 3 << 20 | 0xf_ffff)
        plan.parent = place(1 << 40, 1)
        #expect(plan.lineage(time: 3, random: 0) == (1 << 40) + 1)
    }
}
