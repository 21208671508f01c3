import HTTPTypes
import Testing

@testable import Gateway

/// Row S1: pages of foreign origins, on every surface.
@Suite struct OriginTableTests {
    private static let configuration: GatewayConfiguration = {
        var configuration = GatewayConfiguration.development
        configuration.origins = OriginPolicy(patterns: OriginPattern("https://good.example").map { [$0] })
        return configuration
    }()

    static let rows: [(origins: [String], isAllowed: Bool)] = [
        ([], true), (["https://good.example"], true), (["https://GOOD.example"], true),
        (["https://good.example:443"], true), (["null"], false), (["https://good.example.evil.org"], false),
        (["https://evil.org/https://good.example"], false), (["https://good.example:444"], false),
        (["http://good.example"], false), (["https://xgood.example"], false), (["https://good.example."], false),
        (["https://user@good.example"], false), ([""], false),
        (["https://good.example", "https://good.example"], false), (["https://good.example, https://evil.org"], false),
    ]

    @Test(arguments: rows) func origin_ofASocket_isAllowedOnlyWhenListed(origins: [String], isAllowed: Bool)
        async throws
    {
        try await RouteRig.run(Self.configuration) { rig in
            for path in [ClientUpgrades.path, ClientUpgrades.waitingPath] {
                var head = HTTPRequest(method: .get, scheme: "http", authority: "localhost", path: path)
                for origin in origins { head.headerFields.append(HTTPField(name: .origin, value: origin)) }
                switch ClientUpgrades(core: rig.core).upgrade(head, remote: nil) {
                case .accept: #expect(isAllowed)
                case .refuse(let problem):
                    #expect(!isAllowed)
                    #expect(problem.status == .forbidden)
                case .pass: Issue.record("not a socket's path")
                }
            }
        }
    }

    @Test(arguments: rows.filter { $0.origins.count <= 1 })
    func origin_ofARequest_isToldWhatItMayRead(origins: [String], isAllowed: Bool) async throws {
        try await RouteRig.run(Self.configuration) { rig in
            let fields = origins.first.map { ["Origin": $0] } ?? [:]
            let made = try await rig.send(.post, "/api/sessions", "{}", fields)
            #expect(made.status == (isAllowed ? 201 : 403))
            let isShown = isAllowed && !origins.isEmpty
            #expect(made.field("access-control-allow-origin") == (isShown ? origins.first : nil))
            #expect((made.field("vary") == "Origin") == isShown)
            #expect(made.field("access-control-allow-credentials") == nil)
            let asked = try await rig.send(
                .options, "/api/sessions", "", fields.merging(["Access-Control-Request-Method": "PATCH"]) { $1 })
            #expect((asked.status == 204) == isShown)
            #expect((asked.field("access-control-allow-methods")?.contains("PATCH") == true) == isShown)
        }
    }
}
