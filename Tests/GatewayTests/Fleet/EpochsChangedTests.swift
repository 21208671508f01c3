import NIOCore
import NIOEmbedded
import TestSupport
import Testing

@testable import Gateway
@testable import Store

/// What connected clients are told when all epochs change; the change is handed over as the engine would.
@Suite struct EpochsChangedTests {
    private func changeEpochs(_ server: StreamRig) {
        for receiver in server.rig.core.engine.shared.receivers {
            receiver.receive(HandOver(items: [.epochsChanged], error: nil))
        }
    }

    @Test func client_whenEpochsChange_isToldForEverySubscriptionAndMayComeBack() async throws {
        try await StreamRig.run { server in
            let client = ProtocolClient(name: "c")
            try await client.connect(port: server.port)
            for channel in ["a", "b"] { try await client.subscribe(channel) }
            try await server.publish("a", "1")
            try await client.waitForOffset(1, of: "a")
            changeEpochs(server)
            try await eventually("both are over") { !client.isSubscribed("a") && !client.isSubscribed("b") }
            for push in client.pushes.filter({ $0["unsubscribe"] != nil }) {
                #expect(push["unsubscribe"]?.text == #"{"code":2500,"reason":"insufficient state"}"#)
            }
            #expect(client.pushes.count { $0["unsubscribe"] != nil } == 2)
            // The engine was told, and nobody came back by itself.
            for channel in ["a", "b"] { try await server.waitForSubscribers(of: channel, count: 0) }
            try await server.publish("a", "2")
            #expect(try await client.resubscribe("a").missedCount == 1)
            try await server.publish("a", "3")
            try await client.waitForOffset(3, of: "a")
            #expect(client.publications("a").map { $0.data.int } == [1, 2, 3])
            try await server.waitForSubscribers(of: "a", count: 1)
        }
    }

    @Test func stream_whenEpochsChange_isToldAndEndsSoThatItsReaderComesBack() async throws {
        try await StreamRig.run { server in
            let stream = try await server.open("/events?channel=a&channel=b")
            try await server.waitForSubscribers(of: "b", count: 1)
            changeEpochs(server)
            let text = try await stream.waitForEnd()
            for channel in ["a", "b"] {
                #expect(
                    text.contains("event: not-recovered\ndata: {\"channel\":\"\(channel)\",\"reason\":\"epoch\"}\n\n"))
                try await server.waitForSubscribers(of: channel, count: 0)
            }
            #expect(text.contains(": epochs changed"))
        }
    }

    @Test func commands_whenTheyCrossTheNotice_leaveTheEnginesCountsRight() async throws {
        try await GatewayRig.run { rig in
            let client = try await rig.connect()
            for id in 2...3 { _ = try await client.ask(#"{"id":\#(id),"subscribe":{"channel":"c\#(id)"}}"#) }
            try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
                guard let seat = core.seat(of: loop) else { return }
                let hub = seat.hub.value
                Self.fill(hub)
                hub.carryOut([HandOver(items: [.epochsChanged], error: nil)])
                client.connection.value.received(
                    text: .init(
                        string: #"{"id":4,"unsubscribe":{"channel":"c2"}}"# + "\n"
                            + #"{"id":5,"subscribe":{"channel":"c2"}}"#))
                client.connection.value.readCompleted()
            }
            await rig.settle()
            let lines = try await client.received()
            #expect(lines.count { $0.contains(#""channel":"c3","unsubscribe""#) } == 1)
            #expect(lines.contains(#"{"id":4,"unsubscribe":{}}"#))
            #expect(lines.contains { $0.hasPrefix(#"{"id":5,"subscribe""#) })
            // Its notice came behind the new subscription, which it must not end.
            #expect(try await rig.channels() == ["c2": 1])
            try await rig.publish("c2", "1")
            #expect(try await client.received().count == 1)
        }
    }

    @Test func connection_whenItEndsBeforeItsNotice_isReportedOnce() async throws {
        try await GatewayRig.run { rig in
            let (leaving, staying) = (try await rig.connect(), try await rig.connect())
            let coming = try await rig.connect()
            for client in [leaving, staying] { _ = try await client.ask(#"{"id":2,"subscribe":{"channel":"c"}}"#) }
            try await rig.loop.executeInContext { [core = rig.core, loop = rig.loop] in
                guard let hub = core.seat(of: loop)?.hub.value else { return }
                Self.fill(hub)
                hub.carryOut([HandOver(items: [.epochsChanged], error: nil)])
                leaving.connection.value.closed()
                // Somebody who is there when the notices come: a second report would take its place away.
                coming.connection.value.received(text: .init(string: #"{"id":3,"subscribe":{"channel":"c"}}"#))
                coming.connection.value.readCompleted()
            }
            await leaving.drop()
            #expect(try await rig.channels() == ["c": 1])
        }
    }

    /// Fills the first slice of notices many times over. Who is told first is a matter of chance, and the clients of a test
    /// hardly ever are.
    private static func fill(_ hub: Hub) {
        for channel in 0..<40 {
            for _ in 0..<EpochEndings.subscribersPerTick {
                _ = hub.open("x\(channel)", at: Store.Position(epoch: "e", offset: 0), for: Crowd())
            }
        }
    }

    private final class Crowd: HubSubscriber {
        var isFlushDue = false
        func deliver(_ batch: ChannelBatch) {}
        func lost(_ subscription: Gateway.Subscription) {}
        func epochsChanged(for subscriptions: [Gateway.Subscription]) {}
        func flushQueued() {}
    }
}
