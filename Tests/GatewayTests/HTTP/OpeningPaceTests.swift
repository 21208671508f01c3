import NIOCore
import ServiceLifecycle
import Testing

@testable import Gateway

@Suite struct OpeningPaceTests {
    private static let second: Int64 = 1_000_000_000

    @Test func herd_thatComesAtOnce_opensAtThePace() {
        var pace = OpeningPace(perSecond: 1_000)
        let now = 50 * Self.second
        let waits = (0..<2_000).compactMap { _ in pace.wait(now: now) }
        #expect(waits.count == 2_000)
        #expect(waits.filter { $0 == 0 }.count == 101, "what a tenth of a second allows, and the one that is due")
        for second in 0..<2 {
            let range = Int64(second) * Self.second..<Int64(second + 1) * Self.second
            #expect(waits.filter { range.contains($0) }.count <= 1_101)
        }
        #expect(waits == waits.sorted())
    }

    @Test func herd_thatIsTooLarge_isSentAway() {
        var pace = OpeningPace(perSecond: 1_000)
        let waits = (0..<10_000).compactMap { _ in pace.wait(now: Self.second) }
        #expect((4_000...4_102).contains(waits.count))
        #expect(waits.allSatisfy { $0 <= OpeningPace.waitMax })
        #expect(pace.wait(now: 3 * Self.second) != nil, "who comes back later has a place")
    }

    @Test func clients_thatComeOneByOne_neverWait() {
        var pace = OpeningPace(perSecond: 100)
        for number in 0..<1_000 { #expect(pace.wait(now: Int64(number) * Self.second / 100) == 0) }
    }

    @Test func sockets_beyondThePace_openInTheirTurnAndLoseNothing() async throws {
        var limits = TransportLimits()
        limits.openings = OpeningLine(perSecond: 50)
        try await ServerRig.run(limits: limits) { rig in
            var clients: [RawClient] = []
            for number in 0..<20 {
                let client = try await rig.connect()
                try await client.send(Array(RawClient.handshake().utf8) + ClientFrames.text("n\(number)"))
                clients.append(client)
            }
            for (number, client) in clients.enumerated() {
                let text = "n\(number)"
                try await client.wait(forSuffix: [0x81, UInt8(text.utf8.count)] + Array(text.utf8))
            }
        }
    }

    @Test func socket_thatWouldWaitTooLong_is503() async throws {
        var limits = TransportLimits()
        let line = OpeningLine(perSecond: 1)
        limits.openings = line
        // Somebody from the future: the line is full until then.
        _ = line.wait(now: .now() + .hours(1))
        try await ServerRig.run(limits: limits) { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake())
            try await client.waitForEnd()
            #expect(client.text.hasPrefix("HTTP/1.1 503 "))
            #expect(client.text.contains(#""code":"opening-limit""#))
            #expect(rig.log.all == [])
        }
    }

    @Test func shutdown_whileSocketsWait_sendsThemAway() async throws {
        var limits = TransportLimits()
        let line = OpeningLine(perSecond: 1)
        limits.openings = line
        // The next one opens after three seconds and a half.
        _ = line.wait(now: .now() + .milliseconds(2_600))
        try await ServerRig.run(limits: limits) { rig in
            let client = try await rig.connect()
            try await client.send(RawClient.handshake())
            let other = try await rig.connect()
            try await other.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n")
            try await other.wait(for: "hello 127.0.0.1")
            await rig.group.triggerGracefulShutdown()
            try await client.waitForEnd()
            #expect(client.text.isEmpty || client.text.hasPrefix("HTTP/1.1 503 "), "\(client.text)")
            #expect(rig.log.all == [])
        }
    }
}
