import NIOEmbedded
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct SubscriptionTableTests {
    private final class Nobody: HubSubscriber {
        var isFlushDue = false
        func deliver(_ batch: ChannelBatch) {}
        func lost(_ subscription: Gateway.Subscription) {}
        func epochsChanged(for subscriptions: [Gateway.Subscription]) {}
        func flushQueued() {}
    }

    private let hub = Hub(eventLoop: EmbeddedEventLoop())

    private func subscription(_ channel: String) -> Gateway.Subscription {
        hub.open(channel, at: Store.Position(epoch: "e", offset: 0), for: Nobody())
    }

    @Test func wish_whenCommandsWait_isThatOfTheLast() {
        var table = SubscriptionTable()
        #expect(!table.isWanted("a"))
        let again = SubscriptionTable.Waiting.subscribe(SubscribeCommand(channel: "a"), id: 3)
        for (waiting, isWanted) in [
            ([], true), ([.unsubscribe(id: 2)], false), ([.unsubscribe(id: 2), again], true),
            ([.unsubscribe(id: 2), again, .unsubscribe(id: 4)], false),
            ([.orderedEnd], false), ([.orderedEnd, again], true),
        ] as [([SubscriptionTable.Waiting], Bool)] {
            table.set(.opening(waiting: waiting), for: "a")
            #expect(table.isWanted("a") == isWanted)
            #expect(table.count == 1)
        }
        table.set(.open(subscription("a")), for: "a")
        #expect(table.isWanted("a"))
        table.set(nil, for: "a")
        table.set(nil, for: "a")
        #expect(!table.isWanted("a"))
        #expect(table.count == 0)
    }

    @Test func removeAll_whenSomeAreOpening_returnsOnlyTheOpen() {
        var table = SubscriptionTable()
        table.set(.opening(waiting: []), for: "a")
        table.set(.open(subscription("b")), for: "b")
        table.set(.open(subscription("c")), for: "c")
        #expect(table.removeAll().map(\.subscription.channel.name) == ["b", "c"])
        #expect(table.count == 0)
        #expect(table.removeAll().isEmpty)
    }

    @Test func entries_whenChangedAtRandom_areThoseOfADictionary() {
        let seed = UInt64.random(in: .min ... .max)
        var random = SeededGenerator(seed: seed)
        var (table, model): (SubscriptionTable, [String: Bool]) = (SubscriptionTable(), [:])
        for _ in 0..<3_000 {
            let name = "c\(random.index(below: 12))"
            switch random.index(below: 3) {
            case 0: (model[name], _) = (nil, table.set(nil, for: name))
            case 1: (model[name], _) = (true, table.set(.opening(waiting: []), for: name))
            default: (model[name], _) = (false, table.set(.opening(waiting: [.unsubscribe(id: 1)]), for: name))
            }
            #expect(table.count == model.count, "seed \(seed)")
            #expect(table.isWanted(name) == (model[name] ?? false), "seed \(seed)")
        }
    }
}
