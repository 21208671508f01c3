import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Gateway
@testable import Store

/// Writes down what a hub does with it.
private final class RecordingSubscriber: HubSubscriber {
    var isFlushDue = false
    var log: [String] = []
    /// Runs inside of the next delivery.
    var onDelivery: (() -> Void)?

    func deliver(_ batch: ChannelBatch) {
        log.append("\(batch.channel) \(batch.publications.map { String($0.offset) }.joined(separator: ","))")
        onDelivery?()
    }
    var onLoss: ((Gateway.Subscription) -> Void)?
    func lost(_ subscription: Gateway.Subscription) {
        log.append("lost \(subscription.channel.name)")
        onLoss?(subscription)
    }
    func flushQueued() { log.append("flush") }
    func epochsChanged(for subscriptions: [Gateway.Subscription]) {
        log.append("epochs \(subscriptions.map(\.channel.name).sorted().joined(separator: ","))")
    }
}

@Suite struct HubTests {
    private let hub = Hub(eventLoop: EmbeddedEventLoop())

    private func publications(_ channel: String, _ offsets: ClosedRange<UInt64>) -> HandOver.Item {
        .publications(channel: channel, offsets.map { Publication(offset: $0, data: [0x31]) })
    }

    private func carryOut(_ items: HandOver.Item..., error: EngineError? = nil) {
        hub.carryOut([HandOver(items: items, error: error)])
    }

    private func at(_ offset: UInt64) -> Store.Position { .init(epoch: "e", offset: offset) }

    @Test func publications_whenSeveralSubscribe_reachEachOnceAndFlushOnce() {
        let (one, two) = (RecordingSubscriber(), RecordingSubscriber())
        _ = hub.open("a", at: at(4), for: one)
        _ = hub.open("a", at: at(4), for: two)
        _ = hub.open("b", at: at(0), for: two)
        carryOut(
            publications("a", 5...6), publications("b", 1...1), publications("none", 1...1), publications("a", 7...7))
        #expect(one.log == ["a 5,6,7", "flush"], "what one call carries out of a channel is one batch")
        #expect(two.log == ["a 5,6,7", "b 1", "flush"])
        #expect(hub.subscriptionCount == 3)
    }

    @Test func publications_whenTheNumberingBreaks_endEverySubscriptionOfTheChannel() {
        for offsets in [6...6, 4...4, 1...1] as [ClosedRange<UInt64>] {
            let hub = HubTests()
            let (one, two) = (RecordingSubscriber(), RecordingSubscriber())
            _ = hub.hub.open("a", at: at(4), for: one)
            _ = hub.hub.open("b", at: at(4), for: two)
            hub.carryOut(hub.publications("a", offsets), hub.publications("b", 5...5))
            #expect(one.log == ["lost a"])
            #expect(two.log == ["b 5", "flush"])
        }
    }

    @Test func publications_whenTheyBreakInside_areNotDeliveredInPart() {
        let one = RecordingSubscriber()
        _ = hub.open("a", at: at(4), for: one)
        carryOut(.publications(channel: "a", [5, 7].map { Publication(offset: $0, data: [0x31]) }))
        #expect(one.log == ["lost a"])
    }

    @Test func publications_whenEphemeral_passBetweenNumberedOnes() {
        let one = RecordingSubscriber()
        _ = hub.open("a", at: at(4), for: one)
        carryOut(.publications(channel: "a", [0, 5, 0, 6].map { Publication(offset: $0, data: [0x31]) }))
        carryOut(publications("a", 0...0), publications("a", 7...7))
        #expect(one.log == ["a 0,5,0,6", "flush", "a 0,7", "flush"])
    }

    @Test func answer_whenItOpensInTheMiddleOfARound_getsOnlyWhatFollows() {
        let one = RecordingSubscriber()
        let (hub, loopBound) = (
            NIOLoopBound(hub, eventLoop: hub.eventLoop), NIOLoopBound(one, eventLoop: hub.eventLoop)
        )
        let open = HandOver.Item.answer { error in
            #expect(error == nil)
            _ = hub.value.open("a", at: Store.Position(epoch: "e", offset: 2), for: loopBound.value)
        }
        carryOut(publications("a", 1...2), open, publications("a", 3...4))
        #expect(one.log == ["a 3,4", "flush"])
    }

    @Test func answer_whenTheNumberingBreaksRightBeforeIt_getsAllThatFollowsAllTheSame() {
        let (old, new) = (RecordingSubscriber(), RecordingSubscriber())
        let hub = hub
        old.onLoss = { hub.close($0) }
        _ = hub.open("a", at: at(4), for: old)
        let (boundHub, boundNew) = (
            NIOLoopBound(hub, eventLoop: hub.eventLoop), NIOLoopBound(new, eventLoop: hub.eventLoop)
        )
        let open = HandOver.Item.answer { _ in
            _ = boundHub.value.open("a", at: Store.Position(epoch: "e", offset: 9), for: boundNew.value)
        }
        carryOut(publications("a", 9...9), open, publications("a", 10...10))
        carryOut(publications("a", 11...11))
        #expect(old.log == ["lost a"])
        #expect(new.log == ["a 10", "flush", "a 11", "flush"])
    }

    @Test func answer_whenTheRoundFailed_isToldSo() {
        let told = Box([EngineError]())
        carryOut(
            .answer { error in told.with { $0.append(contentsOf: [error].compactMap { $0 }) } },
            error: EngineError(.diskFull, "full"))
        #expect(told.value.map(\.code) == [.diskFull])
    }

    @Test func delivery_whenItClosesItsSubscription_reachesTheOthers() {
        let subscribers = (0..<4).map { _ in RecordingSubscriber() }
        let subscriptions = subscribers.map { hub.open("a", at: at(0), for: $0) }
        subscribers[1].onDelivery = { [hub] in hub.close(subscriptions[1]) }
        carryOut(publications("a", 1...1))
        carryOut(publications("a", 2...2))
        #expect(subscribers.map { $0.log.contains("a 1") } == [true, true, true, true])
        #expect(subscribers.map { $0.log.contains("a 2") } == [true, false, true, true])
    }

    @Test func close_whenCalledTwiceOrLate_takesNobodyElseAlong() {
        let (one, two) = (RecordingSubscriber(), RecordingSubscriber())
        let first = hub.open("a", at: at(0), for: one)
        hub.close(first)
        let second = hub.open("a", at: at(9), for: two)
        hub.close(first)
        carryOut(publications("a", 10...10))
        #expect(two.log == ["a 10", "flush"], "a channel that was left begins anew at the position of the next answer")
        hub.close(second)
        hub.close(second)
        #expect(hub.subscriptionCount == 0)
    }

    @Test func bookkeeping_whenOpenedAndClosedAtRandom_staysExact() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var open: [(name: String, subscription: Gateway.Subscription, subscriber: RecordingSubscriber)] = []
        var tops = ["a": UInt64(0), "b": 0, "c": 0]
        for _ in 0..<5_000 {
            switch random.index(below: 4) {
            case 0, 1:
                let (name, subscriber) = (random.pick(["a", "b", "c"]), RecordingSubscriber())
                open.append((name, hub.open(name, at: at(tops[name] ?? 0), for: subscriber), subscriber))
            case 2:
                guard !open.isEmpty else { continue }
                let gone = open.remove(at: random.index(below: open.count))
                hub.close(gone.subscription)
                if random.happens(oneIn: 3) { hub.close(gone.subscription) }
            default:
                let name = random.pick(["a", "b", "c"])
                let top = (tops[name] ?? 0) + 1
                tops[name] = top
                for entry in open { entry.subscriber.log = [] }
                carryOut(publications(name, top...top))
                for entry in open {
                    #expect(
                        entry.subscriber.log == (entry.name == name ? ["\(name) \(top)", "flush"] : []), "seed \(seed)")
                }
            }
            #expect(hub.subscriptionCount == open.count, "seed \(seed)")
            if open.count > 40 { while let last = open.popLast() { hub.close(last.subscription) } }
        }
    }
}
