import HTTPTypes
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct PlainRightsTests {
    private static let namespaces = NamespaceTable(namespaces: [
        "news": ChannelOptions(subscribe: ClientAccess(forClient: true)),
        "chat": ChannelOptions(
            subscribe: ClientAccess(forClient: true), publish: ClientAccess(forSubscriber: true)),
    ])

    private static func run(_ body: @Sendable (StreamRig) async throws -> Void) async throws {
        try await StreamRig.run(.production(namespaces: namespaces), body)
    }

    private static func token(_ identity: Identity) throws -> String {
        try TokenSigner(secret: RouteRig.tokenSecret).sign(identity, issuedAt: 0)
    }

    /// What the handshake is answered with.
    private static func refusal(_ path: String, _ rig: StreamRig, _ fields: [String] = []) async throws -> String {
        let raw = try await RawClient.connect(port: rig.port)
        try await raw.send(RawClient.handshake(path: path, with: fields))
        try await raw.waitForEnd()
        return raw.text
    }

    @Test func handshake_withoutRights_isRefusedWithTheReason() async throws {
        try await Self.run { rig in
            let token = try Self.token(Identity(user: "ada"))
            for (path, status, code) in [
                ("/ws/news/1", 401, "credentials-missing"), ("/ws/news/1?token=x.y.z", 401, "token-invalid"),
                ("/ws/news/1?api_key=wrong", 401, "api-key-invalid"),
                ("/ws/sport/1?token=\(token)", 404, "unknown-channel"),
                ("/ws/%24news/1?token=\(token)", 403, "permission-denied"),
                ("/ws/presence/1?token=\(token)", 403, "permission-denied"),
                ("/ws/news/?token=\(token)", 400, "bad-address"), ("/ws/a%20b?token=\(token)", 400, "bad-channel"),
            ] {
                let answer = try await Self.refusal(path, rig)
                #expect(answer.hasPrefix("HTTP/1.1 \(status)"), "\(path): \(answer)")
                #expect(answer.contains(code), "\(path): \(answer)")
            }
            let foreign = try await Self.refusal("/ws/news/1?token=\(token)", rig, ["Origin: https://evil.example"])
            #expect(foreign.hasPrefix("HTTP/1.1 403"))
            #expect(rig.rig.core.connections.total == 0)
        }
    }

    @Test func token_countsInTheHeaderAndInTheQuery() async throws {
        try await Self.run { rig in
            let token = try Self.token(Identity(user: "ada"))
            let one = try await PlainClient.open("/ws/chat/1?token=\(token)", on: rig)
            let other = try await PlainClient.open(
                "/ws/chat/1", on: rig, headers: [("Authorization", "Bearer \(token)")])
            let key = try await PlainClient.open("/ws/chat/1", on: rig, headers: [("X-API-Key", RouteRig.apiKey)])
            try await rig.waitForSubscribers(of: "chat:1", count: 3)
            one.say("from ada")
            for client in [one, other, key] { #expect(try await client.wait(forCount: 1) == ["from ada"]) }
            let history = try await rig.rig.send(
                .post, "/api/history", #"{"channel":"chat:1","limit":1}"#, RouteRig.key)
            #expect(history.text.contains(#""info":{"user":"ada","client":""#))
        }
    }

    @Test func message_whereOnlyReadingIsAllowed_isRefusedAndNotPublished() async throws {
        try await Self.run { rig in
            let token = try Self.token(Identity(user: "ada"))
            let reader = try await PlainClient.follow("/ws/news/1?token=\(token)", on: rig)
            reader.say("no")
            #expect(
                try await reader.wait(forCount: 2).last == #"{"type":"error","code":103,"message":"permission denied"}"#
            )
            try await rig.publish("news:1", "1")
            #expect(try await reader.wait(forCount: 3).last?.member("offset") == "1")
        }
    }

    /// Promise: nobody publishes into the service's own namespaces, the API key included.
    @Test func session_isReadByWhoMayAndWrittenByNobody() async throws {
        try await Self.run { rig in
            let id = try await rig.rig.makeSession(#"{"owner":"ada","document":{"n":1}}"#, RouteRig.key)
            let owner = try Self.token(Identity(user: "ada"))
            let reader = try await PlainClient.follow("/ws/session/\(id)?token=\(owner)", on: rig)
            let key = try await PlainClient.follow("/ws/session/\(id)?api_key=\(RouteRig.apiKey)", on: rig)
            for client in [reader, key] {
                client.say(#"{"type":"session.put"}"#)
                #expect(try await client.wait(forCount: 2).last?.member("code") == "103")
            }
            var fields = RouteRig.key
            fields["Content-Type"] = "application/merge-patch+json"
            _ = try await rig.rig.send(.patch, "/api/sessions/\(id)", #"{"n":2}"#, fields)
            for client in [reader, key] {
                #expect(try await client.wait(forCount: 3).last?.member("data", "patch") == #"{"n":2}"#)
            }
            let other = try Self.token(Identity(user: "eve"))
            for path in ["/ws/session/\(id)", "/ws/session/nosuch"] {
                let stranger = try await PlainClient.open("\(path)?token=\(other)", on: rig)
                #expect(try await stranger.socket.waitForEnd() == SocketEnd(code: 3507, reason: "permission denied"))
            }
        }
    }

    @Test func credentials_thatEnd_endTheSocket() async throws {
        try await Self.run { rig in
            let end = rig.rig.core.engine.now + 2_000
            let token = try Self.token(Identity(user: "ada", expiresAt: end))
            let client = try await PlainClient.open("/ws/news/1?token=\(token)", on: rig)
            #expect(try await client.socket.waitForEnd() == SocketEnd(code: 3005, reason: "connection expired"))
        }
    }

    @Test(arguments: [
        (
            "disconnect", #"{"user":"ada","disconnect":{"code":3555,"reason":"out"}}"#,
            SocketEnd(code: 3555, reason: "out")
        ),
        ("unsubscribe", #"{"user":"ada","channel":"news:1"}"#, SocketEnd(code: 3503, reason: "force disconnect")),
    ])
    func order_ofAnOperator_endsTheSocketsOfItsUser(_ method: String, _ body: String, _ end: SocketEnd) async throws {
        try await Self.run { rig in
            let ada = try await PlainClient.follow("/ws/news/1?token=\(try Self.token(Identity(user: "ada")))", on: rig)
            let eve = try await PlainClient.follow("/ws/news/1?token=\(try Self.token(Identity(user: "eve")))", on: rig)
            let answer = try await rig.rig.send(.post, "/api/\(method)", body, RouteRig.key)
            #expect(answer.status == 200)
            #expect(try await ada.socket.waitForEnd() == end)
            #expect(eve.socket.end == nil)
        }
    }
}
