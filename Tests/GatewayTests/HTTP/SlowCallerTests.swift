import NIOCore
import TestSupport
import Testing

@testable import Gateway

/// Row S10: callers who say nothing, or say it a byte at a time, are cut, and others are served meanwhile.
@Suite struct SlowCallerTests {
    private static let probe = "GET /hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    private static let starts = [
        "", "GET /hello HTTP/1.1\r\nHost: x\r\nX-", "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 900000\r\n\r\n",
    ]

    /// The deadlines of the defaults, shortened; each begins with the accept or with the end of the header, so that bytes in
    /// between buy no time.
    private static func limits() -> TransportLimits {
        var limits = TransportLimits()
        (limits.headerDeadline, limits.bodyDeadline) = (.milliseconds(500), .milliseconds(500))
        return limits
    }

    @Test func callers_whoDrip_areCutWhileOthersAreServed() async throws {
        #expect(TransportLimits().headerDeadline == .seconds(5))
        try await ServerRig.run(limits: Self.limits()) { rig in
            var slow: [(start: String, client: RawClient)] = []
            for number in 0..<60 {
                let (client, start) = (try await rig.connect(), Self.starts[number % Self.starts.count])
                if !start.isEmpty { try await client.send(start) }
                slow.append((start, client))
            }
            var slowest = Duration.zero
            try await eventually("all are cut") {
                for (start, client) in slow where !start.isEmpty && !client.sawEnd {
                    // Losing the error is safe: whoever was cut meanwhile can't be written to.
                    try? await client.send("x")
                }
                let began = ContinuousClock.now
                let client = try await rig.connect()
                try await client.send(Self.probe)
                try await client.waitForEnd()
                #expect(client.text.hasPrefix("HTTP/1.1 200 OK"))
                slowest = max(slowest, ContinuousClock.now - began)
                return slow.allSatisfy(\.client.sawEnd)
            }
            #expect(slowest < .seconds(1))
            for (start, client) in slow {
                #expect(start.hasPrefix("POST") ? client.text.hasPrefix("HTTP/1.1 408 ") : client.text.isEmpty)
            }
        }
    }
}
