import HTTPTypes
import Journal
import Store
import TestSupport
import Testing

@testable import Gateway

@Suite struct CursorHeaderTests {
    private func cursor(_ reply: RouteRig.Reply) -> Cursor? { reply.field("anteroom-cursor").flatMap { Cursor($0) } }

    @Test func write_whenAccepted_saysWhereItIs() async throws {
        try await RouteRig.run { rig in
            var last = Cursor.start
            func isLater(_ reply: RouteRig.Reply) -> Bool {
                guard let found = cursor(reply) else { return false }
                defer { last = found }
                return found > last
            }
            let created = try await rig.send(.post, "/api/sessions")
            let path = created.field("location") ?? ""
            #expect(isLater(created))
            #expect(isLater(try await rig.send(.put, path, "1")))
            #expect(isLater(try await rig.send(.patch, path, "{}", ["Content-Type": "application/json"])))
            #expect(cursor(try await rig.send(.post, path + "/touch")).map { $0 >= last } == true)
            #expect(isLater(try await rig.send(.delete, path)))
            #expect(isLater(try await rig.send(.post, "/api/publish", #"{"channel":"a","data":1}"#)))
            let broadcast = try await rig.send(.post, "/api/broadcast", #"{"channels":["a","b"],"data":1}"#)
            #expect(isLater(broadcast))
            let status = try await rig.core.engine.ask { .status($0) }
            #expect(last == status.head, "the newest of a broadcast")
            let batch = #"{"commands":[{"publish":{"channel":"a","data":1}},{"info":{}}]}"#
            #expect(isLater(try await rig.send(.post, "/api/batch", batch)))
            let read = try await rig.send(.post, "/api/history", #"{"channel":"a"}"#)
            #expect(cursor(read) == nil)
        }
    }

    @Test func duplicate_isAtOrAfterItsOriginal() async throws {
        try await RouteRig.run { rig in
            let body = #"{"channel":"a","data":1,"idempotency_key":"k"}"#
            let first = cursor(try await rig.send(.post, "/api/publish", body))
            let again = cursor(try await rig.send(.post, "/api/publish", body))
            let (original, repeated) = (try #require(first), try #require(again))
            #expect(repeated >= original)
        }
    }

    @Test func request_whenItShowsAPlaceThatWasReached_isAnswered() async throws {
        try await RouteRig.run { rig in
            let written = try await rig.send(.post, "/api/publish", #"{"channel":"a","data":1}"#)
            let shown = ["Anteroom-Cursor": written.field("anteroom-cursor") ?? ""]
            let read = try await rig.send(.post, "/api/history", #"{"channel":"a","limit":1}"#, shown)
            #expect(read.status == 200 && read.text.contains(#""offset":1"#))
            #expect(try await rig.send(.post, "/api/sessions", "", shown).status == 201)
            #expect(try await rig.send(.get, "/api/sessions", "", ["Anteroom-Cursor": "0.0"]).status == 200)
        }
    }

    @Test func request_whenItShowsTheFuture_waitsForItOrFails() async throws {
        try await RouteRig.run { rig in
            let head = try await rig.core.engine.ask { .status($0) }.head
            async let waiting = rig.send(.get, "/api/sessions", "", ["Anteroom-Cursor": head.next.description])
            _ = try await rig.send(.post, "/api/publish", #"{"channel":"a","data":1}"#)
            #expect(try await waiting.status == 200)
            let far = ["Anteroom-Cursor": "\(head.lineage + 1).0"]
            let write = try await rig.send(.post, "/api/publish", #"{"channel":"a","data":1}"#, far)
            #expect(write.status == 503)
            #expect(write.field("retry-after") == "2")
            #expect(write.member("code") == "\"unavailable\"")
            #expect(write.member("detail")?.contains("the write was not made") == true)
            #expect((try await rig.core.engine.ask { .status($0) }).head == head.next)
        }
    }

    @Test(arguments: ["", "x", "1", "1.", "1.2.3", "-1.0", "01.1", "1.99999999999999999999", "1.2, 1.3"])
    func request_whenTheFieldIsNoCursor_isRefused(text: String) async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.get, "/api/sessions", "", ["Anteroom-Cursor": text])
            #expect(reply.status == 400)
            #expect(reply.member("code") == "\"bad-cursor\"")
            #expect(reply.member("detail")?.contains("<lineage>.<sequence>") == true)
            #expect(try await rig.send(.get, "/health/ready", "", ["Anteroom-Cursor": text]).status == 200)
        }
    }

    @Test func stream_whenItShowsACursor_isAsStrict() async throws {
        try await RouteRig.run { rig in
            let future = try await rig.send(.get, "/events/a", "", ["Anteroom-Cursor": "9.0"])
            #expect(future.status == 503)
            let malformed = try await rig.send(.get, "/events/a", "", ["Anteroom-Cursor": "9"])
            #expect(malformed.status == 400)
        }
    }

    @Test func field_isShownToPages() async throws {
        var configuration = GatewayConfiguration.development
        configuration.origins = OriginPolicy(patterns: OriginPattern("*").map { [$0] })
        try await RouteRig.run(configuration) { rig in
            let origin = ["Origin": "https://app.example"]
            let reply = try await rig.send(.post, "/api/publish", #"{"channel":"a","data":1}"#, origin)
            #expect(reply.field("access-control-expose-headers")?.contains("Anteroom-Cursor") == true)
            let preflight = try await rig.send(
                .options, "/api/sessions", "",
                origin.merging(["Access-Control-Request-Method": "POST"]) { first, _ in first })
            #expect(preflight.field("access-control-allow-headers")?.contains("Anteroom-Cursor") == true)
        }
    }
}
