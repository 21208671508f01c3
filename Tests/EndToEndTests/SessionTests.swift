import TestSupport
import Testing

extension ProcessTests {
    /// Promise: a session is a document with a version and an expiry, and every change of it is an event with an offset.
    @Suite struct SessionTests {
        @Test func session_overREST_livesFromPostToDelete() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let created = try await http.post(
                    "/api/sessions", ["type": "cart", "document": ["items": [1, 2], "note": "a"]])
                #expect(created.status == 201)
                #expect(created.header("ETag") == "\"1\"")
                let id = try #require(created.json?["id"]?.string)
                let path = "/api/sessions/\(id)"
                #expect(created.header("Location")?.hasSuffix(path) == true)
                #expect(created.json?["version"] == 1)
                #expect((created.json?["expiresAt"]?.int ?? 0) > (created.json?["createdAt"]?.int ?? .max))

                let read = try await http.get(path)
                #expect(read.status == 200)
                #expect(read.json?["document"] == ["items": [1, 2], "note": "a"])
                #expect(read.json?["type"] == "cart")
                let unchanged = try await http.get(path, headers: [("If-None-Match", "\"1\"")])
                #expect(unchanged.status == 304)
                #expect(unchanged.body.isEmpty)

                let put = try await http.send(
                    .PUT, path, headers: [("If-Match", "\"1\"")], body: #"{"items":[3],"note":"b"}"#)
                #expect(put.status == 200)
                #expect(put.header("ETag") == "\"2\"")
                let patch = try await http.send(
                    .PATCH,
                    path,
                    headers: [("If-Match", "\"2\""), ("Content-Type", "application/merge-patch+json")],
                    body: #"{"note":null,"more":true}"#
                )
                #expect(patch.header("ETag") == "\"3\"")
                #expect(try await http.get(path).json?["document"] == ["items": [3], "more": true])

                let before = try await http.get(path).json?["expiresAt"]?.int ?? 0
                let touch = try await http.post(path + "/touch", [:])
                #expect((200..<300).contains(touch.status))
                let after = try await http.get(path)
                #expect((after.json?["expiresAt"]?.int ?? 0) >= before)
                #expect(after.json?["version"] == 3, "a touch is no change")

                let end = try await http.send(.DELETE, path)
                #expect((200..<300).contains(end.status))
                #expect(try await http.get(path).status == 410)
            }
        }

        @Test func sessions_whenListed_comeInPages() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                var ids: Set<String> = []
                for number in 0..<7 {
                    let answer = try await http.post("/api/sessions", ["type": number < 5 ? "a" : "b"])
                    if number < 5 { ids.insert(answer.json?["id"]?.string ?? "") }
                }
                var seen: [String] = []
                var after = ""
                repeat {
                    let page = try await http.get(
                        "/api/sessions?type=a&limit=2" + (after.isEmpty ? "" : "&after=\(after)"))
                    #expect(page.status == 200)
                    let found = (page.json?["sessions"]?.array ?? []).compactMap { $0["id"]?.string }
                    #expect(found.count <= 2)
                    seen += found
                    after = found.last ?? ""
                } while !after.isEmpty && seen.count <= ids.count
                #expect(Set(seen) == ids)
                #expect(seen.count == ids.count, "a session is listed twice")
            }
        }

        @Test func changes_ofASession_areEventsInOrder() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let log = EventLog()
                let client = ProtocolClient(name: "watcher", log: log)
                try await client.connect(port: server.port)
                let id = try #require(try await http.post("/api/sessions", ["document": ["n": 0]]).json?["id"]?.string)
                let channel = "session:\(id)"
                // From the beginning: an empty epoch matches any.
                let subscription = try await client.subscribe(channel, recover: StreamPosition(epoch: "", offset: 0))
                #expect(subscription.isRecovered)
                let path = "/api/sessions/\(id)"
                _ = try await http.send(.PATCH, path, body: #"{"n":1}"#)
                _ = try await http.send(.PUT, path, body: #"{"n":2}"#)
                _ = try await http.send(.DELETE, path)
                try await client.waitForOffset(4, of: channel)
                let seen = client.publications(channel)
                #expect(seen.map(\.offset) == [1, 2, 3, 4])
                #expect(
                    seen.map { $0.data["type"]?.string } == [
                        "session.put", "session.patch", "session.put", "session.end",
                    ])
                #expect(seen.prefix(3).map { $0.data["version"]?.int } == [1, 2, 3])
                #expect(seen[0].data["document"] == ["n": 0])
                #expect(seen[1].data["patch"] == ["n": 1])
                #expect(seen[2].data["document"] == ["n": 2])
                #expect(Checker().violations(in: log.events.filter { $0.kind != .subscribed }).isEmpty)
            }
        }

        @Test func session_thatNobodyTouches_expiresWithAnEvent() async throws {
            try await ServerProcess.run(environment: ["SESSION_TTL_MS": "1000"]) { server in
                let http = TestHTTP(port: server.port)
                let answer = try await http.post("/api/sessions", ["document": ["n": 0]])
                let id = try #require(answer.json?["id"]?.string)
                let channel = "session:\(id)"
                // Not subscribed: a subscription would keep it alive.
                try await eventually("the session expired") {
                    let history = try await http.post("/api/history", ["channel": .string(channel), "limit": -1])
                    let last = history.json?["result"]?["publications"]?.array?.last
                    return last?["data"]?["type"] == "session.end"
                }
                let history = try await http.post("/api/history", ["channel": .string(channel), "limit": -1])
                let last = history.json?["result"]?["publications"]?.array?.last
                #expect(last?["offset"] == 2)
                #expect(last?["data"]?["reason"]?.string?.contains("expire") == true, "\(history.body)")
                #expect(try await http.get("/api/sessions/\(id)").status == 410)
            }
        }

        @Test func session_overRPC_doesWhatRESTDoes() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let created = try await http.post("/api/sessions", ["document": ["n": 0, "keep": true]])
                let id = try #require(created.json?["id"])
                let client = ProtocolClient(name: "caller")
                try await client.connect(port: server.port)
                let read = try await client.rpc("session.get", ["id": id])
                #expect(read["document"] == ["n": 0, "keep": true])
                #expect(read["version"] == 1)
                let patched = try await client.rpc("session.patch", ["id": id, "patch": ["n": 1], "version": 1])
                #expect(patched["id"] == id)
                #expect(patched["version"] == 2)
                await #expect(throws: ErrorReply.self, "the version is not the one expected") {
                    try await client.rpc("session.patch", ["id": id, "patch": ["n": 9], "version": 1])
                }
                #expect(try await client.rpc("session.put", ["id": id, "document": ["m": 2]])["version"] == 3)
                _ = try await client.rpc("session.touch", ["id": id])
                #expect(try await client.rpc("session.get", ["id": id])["document"] == ["m": 2])
                _ = try await client.rpc("session.end", ["id": id])
                await #expect(throws: ErrorReply.self) { try await client.rpc("session.get", ["id": id]) }
                #expect(try await http.get("/api/sessions/\(id.string ?? "")").status == 410)
            }
        }

        @Test func creation_repeatedWithItsKeyAfterAKill_meetsTheSameSession() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let key = [("Idempotency-Key", "create-1")]
                let first = try await http.post("/api/sessions", ["document": ["n": 1]], headers: key)
                try await server.kill()
                try await server.start()
                let again = try await http.post("/api/sessions", ["document": ["n": 1]], headers: key)
                #expect(first.json?["id"]?.string != nil)
                #expect(again.json?["id"] == first.json?["id"])
                #expect(again.json?["version"] == 1)
                let other = try await http.post("/api/sessions", ["document": ["n": 2]], headers: key)
                #expect(other.status == 409)
            }
        }

        /// Fault A22: a crash took what had been touched in the last seconds.
        @Test func session_afterAKill_isThereWithItsVersionAndExpiry() async throws {
            try await ServerProcess.run { server in
                let http = TestHTTP(port: server.port)
                let answer = try await http.post("/api/sessions", ["document": ["n": 1]])
                let path = "/api/sessions/" + (answer.json?["id"]?.string ?? "")
                _ = try await http.send(.PATCH, path, body: #"{"n":2}"#)
                let before = try await http.get(path)
                try await server.kill()
                try await server.start()
                let after = try await http.get(path)
                #expect(after.json?["document"] == ["n": 2])
                #expect(after.header("ETag") == before.header("ETag"))
                #expect(after.json?["createdAt"] == before.json?["createdAt"])
                #expect((after.json?["expiresAt"]?.int ?? 0) >= (before.json?["expiresAt"]?.int ?? .max))
            }
        }
    }
}
