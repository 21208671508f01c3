import Testing

@testable import Journal

/// The small decisions of the link, without a Redis.
struct SharedDecisionTests {
    @Test func gate_overAWholeFailure_refusesUntilAProbeSucceeded() {
        var gate = ReplicationGate(replicas: 2)
        #expect(gate.decision == .send)
        gate.sent()
        #expect(gate.decision == .hold)
        let found1 = gate.answered(2)
        #expect(found1)
        #expect(gate.decision == .send)
        gate.sent()
        let found2 = gate.answered(1)
        #expect(!found2)
        #expect(gate.decision == .refuse && gate.isNotReplicated)
        let found3 = gate.wantsProbe()
        #expect(found3)
        let found4 = gate.wantsProbe()
        #expect(!found4, "one probe at a time")
        let found5 = gate.answered(nil)
        #expect(!found5)
        let found6 = gate.wantsProbe()
        #expect(found6)
        gate.disconnected()
        #expect(gate.decision == .refuse, "another connection is no proof of replicas")
        let found7 = gate.wantsProbe()
        #expect(found7)
        let found8 = gate.answered(3)
        #expect(found8)
        #expect(gate.decision == .send && !gate.isNotReplicated)
    }

    @Test func gate_withoutReplicas_neverHolds() {
        var gate = ReplicationGate(replicas: 0)
        gate.sent()
        #expect(gate.decision == .send)
    }

    @Test func leaseValue_asText_isReadBack() {
        let value = LeaseValue(stamp: 1, cursor: Cursor(lineage: 1, sequence: 5), outcomeHash: 0xfedc_ba98)
        #expect(LeaseValue(value.description) == value)
        for text in ["", "1 1.1", "1 1.1 0 0", "x 1.1 0", "1 1 0", "1 1.1 xyz"] { #expect(LeaseValue(text) == nil) }
    }

    @Test func pendingAppends_whenALaterOneArrives_giveUpThoseBefore() {
        var pending = PendingAppends()
        let ids = (1...4).map { EntryID(origin: 1, counter: $0) }
        for id in ids { pending.sent(.init(id: id, bytes: 10, isCanary: false, repliedAt: nil)) }
        let found17 = pending.refused(ids[1])?.id
        #expect(found17 == ids[1])
        let isWaiting = pending.replied(ids[0], at: 100)
        #expect(isWaiting)
        #expect(!pending.isOverdue(by: 50, at: 149) && pending.isOverdue(by: 50, at: 150))
        let found18 = pending.arrived(ids[2]).map(\.id)
        #expect(found18 == [ids[0], ids[2]])
        let found19 = pending.arrived(ids[0]).isEmpty
        #expect(found19)
        let found20 = pending.takeAll().map(\.id)
        #expect(found20 == [ids[3]])
        #expect(pending.isEmpty)
    }

    @Test func deliveryWatch_addsUpWhatPassesWithoutDelivery_overConnections() {
        var watch = DeliveryWatch()
        watch.look(isConnected: true, at: 0)
        watch.look(isConnected: true, at: 5_000)
        #expect(!watch.isOverdue(by: 3_000), "nothing was acknowledged")
        watch.acknowledged()
        watch.look(isConnected: true, at: 7_000)
        watch.look(isConnected: false, at: 60_000)
        #expect(!watch.isOverdue(by: 3_000), "Redis was away")
        watch.look(isConnected: true, at: 61_000)
        #expect(watch.isOverdue(by: 3_000))
        watch.arrived()
        watch.look(isConnected: true, at: 90_000)
        #expect(!watch.isOverdue(by: 3_000))
    }

    @Test func readSizing_growsWhileEntriesAreSmallAndShrinksWhenTheyAreNot() {
        var sizing = ReadSizing()
        #expect(sizing.count == ReadSizing.countFirst)
        sizing.took(entries: 5, bytes: 5)
        #expect(sizing.count == ReadSizing.countFirst, "a read that was not full says nothing")
        for _ in 0..<10 { sizing.took(entries: sizing.count, bytes: sizing.count * 100) }
        #expect(sizing.count == ReadSizing.countMax)
        sizing.took(entries: ReadSizing.countMax, bytes: ReadSizing.countMax << 20)
        #expect(sizing.count == 16)
    }

    @Test func serverClock_takesHalfOfTheWayIntoAccountAndSeesJumps() {
        var clock = ServerClock(server: 10_000, sentAt: 100, receivedAt: 120)
        #expect(clock.time(at: 110) == 10_000)
        #expect(!clock.isOlder(than: 60, at: 179) && clock.isOlder(than: 60, at: 180))
        clock.take(server: 10_910, sentAt: 1_000, receivedAt: 1_020)
        #expect(!clock.hasJumped)
        clock.take(server: 13_000, sentAt: 2_000, receivedAt: 2_000)
        #expect(clock.hasJumped && clock.time(at: 2_000) == 13_000)
    }

    @Test func consumption_overItsBound_stopsReadingUntilEnoughIsConsumed() {
        var consumption = Consumption()
        let found21 = consumption.mayRead()
        #expect(found21)
        consumption.handed(SharedLimits.unconsumedBytesMax + 10)
        let found22 = consumption.mayRead()
        #expect(!found22)
        let found23 = consumption.consumed(5)
        #expect(!found23)
        let found24 = consumption.consumed(5)
        #expect(found24)
        let found25 = consumption.consumed(5)
        #expect(!found25, "told once")
        let found26 = consumption.mayRead()
        #expect(found26)
    }

    @Test func laneQueue_overItsBound_dropsTheOldest() {
        var queue = LaneQueue()
        let found27 = queue.add([0])
        #expect(found27)
        let found28 = queue.add([1])
        #expect(!found28)
        for _ in 0..<SharedLimits.laneMessagesMax { _ = queue.add([2]) }
        let taken = queue.take()
        #expect(taken.count <= SharedLimits.laneMessagesMax && taken.last == [2] && taken.first == [2])
        for _ in 0..<3 { _ = queue.add([UInt8](repeating: 7, count: SharedLimits.laneBytesMax / 2)) }
        let found29 = queue.take().reduce(0) { $0 + $1.count }
        #expect(found29 <= SharedLimits.laneBytesMax)
    }

    @Test func appendQueue_overItsBound_refusesAndTakesAgainWhenSomeAreDone() {
        var queue = AppendQueue()
        let entry = Entry(
            id: EntryID(origin: 1, counter: 1), time: 0, channel: "", kind: .publish,
            body: [UInt8](repeating: 0, count: SharedLimits.appendBytesMax / 2))
        _ = queue.add([entry, entry])
        let taken = queue.take()
        #expect(taken.entries.count == 1 && taken.refused == [1])
        queue.release(count: 1, bytes: entry.cost)
        _ = queue.add([entry])
        let found30 = queue.take().refused.isEmpty
        #expect(found30)
    }
}
