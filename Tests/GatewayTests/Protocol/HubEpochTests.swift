import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Gateway
@testable import Store

/// What a hub does when all epochs change.
@Suite struct HubEpochTests {
    private final class Recorder: HubSubscriber {
        var isFlushDue = false
        var log: [String] = []
        func deliver(_ batch: ChannelBatch) { log.append("\(batch.channel) \(batch.publications.map(\.offset))") }
        func lost(_ subscription: Gateway.Subscription) { log.append("lost") }
        func epochsChanged(for subscriptions: [Gateway.Subscription]) {
            log.append("epochs " + subscriptions.map(\.channel.name).sorted().joined(separator: ","))
        }
        func flushQueued() { log.append("flush") }
    }

    private let loop = EmbeddedEventLoop()
    private let hub: Hub

    init() { hub = Hub(eventLoop: loop) }

    private func at(_ offset: UInt64) -> Store.Position { .init(epoch: "e", offset: offset) }

    private func publication(_ channel: String, _ offset: UInt64) -> HandOver.Item {
        .publications(channel: channel, [Publication(offset: offset, data: [0x31])])
    }

    private func carryOut(_ items: HandOver.Item...) { hub.carryOut([HandOver(items: items, error: nil)]) }

    @Test func epochs_whenTheyChange_endEverythingBetweenTheOldAndTheNew() {
        let one = Recorder()
        _ = hub.open("a", at: at(4), for: one)
        _ = hub.open("b", at: at(0), for: one)
        carryOut(publication("a", 5), .epochsChanged, publication("a", 6), publication("b", 1))
        #expect(one.log == ["a [5]", "epochs a,b", "flush"], "the old is delivered, the new is not")
        #expect(hub.subscriptionCount == 0)
        carryOut(publication("a", 7))
        #expect(one.log.count == 3)
    }

    @Test func subscription_whenOpenedBehindTheChange_goesOn() {
        let (old, new) = (Recorder(), Recorder())
        _ = hub.open("a", at: at(4), for: old)
        let (bound, boundNew) = (NIOLoopBound(hub, eventLoop: loop), NIOLoopBound(new, eventLoop: loop))
        let open = HandOver.Item.answer { _ in
            _ = bound.value.open("a", at: Store.Position(epoch: "f", offset: 0), for: boundNew.value)
        }
        carryOut(.epochsChanged, open, publication("a", 1))
        #expect(old.log == ["epochs a", "flush"])
        #expect(new.log == ["a [1]", "flush"])
        #expect(hub.subscriptionCount == 1)
    }

    @Test func notices_whenThereAreMany_comeInSlicesAndNothingNewBeforeThem() {
        let slice = EpochEndings.subscribersPerTick
        let recorders = (0..<(2 * slice + 1)).map { _ in Recorder() }
        for recorder in recorders {
            for channel in ["a", "b"] { _ = hub.open(channel, at: at(0), for: recorder) }
        }
        func told() -> Int { recorders.count { $0.log.contains("epochs a,b") } }
        carryOut(.epochsChanged, publication("a", 1))
        #expect(told() == slice)
        carryOut(publication("a", 2))
        #expect(told() == slice, "a hand-over in between tells nobody")
        loop.run()
        #expect(told() == recorders.count)
        #expect(recorders.allSatisfy { $0.log == ["epochs a,b", "flush"] })
    }

    @Test func epochs_whenTheyChangeAgainBeforeAllWereTold_tellEverySubscriptionOnce() {
        let recorders = (0...EpochEndings.subscribersPerTick).map { _ in Recorder() }
        for recorder in recorders { _ = hub.open("a", at: at(0), for: recorder) }
        carryOut(.epochsChanged)
        let waiting = recorders.filter { $0.log.isEmpty }
        #expect(waiting.count == 1)
        // It is on another channel by now.
        for recorder in waiting { _ = hub.open("b", at: at(0), for: recorder) }
        carryOut(.epochsChanged, publication("b", 1))
        loop.run()
        for recorder in recorders {
            #expect(recorder.log == [recorder === waiting.first ? "epochs a,b" : "epochs a", "flush"])
        }
    }

    @Test func close_whenTheNoticeIsStillToCome_isHarmless() {
        let (old, new) = (Recorder(), Recorder())
        let subscription = hub.open("a", at: at(4), for: old)
        carryOut(.epochsChanged)
        _ = hub.open("a", at: at(0), for: new)
        hub.close(subscription)
        #expect(hub.subscriptionCount == 1, "the namesake of the new epoch stays")
        carryOut(publication("a", 1))
        #expect(new.log == ["a [1]", "flush"])
    }
}
