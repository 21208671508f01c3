import Gateway
import Testing

@testable import anteroom

@Suite struct TrafficTests {
    @Test(
        arguments: [
            ("0", TrustedProxies.none), ("2", .hops(2)),
            ("10.0.0.0/8, ::1", .networks(["10.0.0.0/8", "::1"].compactMap { AddressRange($0) })),
        ] as [(String, TrustedProxies)])
    func proxies_areCountedOrNamed(text: String, proxies: TrustedProxies) throws {
        #expect(try Samples.configuration(["TRUSTED_PROXIES": text]).gateway.traffic.proxies == proxies)
    }

    @Test(arguments: ["33", "-1", "nginx", "10.0.0.0/33", "10.0.0.1,", "1,2"])
    func proxies_thatAreNeither_areRefused(text: String) {
        #expect(Samples.sentence(["TRUSTED_PROXIES": text])?.contains("TRUSTED_PROXIES") == true)
    }

    @Test(
        arguments: [
            (["WS_MAX_CONNECTIONS": "1000"], 800), (["WS_MAX_CONNECTIONS": "1"], 1),
            (["WS_MAX_CONNECTIONS": "1000", "WS_SOFT_CONNECTIONS": "10"], 10),
            (["WS_MAX_CONNECTIONS": "1000", "WS_SOFT_CONNECTIONS": "5000"], 1_000),
        ] as [([String: String], Int)])
    func softConnections_areNeverAboveAll(environment: [String: String], count: Int) throws {
        #expect(try Samples.configuration(environment).gateway.traffic.softConnections == count)
    }

    @Test func limits_whenNobodySetsThem_areThoseOfTheReadme() throws {
        let traffic = try Samples.configuration().gateway.traffic
        #expect(traffic.proxies == .none)
        #expect(traffic.connectionsPerAddress == 0)
        #expect(traffic.messagesPerMinute == 6_000)
        #expect(traffic.openingsPerSecond == 4_000)
        #expect(traffic.idleMilliseconds == 86_400_000)
    }

    @Test func certificate_withoutItsKey_isRefused() {
        #expect(Samples.sentence(["TLS_CERT_FILE": "a.pem"])?.contains("without TLS_KEY_FILE") == true)
        #expect(Samples.sentence(["TLS_KEY_FILE": "a.pem"])?.contains("without TLS_CERT_FILE") == true)
    }
}
