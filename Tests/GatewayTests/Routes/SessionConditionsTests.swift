import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

@Suite struct SessionConditionsTests {
    @Test(arguments: [
        ("\"1\"", 200), ("*", 200), ("\"7\", \"1\"", 200), ("\"2\"", 412), ("\"0\"", 412), ("W/\"1\"", 412),
        ("\"abc\"", 412), ("\"7\", \"8\"", 412), ("\"01\"", 412), ("1", 400), ("\"1", 400), ("", 400), ("\"1\",", 400),
    ])
    func writes_whenConditional_needTheVersionThatIsThere(condition: String, status: Int) async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            let fields = ["If-Match": condition, "Content-Type": "application/json"]
            let patched = try await rig.send(.patch, "/api/sessions/\(id)", "{}", fields)
            #expect(patched.status == status)
            if status == 412 {
                #expect(patched.member("code") == "\"version-mismatch\"")
                #expect(patched.field("etag") == "\"1\"")
                #expect(patched.member("detail") == "\"The session is at version 1.\"")
            }
            let version = status == 200 ? 2 : 1
            #expect(try await rig.send(.get, "/api/sessions/\(id)").field("etag") == "\"\(version)\"")
        }
    }

    @Test func end_whenTheVersionIsOld_is412() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            _ = try await rig.send(.put, "/api/sessions/\(id)", "1")
            #expect(try await rig.send(.delete, "/api/sessions/\(id)", "", ["If-Match": "\"1\""]).status == 412)
            #expect(try await rig.send(.delete, "/api/sessions/\(id)", "", ["If-Match": "\"2\""]).status == 204)
        }
    }

    @Test func touch_whenConditional_is400() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            #expect(try await rig.send(.post, "/api/sessions/\(id)/touch", "", ["If-Match": "\"1\""]).status == 400)
        }
    }

    /// Many write against the version that they read: exactly one wins each.
    /// Fault A8: a whole document was read, changed and written back, and took with it what others had written meanwhile.
    @Test func patches_whenRacing_haveOneWinnerPerVersion() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession(#"{"document":{"n":0}}"#)
            for version in 1...5 {
                let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
                    for writer in 0..<100 {
                        group.addTask {
                            let fields = ["If-Match": "\"\(version)\"", "Content-Type": "application/json"]
                            return try await rig.send(.patch, "/api/sessions/\(id)", #"{"n":\#(writer)}"#, fields)
                                .status
                        }
                    }
                    return try await group.reduce(into: [Int: Int]()) { $0[$1, default: 0] += 1 }
                }
                #expect(statuses == [200: 1, 412: 99])
                #expect(try await rig.send(.get, "/api/sessions/\(id)").field("etag") == "\"\(version + 1)\"")
            }
        }
    }

    @Test func create_whenRepeatedWithItsKey_answersWithTheSameSession() async throws {
        try await RouteRig.run { rig in
            let key = ["Idempotency-Key": "order 17"]
            let first = try await rig.send(.post, "/api/sessions", #"{"document":1}"#, key)
            let again = try await rig.send(.post, "/api/sessions", #"{"document":1}"#, key)
            #expect([first.status, again.status] == [201, 201])
            #expect(first.field("idempotency-replayed") == nil)
            #expect(again.field("idempotency-replayed") == "true")
            #expect(first.body == again.body)
            #expect(first.field("location") == again.field("location"))
            let others = [
                #"{"document":2}"#, #"{"document":1,"type":"x"}"#, #"{"document":1,"ttl":5000}"#,
                #"{"document":1,"owner":"o"}"#,
            ]
            for other in others {
                let conflict = try await rig.send(.post, "/api/sessions", other, key)
                #expect(conflict.status == 409)
                #expect(conflict.member("code") == "\"idempotency-conflict\"")
            }
            let other = try await rig.send(.post, "/api/sessions", #"{"document":1}"#, ["Idempotency-Key": "order 18"])
            #expect(other.field("location") != first.field("location"))
        }
    }

    @Test func create_whenRepeatedAtOnce_makesOneSession() async throws {
        try await RouteRig.run { rig in
            let places = try await withThrowingTaskGroup(of: String?.self) { group in
                for _ in 0..<50 {
                    group.addTask {
                        try await rig.send(.post, "/api/sessions", "{}", ["Idempotency-Key": "k"]).field("location")
                    }
                }
                return try await group.reduce(into: Set<String?>()) { $0.insert($1) }
            }
            #expect(places.count == 1)
        }
    }

    @Test func writes_whenRepeatedWithTheirKey_takeEffectOnce() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            // The condition was true the first time: a retry is answered for its key, not refused for its version.
            let fields = ["Idempotency-Key": "w", "If-Match": "\"1\""]
            for replayed in [nil, "true", "true"] {
                let reply = try await rig.send(.put, "/api/sessions/\(id)", "[1]", fields)
                #expect(reply.status == 200)
                #expect(reply.field("etag") == "\"2\"")
                #expect(reply.field("idempotency-replayed") == replayed)
            }
            let list = ["Idempotency-Key": "w", "If-Match": "\"8\", \"1\""]
            #expect(try await rig.send(.put, "/api/sessions/\(id)", "[1]", list).status == 200)
            #expect(try await rig.send(.put, "/api/sessions/\(id)", "[2]", fields).status == 409)
            let json = fields.merging(["Content-Type": "application/json"]) { $1 }
            #expect(try await rig.send(.patch, "/api/sessions/\(id)", "[1]", json).status == 409)
            for replayed in [nil, "true"] {
                let reply = try await rig.send(.delete, "/api/sessions/\(id)", "", ["Idempotency-Key": "end"])
                #expect(reply.status == 204)
                #expect(reply.field("idempotency-replayed") == replayed)
            }
        }
    }

    @Test func keys_surviveARestart() async throws {
        let directory = RouteRig.newDirectory()
        let place = try await RouteRig.run(directory: directory) { rig in
            try await rig.send(.post, "/api/sessions", "{}", ["Idempotency-Key": "k"]).field("location")
        }
        try await RouteRig.run(directory: directory) { rig in
            let again = try await rig.send(.post, "/api/sessions", "{}", ["Idempotency-Key": "k"])
            #expect(again.field("location") == place)
            #expect(again.field("idempotency-replayed") == "true")
        }
    }

    @Test func create_whenTheKeyIsForgottenButTheSessionLives_is409() async throws {
        try await RouteRig.run { rig in
            let key = ["Idempotency-Key": "k"]
            _ = try await rig.makeSession("{}", key)
            rig.clock.advance(milliseconds: 300_001)
            let reply = try await rig.send(.post, "/api/sessions", "{}", key)
            #expect(reply.status == 409)
            #expect(reply.member("code") == "\"session-exists\"")
        }
    }

    @Test(arguments: ["", String(repeating: "k", count: 201), "ключ"])
    func keys_whenMalformed_are400(key: String) async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.post, "/api/sessions", "{}", ["Idempotency-Key": key])
            #expect(reply.status == 400)
            #expect(reply.member("code") == "\"bad-idempotency-key\"")
        }
    }
}
