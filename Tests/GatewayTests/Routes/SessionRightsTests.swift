import HTTPTypes
import Store
import Testing

@testable import Gateway

@Suite struct SessionRightsTests {
    private let methods: [(HTTPRequest.Method, String)] = [
        (.get, ""), (.post, "/touch"), (.put, ""), (.patch, ""), (.delete, ""),
    ]

    @Test func requests_whenNothingIsShown_are401() async throws {
        try await RouteRig.run(.production()) { rig in
            let id = try await rig.makeSession("{}", RouteRig.key)
            for (method, suffix) in methods + [(.head, "")] {
                let reply = try await rig.send(method, "/api/sessions/\(id)\(suffix)", "{}")
                #expect(reply.status == 401)
                #expect(reply.field("www-authenticate") == "Bearer realm=\"anteroom\"")
            }
            #expect(try await rig.send(.post, "/api/sessions").status == 401)
            #expect(try await rig.send(.get, "/api/sessions").status == 401)
            #expect(try await rig.send(.get, "/api/status").status == 401)
        }
    }

    @Test(arguments: [
        ["X-API-Key": "wrong"], ["Authorization": "apikey wrong"], ["Authorization": "Bearer x.y.z"],
        ["Authorization": "Bearer "], ["X-API-Key": ""],
    ])
    func credentials_whenWrong_are401(fields: [String: String]) async throws {
        try await RouteRig.run(.production()) { rig in
            let reply = try await rig.send(.post, "/api/sessions", "{}", fields)
            #expect(reply.status == 401)
            #expect(reply.field("www-authenticate") != nil)
        }
    }

    @Test func token_whenExpired_saysSo() async throws {
        try await RouteRig.run(.production()) { rig in
            let fields = try RouteRig.token(Identity(user: "ann", expiresAt: 1_000))
            let reply = try await rig.send(.post, "/api/sessions", "{}", fields)
            #expect(reply.status == 401)
            #expect(reply.member("code") == "\"token-expired\"")
            #expect(reply.field("www-authenticate")?.contains("invalid_token") == true)
        }
    }

    @Test(arguments: [["X-API-Key": RouteRig.apiKey], ["Authorization": "apikey \(RouteRig.apiKey)"], [:]])
    func key_whereverItIsShown_opensEverything(fields: [String: String]) async throws {
        try await RouteRig.run(.production()) { rig in
            let query = fields.isEmpty ? "?api_key=\(RouteRig.apiKey)" : ""
            let made = try await rig.send(.post, "/api/sessions\(query)", #"{"owner":"ann"}"#, fields)
            #expect(made.status == 201)
            #expect(made.member("owner") == "\"ann\"")
            #expect(try await rig.send(.get, "/api/sessions\(query)", "", fields).status == 200)
            #expect(try await rig.send(.get, "/api/status\(query)", "", fields).status == 200)
        }
    }

    @Test func user_ownsWhatItMakesAndNothingElse() async throws {
        try await RouteRig.run(.production()) { rig in
            let (ann, bob) = (try RouteRig.token(Identity(user: "ann")), try RouteRig.token(Identity(user: "bob")))
            let made = try await rig.send(.post, "/api/sessions", "{}", ann)
            #expect(made.status == 201)
            #expect(made.member("owner") == "\"ann\"")
            let id = try #require(made.field("location")?.split(separator: "/").last)
            for (method, suffix) in methods {
                let json = ["Content-Type": "application/json"]
                let foreign = try await rig.send(
                    method, "/api/sessions/\(id)\(suffix)", "{}", bob.merging(json) { $1 })
                #expect(foreign.status == 403, "\(method)")
                #expect(foreign.member("code") == "\"session-forbidden\"")
                let own = try await rig.send(method, "/api/sessions/\(id)\(suffix)", "{}", ann.merging(json) { $1 })
                #expect((200..<300).contains(own.status), "\(method)")
            }
            #expect(try await rig.send(.get, "/api/sessions", "", ann).status == 403)
            #expect(try await rig.send(.get, "/api/status", "", ann).status == 403)
            let forOther = try await rig.send(.post, "/api/sessions", #"{"owner":"bob"}"#, ann)
            #expect(forOther.status == 403)
        }
    }

    @Test func keysOfUsers_areTheirOwn() async throws {
        try await RouteRig.run(.production()) { rig in
            let key = ["Idempotency-Key": "k"]
            let ann = try RouteRig.token(Identity(user: "ann")).merging(key) { $1 }
            let bob = try RouteRig.token(Identity(user: "bob")).merging(key) { $1 }
            let (first, second) = (
                try await rig.send(.post, "/api/sessions", "{}", ann),
                try await rig.send(.post, "/api/sessions", "{}", bob)
            )
            #expect([first.status, second.status] == [201, 201])
            #expect(first.field("location") != second.field("location"))
        }
    }

    @Test func tokenWithoutUser_makesNoSessions() async throws {
        try await RouteRig.run(.production()) { rig in
            let reply = try await rig.send(.post, "/api/sessions", "{}", try RouteRig.token(.anonymous))
            #expect(reply.status == 403)
            // A session of nobody is not that of an anonymous token.
            let id = try await rig.makeSession("{}", RouteRig.key)
            #expect(try await rig.send(.get, "/api/sessions/\(id)", "", try RouteRig.token(.anonymous)).status == 403)
        }
    }

    @Test func grant_reachesAsFarAsItSays() async throws {
        try await RouteRig.run(.production()) { rig in
            let id = try await rig.makeSession(#"{"owner":"ann"}"#, RouteRig.key)
            let json = ["Content-Type": "application/json"]
            let reader = try RouteRig.token(Identity(user: "", sessions: [id: .read])).merging(json) { $1 }
            let writer = try RouteRig.token(Identity(user: "x", sessions: [id: .readWrite])).merging(json) { $1 }
            let read = try await rig.send(.get, "/api/sessions/\(id)", "", reader)
            #expect(read.status == 200)
            #expect(read.member("owner") == nil)
            for (method, suffix) in methods.dropFirst() {
                #expect(try await rig.send(method, "/api/sessions/\(id)\(suffix)", "{}", reader).status == 403)
            }
            for (method, suffix) in methods {
                let reply = try await rig.send(method, "/api/sessions/\(id)\(suffix)", "{}", writer)
                #expect((200..<300).contains(reply.status), "\(method)")
            }
        }
    }

    @Test func pages_whenOfAForeignOrigin_areRefusedEvenWhereAllIsOpen() async throws {
        try await RouteRig.run { rig in
            let foreign = ["Origin": "https://evil.example"]
            let made = try await rig.send(.post, "/api/sessions", "{}", foreign)
            let published = try await rig.send(.post, "/api/publish", #"{"channel":"a","data":1}"#, foreign)
            let own = try await rig.send(.post, "/api/sessions", "{}", ["Origin": "http://localhost"])
            #expect([made.status, published.status, own.status] == [403, 403, 201])
        }
    }
}
