import TestSupport
import Testing

@testable import Gateway

@Suite struct IdleTests {
    private static func configuration(ping: Int64) -> GatewayConfiguration {
        var configuration = GatewayConfiguration(pingIntervalMilliseconds: ping)
        configuration.traffic.idleMilliseconds = 60_000
        return configuration
    }

    /// Lets time pass while the client answers pings; the seconds until it is closed, at most `limit`.
    private func life(of client: RigClient, _ rig: GatewayRig, limit: Int) async throws -> Int {
        for second in 1...limit {
            await rig.advance(milliseconds: 1_000)
            if try await client.received().contains("{}") { try await client.send("{}") }
            if try await !client.closes().isEmpty { return second }
        }
        return limit + 1
    }

    @Test(arguments: [25_000, 0]) func client_thatOnlyAnswersPings_isClosedWith3011(ping: Int64) async throws {
        try await GatewayRig.run(Self.configuration(ping: ping)) { rig in
            let client = try await rig.connect()
            let seconds = try await life(of: client, rig, limit: 200)
            #expect((60...125).contains(seconds))
            #expect(try await client.closes() == [3011])
        }
    }

    @Test func client_thatSpeaksOrIsTold_stays() async throws {
        try await GatewayRig.run(Self.configuration(ping: 25_000)) { rig in
            let (speaker, listener) = (try await rig.connect(), try await rig.connect())
            _ = try await listener.ask(#"{"id":2,"subscribe":{"channel":"a"}}"#)
            for number in 0..<6 {
                try await speaker.send(#"{"id":\#(number + 2),"publish":{"channel":"a","data":1}}"#)
                for _ in 0..<40 {
                    await rig.advance(milliseconds: 1_000)
                    for client in [speaker, listener] where try await client.received().contains("{}") {
                        try await client.send("{}")
                    }
                }
            }
            #expect(try await speaker.closes() == [])
            #expect(try await listener.closes() == [])
        }
    }

    @Test func idleTimeout_thatIsOff_closesNobody() async throws {
        try await GatewayRig.run(GatewayConfiguration(pingIntervalMilliseconds: 25_000)) { rig in
            let client = try await rig.connect()
            #expect(try await life(of: client, rig, limit: 300) == 301)
        }
    }
}
