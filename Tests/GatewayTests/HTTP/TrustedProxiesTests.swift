import HTTPTypes
import NIOCore
import Testing

@testable import Gateway

/// Row S12: whatever a caller writes about its address, only what trusted proxies appended counts.
@Suite struct TrustedProxiesTests {
    private static func address(_ text: String) throws -> SocketAddress { try SocketAddress(ipAddress: text, port: 0) }

    private func caller(_ proxies: TrustedProxies, _ forwarded: [String], peer: String = "10.0.0.1") throws -> String? {
        proxies.caller(forwarded: forwarded, peer: try Self.address(peer))?.ipAddress
    }

    private static let inside = TrustedProxies.networks(
        ["10.0.0.0/8", "::1", "fd00::/8"].compactMap { AddressRange($0) })

    @Test(
        arguments: [
            (.none, ["192.0.2.7"], "10.0.0.1"),
            (.hops(1), [], "10.0.0.1"),
            (.hops(1), ["192.0.2.7"], "192.0.2.7"),
            (.hops(1), ["6.6.6.6, 192.0.2.7"], "192.0.2.7"),
            (.hops(1), ["6.6.6.6", "192.0.2.7"], "192.0.2.7"),
            (.hops(2), ["6.6.6.6, 192.0.2.7, 10.0.0.2"], "192.0.2.7"),
            (.hops(2), ["192.0.2.7"], "192.0.2.7"),
            (.hops(1), ["192.0.2.7:4711"], "192.0.2.7"),
            (.hops(1), ["2001:db8::7"], "2001:db8::7"),
            (.hops(1), ["[2001:db8::7]"], "2001:db8::7"),
            (.hops(1), ["[2001:db8::7]:4711"], "2001:db8::7"),
            (.hops(1), [" \t192.0.2.7 "], "192.0.2.7"),
            (.hops(1), ["192.0.2.7, unknown"], "10.0.0.1"),
            (.hops(1), ["192.0.2.7,"], "192.0.2.7"),
            (.hops(1), ["192.0.2.7:x"], "10.0.0.1"), (.hops(1), ["192.0.2.7:"], "10.0.0.1"),
            (.hops(1), ["[2001:db8::7"], "10.0.0.1"), (.hops(1), ["fe80::1%eth0"], "10.0.0.1"),
            (.hops(1), ["300.1.1.1"], "10.0.0.1"), (.hops(1), [""], "10.0.0.1"),
            (inside, ["192.0.2.7"], "192.0.2.7"),
            (inside, ["6.6.6.6, 192.0.2.7, 10.9.9.9, fd00::5"], "192.0.2.7"),
            (inside, ["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
            (inside, ["192.0.2.7, nonsense, 10.2.2.2"], "10.2.2.2"),
        ] as [(TrustedProxies, [String], String)])
    func caller_behindProxies_isTheLastThatTrustReaches(
        proxies: TrustedProxies, forwarded: [String], expected: String
    ) throws {
        #expect(try caller(proxies, forwarded) == expected)
    }

    @Test func caller_whoIsNoProxy_isBelievedNothing() throws {
        #expect(try caller(Self.inside, ["192.0.2.7"], peer: "203.0.113.9") == "203.0.113.9")
        #expect(TrustedProxies.hops(1).caller(forwarded: ["192.0.2.7"], peer: nil) == nil)
    }

    @Test(arguments: 1...50) func caller_whoWritesAddressesInFront_keepsItsOwn(count: Int) throws {
        let spoofed = (0..<count).map { "198.51.100.\($0)" }.joined(separator: ", ")
        #expect(try caller(.hops(1), [spoofed, "192.0.2.7"]) == "192.0.2.7")
        #expect(try caller(Self.inside, [spoofed + ", 192.0.2.7"]) == "192.0.2.7")
        #expect(try caller(.none, [spoofed]) == "10.0.0.1")
    }

    @Test func caller_behindMoreProxiesThanTheBound_isNotLookedFor() throws {
        let many = Array(repeating: "10.0.0.9", count: TrustedProxies.hopsMax).joined(separator: ",")
        #expect(try caller(Self.inside, ["192.0.2.7," + many]) == "10.0.0.9")
    }

    @Test(
        arguments: [
            ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false),
            ("10.0.0.0/8", "::ffff:10.1.2.3", true), ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false), ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false),
            ("::/0", "2001:db8::1", true), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("2001:db8::/65", "2001:db8::8000:0:0:1", false),
        ] as [(String, String, Bool)])
    func range_containsWhatItsBitsSay(range: String, address: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.0/", "::/129", "localhost", "10.0.0", "/8",
    ])
    func range_thatIsNone_isNotRead(text: String) { #expect(AddressRange(text) == nil) }

    /// Without proxies a thousand callers of one peer are one; behind one, each is told from the others.
    @Test func attempts_withRotatingFields_areCountedByTheCaller() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink(from: "192.0.2.1")
            var statuses: Set<Int> = []
            for number in 0..<1_000 {
                let fields = [
                    "X-Forwarded-For": "198.51.100.\(number % 250), 203.0.113.\(number % 199)",
                    "Forwarded": "for=198.51.100.\(number % 250)", "X-Real-IP": "198.51.100.\(number % 250)",
                ]
                let reply = try await rig.guess(link, fields, from: "192.0.2.66")
                if number >= 5 { statuses.insert(reply.status) }
            }
            #expect(statuses == [429])
        }
        var behind = GatewayConfiguration.links()
        behind.traffic.proxies = .hops(1)
        try await RouteRig.run(behind) { rig in
            let link = try await rig.makeLink(from: "192.0.2.1")
            for number in 0..<20 {
                let reply = try await rig.guess(
                    link, ["X-Forwarded-For": "6.6.6.\(number), 203.0.113.7"], from: "10.0.0.1")
                #expect(reply.status == (number < 5 ? 401 : 429))
            }
            let other = try await rig.guess(link, ["X-Forwarded-For": "203.0.113.8"], from: "10.0.0.1")
            #expect(other.status == 401)
        }
    }
}

extension RouteRig {
    fileprivate func guess(
        _ link: RigLink, _ fields: [String: String], from address: String
    ) async throws -> Reply {
        let body = #"{"activityName":"\#(RigLink.activity)","hash":"\#(link.hash)","teacherCode":"wrong-code"}"#
        return try await send(.post, RigLink.path + "/authenticate", body, fields, from: address)
    }
}
