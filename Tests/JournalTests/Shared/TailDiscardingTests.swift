import Testing

@testable import Journal

/// A node that can't use its state takes the newest checkpoint, and nothing else.
@Suite struct TailDiscardingTests {
    private let place = Place(cursor: Cursor(lineage: 10, sequence: 50), id: EntryID(origin: 3, counter: 9))
    private var chain: LineageChain {
        var chain = LineageChain()
        chain.append(LineageChain.Link(lineage: 10, parent: .start, server: "s"))
        return chain
    }

    private func pointer(nonce: UInt64 = 7) -> CheckpointPointer {
        let place = Place(cursor: Cursor(lineage: 10, sequence: 20), id: EntryID(origin: 3, counter: 2))
        return CheckpointPointer(
            place: place, readsAfter: place.cursor, chain: chain, nonce: nonce, chunks: 1, checksum: 1,
            retainedFrom: place.cursor)
    }

    private func view(_ pointer: CheckpointPointer?) -> StreamView {
        StreamView(
            server: "s", isPrimary: true, top: Cursor(lineage: 10, sequence: 60),
            first: Cursor(lineage: 10, sequence: 0), atPlace: place.id, pointer: pointer)
    }

    private func live() -> TailStateMachine {
        var machine = TailStateMachine(origin: 1, place: place, chain: chain)
        _ = machine.handle(.connected, at: 0)
        let step = machine.handle(.looked(view(nil)), at: 0)
        #expect(step.effects == [.resume])
        return machine
    }

    @Test(arguments: [TailStateMachine.Event.discarded, .diverged(Cursor(lineage: 10, sequence: 50))])
    func unusableState_isReplacedByTheNewestCheckpoint_evenAnOlderOne(event: TailStateMachine.Event) {
        var machine = live()
        let step = machine.handle(event, at: 1)
        #expect(step.effects == [.suspend(.loss)] && step.next == .look(place))
        // Without a checkpoint it waits, and neither posts nor opens.
        #expect(machine.handle(.looked(view(nil)), at: 2).next == .pause(machine.terms.pause))
        #expect(machine.handle(.paused, at: 3).next == .look(place))
        #expect(machine.handle(.looked(view(pointer())), at: 4).next == .join(pointer(), hasSurplus: false))
        let joined = machine.handle(.joined(pointer().place, chain, pointer()), at: 5)
        #expect(joined.next == .look(pointer().place))
        var after = view(pointer())
        after.atPlace = pointer().place.id
        let resumed = machine.handle(.looked(after), at: 6)
        #expect(resumed.effects == [.resume] && machine.isLive)
    }

    @Test func secondDivergence_halts() {
        var machine = live()
        let cursor = Cursor(lineage: 10, sequence: 50)
        _ = machine.handle(.diverged(cursor), at: 1)
        _ = machine.handle(.joined(pointer().place, chain, pointer()), at: 2)
        #expect(machine.handle(.diverged(cursor), at: 3).next == .halt)
        #expect(machine.phase == .halted(.diverged(cursor)))
    }

    @Test func brokenCheckpoint_isNotTakenAgain() {
        var machine = live()
        _ = machine.handle(.discarded, at: 1)
        _ = machine.handle(.looked(view(pointer())), at: 2)
        _ = machine.handle(.joinFailed, at: 3)
        #expect(machine.handle(.looked(view(pointer())), at: 4).next == .pause(machine.terms.pause))
        #expect(
            machine.handle(.looked(view(pointer(nonce: 8))), at: 5).next
                == .join(pointer(nonce: 8), hasSurplus: false))
    }
}
