import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a wrong HTTP request is answered with its status and a reason, and changes nothing.
    @Suite struct BadRequestTests {
        @Test func write_withALostRace_is412AndChangesNothing() async throws {
            try await withSession { http, path in
                for verb in [HTTPVerb.PUT, .PATCH, .DELETE] {
                    let body: String? = verb == .DELETE ? nil : #"{"n":9}"#
                    let answer = try await http.send(verb, path, headers: [("If-Match", "\"7\"")], body: body)
                    expectProblem(answer, 412)
                }
                let now = try await http.get(path)
                #expect(now.json?["version"] == 1)
                #expect(now.json?["document"] == ["n": 0])
            }
        }

        @Test(arguments: [
            (HTTPVerb.PATCH, "", #"{"n":"#, 400),
            (.PUT, "", "", 400),
            (.PATCH, "", "", 400),
            (.PUT, "", "nonsense", 400),
            (.POST, "/nothing", "{}", 404),
        ])
        func write_withABadBodyOrPath_isRefused(verb: HTTPVerb, suffix: String, body: String, status: Int) async throws
        {
            try await withSession { http, path in
                expectProblem(try await http.send(verb, path + suffix, body: body), status)
                #expect(try await http.get(path).json?["version"] == 1)
            }
        }

        @Test func patch_thatIsNoObject_isRefusedOrReplaces() async throws {
            try await withSession { http, path in
                // RFC 7396: a patch that is no object replaces the whole; refusing it is the stricter choice.
                let answer = try await http.send(.PATCH, path, body: "[1]")
                let now = try await http.get(path)
                if answer.status == 200 {
                    #expect(now.json?["document"] == [1])
                } else {
                    expectProblem(answer, 400)
                    #expect(now.json?["document"] == ["n": 0])
                }
            }
        }

        @Test func body_ofAnotherType_is415() async throws {
            try await withSession { http, path in
                let answer = try await http.send(.PATCH, path, headers: [("Content-Type", "text/csv")], body: "n,1")
                expectProblem(answer, 415)
            }
        }

        @Test func session_thatNeverWas_is404AndOneThatEnded410() async throws {
            try await withSession { http, path in
                for verb in [HTTPVerb.GET, .PUT, .PATCH, .DELETE] {
                    let body: String? = verb == .PUT || verb == .PATCH ? "{}" : nil
                    let unknown = "/api/sessions/AAAAAAAAAAAAAAAAAAAAAAAA"
                    expectProblem(try await http.send(verb, unknown, body: body), 404)
                }
                _ = try await http.send(.DELETE, path)
                for verb in [HTTPVerb.GET, .PUT, .PATCH] {
                    let body: String? = verb == .GET ? nil : "{}"
                    expectProblem(try await http.send(verb, path, body: body), 410)
                }
            }
        }

        @Test func key_withAnotherBody_isAConflict() async throws {
            try await withSession { http, _ in
                let first: JSONValue = ["channel": "k:1", "data": 1, "idempotency_key": "k"]
                let other: JSONValue = ["channel": "k:1", "data": 2, "idempotency_key": "k"]
                #expect(try await http.post("/api/publish", first).json?["result"]?["offset"] == 1)
                #expect(try await http.post("/api/publish", other).json?["error"]?["code"] == 113)
                let asTransport = try await http.post(
                    "/api/publish",
                    other,
                    headers: [("X-Centrifugo-Error-Mode", "transport")]
                )
                #expect(asTransport.status == 409)
                #expect(try await http.post("/api/publish", first).json?["result"]?["offset"] == 1)
                let history = try await http.post("/api/history", ["channel": "k:1", "limit": -1])
                #expect(history.json?["result"]?["offset"] == 1)
            }
        }

        @Test(arguments: [
            ("publish", "{", 400),
            ("publish", "[]", 400),
            ("nonsense", "{}", 404),
        ])
        func serverAPI_withABadRequest_isRefused(method: String, body: String, status: Int) async throws {
            try await withSession { http, _ in
                let answer = try await http.send(.POST, "/api/\(method)", body: body)
                #expect(answer.status == status, "\(answer)")
            }
        }

        @Test(arguments: [
            ("publish", #"{"data":1}"#, 107),
            ("publish", #"{"channel":"a:1"}"#, 107),
            ("publish", #"{"channel":"session:x","data":1}"#, 103),
            ("broadcast", #"{"channels":[],"data":1}"#, 107),
            ("history", #"{"channel":"a:1","limit":1,"since":{"epoch":"_","offset":1}}"#, 112),
        ])
        func serverAPI_withABadParameter_saysWhich(method: String, body: String, code: Int) async throws {
            try await withSession { http, _ in
                let answer = try await http.send(.POST, "/api/\(method)", body: body)
                #expect(answer.status == 200)
                #expect(answer.json?["error"]?["code"]?.int == code, "\(answer.body)")
            }
        }

        private func withSession(_ body: (TestHTTP, String) async throws -> Void) async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let answer = try await http.post("/api/sessions", ["document": ["n": 0]])
                let id = try #require(answer.json?["id"]?.string)
                try await body(http, "/api/sessions/\(id)")
                #expect(try await http.get("/health/ready").status == 200)
            }
        }

        private func expectProblem(_ answer: HTTPAnswer, _ status: Int, _ location: SourceLocation = #_sourceLocation) {
            #expect(answer.status == status, "\(answer)", sourceLocation: location)
            let isProblem = answer.header("Content-Type")?.hasPrefix("application/problem+json") == true
            #expect(isProblem, "\(answer)", sourceLocation: location)
            #expect(answer.json?["title"]?.string?.isEmpty == false, "\(answer)", sourceLocation: location)
        }
    }
}
