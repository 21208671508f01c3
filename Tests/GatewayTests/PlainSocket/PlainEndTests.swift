import ServiceLifecycle
import TestSupport
import Testing

@testable import Gateway
@testable import Store

@Suite struct PlainEndTests {
    @Test func message_saidBeforeTheChannelIsFollowed_comesBackAllTheSame() async throws {
        try await StreamRig.run { rig in
            for number in 1...5 {
                let client = try await PlainClient.open("/ws/chat/\(number)", on: rig)
                client.say("first")
                #expect(try await client.wait(forCount: 1) == ["first"])
            }
        }
    }

    /// Promise: no silent gap. Without a position there is nothing to say but that the socket is over.
    @Test(arguments: ["/ws/a", "/ws/a?envelope=1"])
    func follower_whenEpochsChange_isClosedSoThatItComesBack(_ path: String) async throws {
        try await StreamRig.run { rig in
            let client = try await PlainClient.open(path, on: rig)
            try await rig.waitForSubscribers(of: "a", count: 1)
            for receiver in rig.rig.core.engine.shared.receivers {
                receiver.receive(HandOver(items: [.epochsChanged], error: nil))
            }
            #expect(try await client.socket.waitForEnd() == SocketEnd(code: 3010, reason: "insufficient state"))
            try await rig.waitForSubscribers(of: "a", count: 0)
        }
    }

    @Test func follower_whenTheServerStops_isToldToComeBack() async throws {
        try await StreamRig.run { rig in
            let client = try await PlainClient.follow("/ws/a", on: rig)
            await rig.group.triggerGracefulShutdown()
            #expect(try await client.socket.waitForEnd() == SocketEnd(code: 3001, reason: "shutdown"))
        }
    }

    @Test func message_thatTheEngineCantTake_isAnsweredAsTemporary() async throws {
        try await StreamRig.run { rig in
            let client = try await PlainClient.follow("/ws/a", on: rig)
            _ = rig.rig.core.engine.stop()
            client.say("1")
            let answer = try await client.wait(forCount: 2).last ?? ""
            #expect(answer.hasPrefix(#"{"type":"error","code":100,"message":"stopping: "#))
            #expect(answer.member("temporary") == "true")
            let late = try await PlainClient.open("/ws/b", on: rig)
            #expect(try await late.socket.waitForEnd() == SocketEnd(code: 1013, reason: "unavailable"))
        }
    }
}
