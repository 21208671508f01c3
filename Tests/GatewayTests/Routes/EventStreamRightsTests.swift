import HTTPTypes
import ServiceLifecycle
import Store
import Synchronization
import Testing

@testable import Gateway

@Suite struct EventStreamRightsTests {
    @Test(arguments: [
        ("/events/a%20b", 400), ("/events/%ff", 400), ("/events", 400), ("/events?channel=a&channel=a", 400),
        ("/events?" + (0..<33).map { "channel=\($0)" }.joined(separator: "&"), 400), ("/events/nope:1", 404),
        ("/events/session:0123", 404), ("/events/a/b", 200),
    ])
    func request_whenWrong_hasAStatus(path: String, status: Int) async throws {
        let table = NamespaceTable(namespaces: ["chat": ChannelOptions()])
        try await StreamRig.run(GatewayConfiguration(namespaces: table)) { server in
            let client = try await server.open(path)
            let text = try await client.wait(for: "\r\n\r\n")
            #expect(text.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test func request_withABody_is400() async throws {
        try await StreamRig.run { server in
            let client = try await StreamClient.connect(port: server.port)
            try await client.send("GET /events/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\n{}\n")
            try await client.wait(for: "HTTP/1.1 400 ")
        }
    }

    @Test func rights_areThoseOfTheNamespace() async throws {
        let table = NamespaceTable(namespaces: [
            "open": ChannelOptions(subscribe: ClientAccess(forClient: true, forAnonymous: true)),
            "users": ChannelOptions(subscribe: ClientAccess(forClient: true)), "closed": ChannelOptions(),
        ])
        let configuration = GatewayConfiguration.production(allowAnonymous: true, namespaces: table)
        try await StreamRig.run(configuration) { server in
            let user = try RouteRig.token(Identity(user: "ann"))
            let token = user["Authorization"]?.split(separator: " ").last ?? ""
            let cases: [(String, [String: String], Int)] = [
                ("/events/open:1", [:], 200), ("/events/users:1", [:], 401), ("/events/users:1", user, 200),
                ("/events/users:1?token=\(token)", [:], 200), ("/events/users:1?token=x", [:], 401),
                ("/events/closed:1", user, 403), ("/events/closed:1", RouteRig.key, 200),
                ("/events/$users:1", user, 403), ("/events/waiting:1", user, 404),
                ("/events?channel=users:1&channel=closed:1", user, 403),
            ]
            for (path, fields, status) in cases {
                let client = try await server.open(path, fields)
                let text = try await client.wait(for: "\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 \(status) "), "\(path)")
                try await client.close()
            }
        }
    }

    @Test func anonymous_whenNotAllowed_is401() async throws {
        try await StreamRig.run(.production()) { server in
            let client = try await server.open("/events/a")
            try await client.wait(for: "HTTP/1.1 401 ")
        }
    }

    @Test func session_isForItsOwnerAndThoseItIsGrantedTo() async throws {
        try await StreamRig.run(.production()) { server in
            let id = try await server.rig.makeSession(#"{"owner":"ann"}"#, RouteRig.key)
            let cases: [([String: String], Int)] = [
                (try RouteRig.token(Identity(user: "ann")), 200), (RouteRig.key, 200),
                (try RouteRig.token(Identity(user: "bob", sessions: [id: .read])), 200),
                (try RouteRig.token(Identity(user: "bob")), 403), ([:], 401),
            ]
            for (fields, status) in cases {
                let client = try await server.open("/events/session:\(id)", fields)
                let text = try await client.wait(for: "\r\n\r\n")
                #expect(text.hasPrefix("HTTP/1.1 \(status) "))
                try await client.close()
            }
        }
    }

    @Test func session_whenItEnds_isToldToThoseWhoComeBack() async throws {
        try await StreamRig.run { server in
            let id = try await server.rig.makeSession(#"{"document":1}"#)
            let client = try await server.open("/events/session:\(id)")
            let text = try await client.wait(for: "id: ")
            let shown = text.split(separator: "\n").last { $0.hasPrefix("id: ") }?.dropFirst(4) ?? ""
            try await client.close()
            _ = try await server.rig.send(.delete, "/api/sessions/\(id)")
            let back = try await server.open("/events/session:\(id)", ["Last-Event-ID": String(shown)])
            try await back.wait(for: #"data: {"type":"session.end","version":2,"reason":"ended"}"#)
            let new = try await server.open("/events/session:\(id)")
            try await new.wait(for: "HTTP/1.1 410 ")
        }
    }

    @Test func origins_decideWhoMayRead() async throws {
        let allowed = try #require(OriginPattern("https://app.example"))
        let configuration = GatewayConfiguration(origins: OriginPolicy(patterns: [allowed]))
        try await StreamRig.run(configuration) { server in
            let page = try await server.open("/events/a", ["Origin": "https://app.example"])
            let text = try await page.wait(for: "\r\n\r\n").lowercased()
            #expect(text.contains("access-control-allow-origin: https://app.example\r\n"))
            #expect(text.contains("vary: origin\r\n"))
            let foreign = try await server.open("/events/a", ["Origin": "https://evil.example"])
            try await foreign.wait(for: "HTTP/1.1 403 ")
        }
    }

    @Test func preflight_whenOfAnAllowedOrigin_names_whatMayBeAsked() async throws {
        let allowed = try #require(OriginPattern("https://app.example"))
        let configuration = GatewayConfiguration(origins: OriginPolicy(patterns: [allowed]))
        try await RouteRig.run(configuration) { rig in
            let asked = ["Access-Control-Request-Method": "PATCH"]
            let page = try await rig.send(
                .options, "/api/sessions/x", "", asked.merging(["Origin": "https://app.example"]) { $1 })
            #expect(page.status == 204)
            #expect(page.field("access-control-allow-methods")?.contains("PATCH") == true)
            #expect(page.field("access-control-allow-headers")?.contains("If-Match") == true)
            let foreign = try await rig.send(
                .options, "/api/sessions/x", "", asked.merging(["Origin": "https://evil.example"]) { $1 })
            #expect(foreign.field("access-control-allow-origin") == nil)
            let made = try await rig.send(.post, "/api/sessions", "{}", ["Origin": "https://app.example"])
            #expect(made.field("access-control-allow-origin") == "https://app.example")
            #expect(made.field("access-control-expose-headers")?.contains("ETag") == true)
        }
    }

    @Test func token_whenItExpires_endsTheStream() async throws {
        try await StreamRig.run(.production()) { server in
            let soon = (server.rig.core.engine.now / 1_000 + 3) * 1_000
            let client = try await server.open("/events/a", try RouteRig.token(Identity(user: "ann", expiresAt: soon)))
            let text = try await client.wait(for: ": expired\n\n")
            #expect(text.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func connections_whenAllAreTaken_are503() async throws {
        try await StreamRig.run(GatewayConfiguration(maximumConnections: 1)) { server in
            let first = try await server.open("/events/a")
            try await first.wait(for: "id: ")
            let second = try await server.open("/events/a")
            try await second.wait(for: "HTTP/1.1 503 ")
        }
    }

    @Test func heartbeat_comesWhileNothingHappens() async throws {
        try await StreamRig.run(GatewayConfiguration(pingIntervalMilliseconds: 50)) { server in
            let client = try await server.open("/events/a")
            try await client.wait(for: "\n: \n\n", times: 3)
        }
    }

    @Test func shutdown_endsStreamsInTime() async throws {
        try await StreamRig.run(GatewayConfiguration(drainSeconds: 1)) { server in
            let client = try await server.open("/events/a")
            try await client.wait(for: "id: ")
            await server.group.triggerGracefulShutdown()
            let text = try await client.waitForEnd()
            #expect(text.hasSuffix(": stopping\n\n"))
        }
    }
}
