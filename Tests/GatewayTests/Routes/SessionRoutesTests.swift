import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

@Suite struct SessionRoutesTests {
    @Test func create_whenAllIsGiven_answersWithTheSessionAndItsPlace() async throws {
        try await RouteRig.run { rig in
            let made = try await rig.send(
                .post, "/api/sessions", #"{"type":"quiz","owner":"ann","ttl":60000,"document":{"a" : 1.50,"b":"é"}}"#)
            #expect(made.status == 201)
            #expect(made.field("etag") == "\"1\"")
            #expect(made.member("document") == #"{"a" : 1.50,"b":"é"}"#)
            #expect(made.member("type") == "\"quiz\"")
            #expect(made.member("owner") == "\"ann\"")
            #expect(made.member("version") == "1")
            let id = try #require(made.field("location")?.split(separator: "/").last)
            #expect(made.member("id") == "\"\(id)\"")
            #expect(id.utf8.count == 32)
            let created = try #require(made.member("createdAt").flatMap { Int64($0) })
            #expect(made.member("updatedAt") == "\(created)")
            // The touches that are saved are added to the life.
            #expect(made.member("expiresAt") == "\(created + 60_000 + 6_000)")
        }
    }

    @Test func create_whenTheBodyIsEmpty_usesTheDefaults() async throws {
        try await RouteRig.run { rig in
            let made = try await rig.send(.post, "/api/sessions")
            #expect(made.status == 201)
            #expect(made.member("document") == "{}")
            #expect(made.member("type") == "\"session\"")
        }
    }

    @Test(arguments: [
        (#"{"id":"mine"}"#, "bad-member"), (#"{"dokument":1}"#, "bad-member"), (#"[1]"#, "bad-value"),
        (#"{"ttl":999}"#, "bad-ttl"), (#"{"ttl":2592000001}"#, "bad-ttl"), (#"{"ttl":"1"}"#, "bad-value"),
        (#"{"ttl":1.5}"#, "bad-value"), (#"{"type":""}"#, "bad-type"), (#"{"type":"é"}"#, "bad-type"),
        ("{\"type\":\"\(String(repeating: "x", count: 65))\"}", "bad-type"),
        ("{\"owner\":\"\(String(repeating: "x", count: 257))\"}", "bad-owner"),
        (#"{"document":}"#, "bad-json"), (#"{"document":{}"#, "bad-json"), ("{} {}", "bad-json"),
        ("{\"document\":\(String(repeating: "[", count: 33))\(String(repeating: "]", count: 33))}", "too-deep"),
    ])
    func create_whenTheBodyIsWrong_saysWhere(body: String, code: String) async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.post, "/api/sessions", body)
            #expect(reply.status == 400)
            #expect(reply.member("code") == "\"\(code)\"")
            #expect(reply.field("content-type") == "application/problem+json")
            #expect(try await rig.send(.get, "/api/sessions").text == #"{"sessions":[]}"#)
        }
    }

    @Test func badJSON_isAnsweredWithItsOffset() async throws {
        try await RouteRig.run { rig in
            let reply = try await rig.send(.post, "/api/sessions", #"{"document":}"#)
            #expect(reply.member("detail") == #""The body can't be read: unexpected byte 0x7d at offset 12.""#)
        }
    }

    /// Fault A9: a touch made objects of lists, and cut numbers. What the service stores is what it gives back: spelling, order,
    /// duplicates and inner spaces.
    @Test(arguments: [
        #"{"b":1,"a":2,"b":3}"#, #"[1.0,1e5,-0,12345678901234567890]"#, #""A\/\n""#, "null", "true", "0",
        #"{"deep":{"x":[{},[],{"y":"𝄞"}]}}"#, #"{ "spaced" : [ 1 , 2 ] }"#,
    ])
    func documents_whenPutAndRead_areTheSameBytes(document: String) async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession(#"{"document":\#(document)}"#)
            #expect(try await rig.send(.get, "/api/sessions/\(id)").member("document") == document)
            let put = try await rig.send(.put, "/api/sessions/\(id)", " \(document)\n")
            #expect(put.status == 200)
            #expect(put.member("document") == document)
            #expect(put.field("etag") == "\"2\"")
        }
    }

    @Test func patch_mergesAndKeepsTheRestAsItWas() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession(#"{"document":{"a": 1.0,"b":{"c":2},"d":"x"}}"#)
            let type = ["Content-Type": "application/merge-patch+json"]
            let reply = try await rig.send(.patch, "/api/sessions/\(id)", #"{"b":{"c":null,"e":3},"d":null}"#, type)
            #expect(reply.status == 200)
            #expect(reply.member("version") == "2")
            #expect(reply.member("document") == #"{"a": 1.0,"b":{"e":3}}"#)
        }
    }

    @Test(arguments: [
        ("application/merge-patch+json", 200), ("Application/JSON; charset=utf-8", 200), ("text/plain", 415),
        ("application/json-patch+json", 415), ("", 415), ("application/x-www-form-urlencoded", 200),
    ])
    func patch_whenOfAnyType_onlyTakesMergePatches(type: String, status: Int) async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            let reply = try await rig.send(.patch, "/api/sessions/\(id)", "{}", ["Content-Type": type])
            #expect(reply.status == status)
            if status == 415 {
                #expect(reply.field("accept-patch") == "application/merge-patch+json, application/json")
            }
        }
    }

    @Test func read_whenTheTagIsKnown_is304() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            for (condition, status) in [
                ("\"1\"", 304), ("W/\"1\"", 304), ("*", 304), ("\"2\", \"1\"", 304), ("\"2\"", 200),
            ] {
                let reply = try await rig.send(.get, "/api/sessions/\(id)", "", ["If-None-Match": condition])
                #expect(reply.status == status, "\(condition)")
                #expect(reply.field("etag") == "\"1\"")
                #expect(reply.body.isEmpty == (status == 304))
            }
            #expect(try await rig.send(.get, "/api/sessions/\(id)", "", ["If-None-Match": "1"]).status == 400)
        }
    }

    @Test func head_answersLikeGetWithoutABody() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            let (get, head) = (
                try await rig.send(.get, "/api/sessions/\(id)"), try await rig.send(.head, "/api/sessions/\(id)")
            )
            #expect(head.status == 200)
            #expect(head.body.isEmpty)
            #expect(head.headers == get.headers)
        }
    }

    @Test(arguments: ["0123456789abcdef0123456789abcdef", "x", "..", String(repeating: "a", count: 65)])
    func unknownIDs_areNotFoundAndNeverAdopted(id: String) async throws {
        try await RouteRig.run { rig in
            let type = ["Content-Type": "application/json"]
            for (method, suffix) in [
                (HTTPRequest.Method.get, ""), (.head, ""), (.put, ""), (.patch, ""), (.delete, ""), (.post, "/touch"),
            ] {
                let reply = try await rig.send(method, "/api/sessions/\(id)\(suffix)", "{}", type)
                #expect(reply.status == 404, "\(method) \(id)")
            }
            #expect(try await rig.send(.get, "/api/sessions").text == #"{"sessions":[]}"#)
        }
    }

    @Test func end_leavesATombstoneThatNoWriteBringsBack() async throws {
        try await RouteRig.run { rig in
            let id = try await rig.makeSession()
            #expect(try await rig.send(.delete, "/api/sessions/\(id)").status == 204)
            let type = ["Content-Type": "application/json"]
            for (method, suffix) in [
                (HTTPRequest.Method.get, ""), (.put, ""), (.patch, ""), (.delete, ""), (.post, "/touch"),
            ] {
                let reply = try await rig.send(method, "/api/sessions/\(id)\(suffix)", "{}", type)
                #expect(reply.status == 410, "\(method)")
                #expect(reply.member("code") == "\"session-ended\"")
            }
        }
    }

    @Test func deadline_slidesWithTouchesAndEndsTheSession() async throws {
        try await RouteRig.run { rig in
            // The rig's clock runs on beside the steps: they are far larger than any pause of a busy machine.
            let id = try await rig.makeSession(#"{"ttl":1000000}"#)
            rig.clock.advance(milliseconds: 900_000)
            let touched = try await rig.send(.post, "/api/sessions/\(id)/touch")
            #expect(touched.status == 200)
            let expiry = try #require(touched.member("expiresAt").flatMap { Int64($0) })
            #expect(expiry >= rig.core.engine.now + 900_000)
            rig.clock.advance(milliseconds: 900_000)
            #expect(try await rig.send(.get, "/api/sessions/\(id)").status == 200)
            rig.clock.advance(milliseconds: 1_100_000)
            #expect(try await rig.send(.get, "/api/sessions/\(id)").status == 410)
        }
    }

    @Test func list_pagesInTheOrderOfIDs() async throws {
        try await RouteRig.run { rig in
            var ids: Set<String> = []
            for number in 0..<5 { ids.insert(try await rig.makeSession(#"{"type":"\#(number < 3 ? "a" : "b")"}"#)) }
            var (found, after): ([String], String) = ([], "")
            repeat {
                let page = try await rig.send(.get, "/api/sessions?limit=2&after=\(after)")
                #expect(page.status == 200)
                let next = page.member("next")?.replacing("\"", with: "")
                if let next { found.append(next) }
                after = next ?? ""
            } while !after.isEmpty
            #expect(found == found.sorted())
            let all = try await rig.send(.get, "/api/sessions").text
            for id in ids { #expect(all.contains(id)) }
            #expect(try await rig.send(.get, "/api/sessions?type=b").text.split(separator: "\"type\":\"b\"").count == 3)
            for limit in ["0", "1001", "x", "-1"] {
                #expect(try await rig.send(.get, "/api/sessions?limit=\(limit)").status == 400)
            }
        }
    }
}
