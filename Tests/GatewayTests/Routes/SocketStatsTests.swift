import Crypto
import Foundation
import HTTPTypes
import JSONBytes
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct SocketStatsTests {
    @Test func stats_haveTheShapesOfTheSeedDocuments() async throws {
        try await StreamRig.run(.production(allowAnonymous: true)) { rig in
            let token = try TokenSigner(secret: RouteRig.tokenSecret).sign(Identity(user: "ada"), issuedAt: 0)
            _ = try await PlainClient.follow("/ws/chat/1?token=\(token)", on: rig)
            _ = try await PlainClient.follow("/ws/chat/2?token=\(token)", on: rig)
            let key = ["X-API-Key": RouteRig.apiKey]
            _ = try await PlainClient.follow("/ws/chat/2?api_key=\(RouteRig.apiKey)", on: rig)
            let stats = try await rig.rig.send(.get, "/api/ws/stats", "", key)
            #expect(stats.status == 200)
            #expect(stats.member("serverId").map { $0.count > 2 } ?? false)
            #expect(stats.member("localConnections") == "3")
            #expect(stats.member("redisConnections") == "3", "a node that is alone is the whole fleet")
            #expect(stats.member("activeRuns") == "2")
            #expect(stats.member("uptime").flatMap { Int($0) } != nil)
            let health = try await rig.rig.send(.get, "/api/health/websocket", "", key)
            #expect(health.member("connectedClients") == "3")
            #expect(health.member("activeRooms") == "2")
            #expect(health.member("authenticatedClients") == "2")
            #expect(health.member("uptime") == #""0h 0m""#)
            #expect(health.member("memoryUsage").map { $0.hasSuffix("MB\"") } ?? false)
        }
    }

    @Test func stats_withoutTheKey_areRefused() async throws {
        try await RouteRig.run(.production()) { rig in
            for path in ["/api/ws/stats", "/api/health/websocket"] {
                let answer = try await rig.send(.get, path)
                #expect(answer.status == 401)
            }
        }
    }

    @Test(arguments: [(0 as Int64, "0h 0m"), (8_100, "2h 15m"), (359_999, "99h 59m")])
    func uptime_isInHoursAndMinutes(_ seconds: Int64, _ text: String) {
        #expect(SocketStatsRoutes.text(ofSeconds: seconds) == text)
    }

    @Test func statusPage_runsNothingButItsOwnScript() async throws {
        try await RouteRig.run(.production()) { rig in
            let page = try await rig.send(.get, "/status")
            #expect(page.status == 200)
            let policy = page.field("content-security-policy") ?? ""
            for tag in ["style", "script"] {
                let start = try #require(page.text.firstRange(of: "<\(tag)>")).upperBound
                let end = try #require(page.text.firstRange(of: "</\(tag)>")).lowerBound
                let digest = Data(SHA256.hash(data: Data(page.text[start..<end].utf8))).base64EncodedString()
                #expect(policy.contains("\(tag)-src 'sha256-\(digest)'"))
            }
            #expect(!page.text.contains("innerHTML") && !page.text.contains("style="))
        }
    }

    @Test func status_ofANodeThatIsAlone_hasNoValkey() async throws {
        try await RouteRig.run { rig in
            let status = try await rig.send(.get, "/api/status")
            #expect(status.json.member("storage")?.member("mode")?.string == #""sqlite""#)
            #expect(status.member("valkey") == "null")
        }
    }
}
