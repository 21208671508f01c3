import HTTPTypes
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct PlainSocketTests {
    @Test func message_ofOne_comesToAllAndToItself() async throws {
        try await StreamRig.run { rig in
            let one = try await PlainClient.open("/ws/chat?room=1", on: rig)
            let other = try await PlainClient.open("/ws/chat/1", on: rig)
            try await rig.waitForSubscribers(of: "chat:1", count: 2)
            for text in ["hello", #"{"n":1}"#, #""quoted""#, "[1,\n2]"] { one.say(text) }
            for client in [one, other] {
                #expect(
                    try await client.wait(forCount: 4) == ["hello", #"{"n":1}"#, #""quoted""#, "[1,2]"],
                    "only line breaks between tokens go")
            }
            let history = try await rig.rig.send(.post, "/api/history", #"{"channel":"chat:1","limit":10}"#)
            #expect(history.text.contains(#"{"data":"hello","offset":1,"info":{"user":"","client":"#))
            #expect(history.text.ranges(of: #""tags":{"format":"text"}"#).count == 1)
        }
    }

    @Test func ping_isAnsweredToTheSenderAlone() async throws {
        try await StreamRig.run { rig in
            let one = try await PlainClient.open("/ws/chat", on: rig)
            let other = try await PlainClient.open("/ws/chat", on: rig)
            try await rig.waitForSubscribers(of: "chat", count: 2)
            one.say(#"{"type":"ping"}"#)
            #expect(try await one.wait(forCount: 1) == [#"{"type":"pong"}"#])
            one.say("1")
            #expect(try await other.wait(forCount: 1) == ["1"])
        }
    }

    @Test func binary_closesWith1003() async throws {
        try await StreamRig.run { rig in
            let raw = try await RawClient.connect(port: rig.port)
            try await raw.send(RawClient.handshake(path: "/ws/chat"))
            try await raw.send(ClientFrames.frame(first: 0x82, payload: [1]))
            try await raw.wait(forSuffix: [0x88, 0x0B, 0x03, 0xEB] + Array("text only".utf8))
            try await raw.close()
            try await eventually("it is gone") { rig.rig.core.connections.total == 0 }
            try await rig.waitForSubscribers(of: "chat", count: 0)
        }
    }

    @Test func follower_whoComesBackWithItsPosition_getsExactlyWhatItMissed() async throws {
        try await StreamRig.run { rig in
            let first = try await PlainClient.follow("/ws/chat/1", on: rig)
            let start = try #require(PlainClient.position(in: first.received.first))
            #expect(start.offset == 0, "whoever has seen nothing can come back, too")
            first.say("a")
            let seen = try #require(PlainClient.position(in: try await first.wait(forCount: 2).last))
            #expect(first.received.last == #"{"epoch":"\#(start.epoch)","offset":1,"data":"a"}"#)
            first.socket.abort()
            for number in 2...4 { try await rig.publish("chat:1", "\(number)") }
            for (position, offsets) in [(seen, 2...4), (start, 1...4)] {
                let back = try await PlainClient.follow("/ws/chat/1", on: rig, since: position)
                let expected = offsets.map { "\($0)" }
                #expect(back.received.compactMap { $0.member("data") == nil ? nil : $0.member("offset") } == expected)
                #expect(
                    back.received.last
                        == #"{"type":"subscribed","epoch":"\#(seen.epoch)","offset":4,"recovered":true}"#)
            }
            let plain = try await PlainClient.open("/ws/chat/1?since=\(seen.epoch):\(seen.offset)", on: rig)
            #expect(try await plain.wait(forCount: 3) == ["2", "3", "4"])
        }
    }

    @Test(arguments: [("nosuchepoch", 0 as UInt64, "epoch"), (nil, 9, "ahead")])
    func position_thatCantBeRecovered_isToldOrEndsTheSocket(
        _ epoch: String?, _ offset: UInt64, _ reason: String
    ) async throws {
        try await StreamRig.run { rig in
            try await rig.publish("chat:1", "1")
            let follower = try await PlainClient.follow("/ws/chat/1", on: rig)
            let own = try #require(PlainClient.position(in: follower.received.first))
            let shown = Position(epoch: epoch ?? own.epoch, offset: offset)
            let back = try await PlainClient.follow("/ws/chat/1", on: rig, since: shown)
            #expect(
                back.received == [
                    #"{"type":"not-recovered","reason":"\#(reason)","oldest":1,"epoch":"\#(own.epoch)","offset":1}"#
                ])
            try await rig.publish("chat:1", "2")
            #expect(try await back.wait(forCount: 2).last?.member("data") == "2", "it goes on live")
            // Without envelopes there is no way to say so that couldn't be a publication.
            let plain = try await PlainClient.open("/ws/chat/1?since=\(shown.epoch):\(shown.offset)", on: rig)
            #expect(try await plain.socket.waitForEnd() == SocketEnd(code: 4500, reason: "not recovered: \(reason)"))
            #expect(plain.received.isEmpty)
        }
    }

    @Test func channel_withoutHistory_hasNoPositions() async throws {
        let namespaces = NamespaceTable(namespaces: ["fast": ChannelOptions(historySize: 0)])
        try await StreamRig.run(GatewayConfiguration(namespaces: namespaces)) { rig in
            let client = try await PlainClient.follow("/ws/fast/1", on: rig)
            client.say("x")
            #expect(try await client.wait(forCount: 2) == [#"{"type":"subscribed"}"#, #"{"data":"x"}"#])
            await #expect(throws: UpgradeRefused.self) {
                _ = try await PlainClient.open("/ws/fast/1?since=e:1", on: rig)
            }
        }
    }

    @Test func slowConsumer_isDropped_andLosesNothing() async throws {
        try await StreamRig.run { rig in
            let slow = try await PlainClient.follow("/ws/big", on: rig)
            let other = try await PlainClient.follow("/ws/big", on: rig)
            let start = try #require(PlainClient.position(in: slow.received.first))
            slow.socket.setReading(false)
            let data = "\"" + String(repeating: "x", count: 50_000) + "\""
            var sent: UInt64 = 0
            while rig.rig.core.connections.total == 2, sent < 1_000 {
                try await rig.publish("big", data)
                sent += 1
            }
            #expect(rig.rig.core.connections.total == 1)
            try await other.wait(forCount: Int(sent) + 1)
            slow.socket.setReading(true)
            _ = try await slow.socket.waitForEnd()
            let last = try #require(slow.received.last(where: { $0.member("data") != nil }))
            let position = try #require(PlainClient.position(in: last))
            #expect(position.offset < sent && position.epoch == start.epoch)
            let back = try await PlainClient.follow(
                "/ws/big", on: rig, since: Position(epoch: start.epoch, offset: sent - 3))
            #expect(
                back.received.compactMap { PlainClient.position(in: $0)?.offset } == [sent - 2, sent - 1, sent, sent])
        }
    }

    @Test func silentPeer_isClosed() async throws {
        try await StreamRig.run(GatewayConfiguration(pingIntervalMilliseconds: 200)) { rig in
            let raw = try await RawClient.connect(port: rig.port)
            try await raw.send(RawClient.handshake(path: "/ws/chat"))
            // 3012, behind the pings that it didn't answer; a peer that answers them stays.
            let client = try await PlainClient.follow("/ws/chat", on: rig)
            try await raw.wait(forSuffix: [0x88, 0x09, 0x0B, 0xC4] + Array("no pong".utf8))
            #expect(client.socket.end == nil)
        }
    }
}
