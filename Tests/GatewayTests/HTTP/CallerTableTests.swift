import NIOCore
import Testing

@testable import Gateway

@Suite struct CallerTableTests {
    private func address(_ text: String) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: 9) }

    private func place(_ table: CallerTable, _ text: String) throws -> CallerTable.Place? {
        if case .counted(let place) = table.admit(try address(text)) { place } else { nil }
    }

    @Test func address_withAsManyAsItMay_getsNoMoreUntilOneGoes() throws {
        let table = CallerTable(limit: 2)
        var places = [try place(table, "192.0.2.7"), try place(table, "::ffff:192.0.2.7")]
        #expect(places.allSatisfy { $0 != nil })
        #expect(try place(table, "192.0.2.7") == nil)
        #expect(try place(table, "192.0.2.8") != nil, "others are not meant")
        places[0] = nil
        places[0] = try place(table, "192.0.2.7")
        #expect(places[0] != nil)
        places = []
        #expect(table.addressCount == 0, "nobody is remembered for having been there")
    }

    @Test func addresses_ofOneNetworkOfIPv6_countTogether() throws {
        let table = CallerTable(limit: 1)
        let first = try place(table, "2001:db8:1:2::1")
        #expect(first != nil)
        #expect(try place(table, "2001:db8:1:2:ff::9") == nil)
        #expect(try place(table, "2001:db8:1:3::1") != nil)
    }

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
    func loopback_isNeverCounted(text: String) throws {
        let table = CallerTable(limit: 1)
        for _ in 0..<3 {
            guard case .free = table.admit(try address(text)) else {
                Issue.record("counted")
                return
            }
        }
        guard case .free = table.admit(nil) else {
            Issue.record("counted")
            return
        }
    }

    /// Counted behind a proxy, because a test has only loopback to call from.
    private static func limits(_ count: Int) -> TransportLimits {
        var limits = TransportLimits()
        (limits.proxies, limits.callers) = (.hops(1), CallerTable(limit: count))
        return limits
    }

    @Test func socket_ofAnAddressWithAsManyAsItMay_is429BeforeTheUpgrade() async throws {
        let limits = Self.limits(2)
        try await ServerRig.run(limits: limits) { rig in
            func open(_ caller: String) async throws -> RawClient {
                let client = try await rig.connect()
                try await client.send(RawClient.handshake(with: ["X-Forwarded-For: \(caller)"]))
                try await client.wait(for: "\r\n\r\n")
                return client
            }
            let first = try await open("192.0.2.7")
            let second = try await open("192.0.2.7")
            #expect([first, second].allSatisfy { $0.text.contains("101 Switching") })
            let third = try await open("192.0.2.7")
            try await third.waitForEnd()
            #expect(third.text.hasPrefix("HTTP/1.1 429 Too Many Requests\r\n"))
            #expect(third.text.contains("Retry-After: 5\r\n"))
            #expect(third.text.contains(#""code":"address-limit""#))
            #expect(try await open("192.0.2.8").text.contains("101 Switching"))
            try await first.close()
            try await ServerRig.eventually("closed") { rig.log.all.contains("closed") }
            #expect(try await open("192.0.2.7").text.contains("101 Switching"))
        }
        try await ServerRig.eventually("all places are given back") { limits.callers?.addressCount == 0 }
    }

    @Test func handshake_thatIsBroken_takesNoPlace() async throws {
        let limits = Self.limits(1)
        try await ServerRig.run(limits: limits) { rig in
            for _ in 0..<3 {
                let broken = try await rig.connect()
                try await broken.send(
                    RawClient.handshake(without: ["Sec-WebSocket-Key"], with: ["X-Forwarded-For: 192.0.2.7"]))
                try await broken.waitForEnd()
                #expect(broken.text.hasPrefix("HTTP/1.1 400 "))
            }
            #expect(limits.callers?.addressCount == 0)
        }
    }

    @Test func stream_ofAnAddressWithAsManyAsItMay_is429() async throws {
        var configuration = GatewayConfiguration.development
        configuration.traffic = TrafficLimits(proxies: .hops(1), connectionsPerAddress: 1)
        try await StreamRig.run(configuration) { rig in
            let first = try await rig.open("/events/a", ["X-Forwarded-For": "192.0.2.7"])
            try await first.wait(for: "text/event-stream")
            let second = try await rig.open("/events/a", ["X-Forwarded-For": "192.0.2.7"])
            try await second.wait(for: "HTTP/1.1 429 ")
            let other = try await rig.open("/events/a", ["X-Forwarded-For": "192.0.2.8"])
            try await other.wait(for: "text/event-stream")
            try await first.close()
            try await ServerRig.eventually("the place is given back") { rig.rig.core.callers.addressCount == 1 }
        }
    }
}
