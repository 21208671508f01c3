import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

/// Claim: an operator may bring sessions under their old ids, in batches that may be repeated.
@Suite struct ImportRoutesTests {
    private static let path = "/api/import"

    @Test func session_whenImported_isThereWithItsIDTypeDocumentAndLife() async throws {
        try await RouteRig.run { rig in
            let before = rig.core.engine.now
            let reply = try await rig.send(
                .post, Self.path,
                #"{"id":"a1b2c","type":"raffle","ttl":120000,"document":{"id":"a1b2c","data":{"n":1.50}}}"# + "\n"
                    + #"{"id":"d3e4f"}"#)
            #expect(reply.status == 200)
            #expect(
                reply.text
                    == #"{"imported":2,"exists":0,"refused":0,"results":[{"line":1,"id":"a1b2c","status":"imported"},"#
                    + #"{"line":2,"id":"d3e4f","status":"imported"}]}"#)
            let session = try await rig.send(.get, "/api/sessions/a1b2c")
            #expect(session.member("document") == #"{"id":"a1b2c","data":{"n":1.50}}"#)
            #expect(session.member("type") == #""raffle""# && session.member("owner") == #""""#)
            // The life, and the tenth of it that touches are coalesced for.
            let end = try #require(session.member("expiresAt").flatMap { Int64($0) })
            #expect((before + 132_000...before + 162_000).contains(end))
            let other = try await rig.send(.get, "/api/sessions/d3e4f")
            #expect(other.member("document") == "{}" && other.member("type") == #""session""#)
        }
    }

    @Test func import_whenRepeated_changesNothingThatWasChangedSince() async throws {
        try await RouteRig.run { rig in
            let lines = #"{"id":"kept","document":{"n":1}}"# + "\n" + #"{"id":"ended","document":{}}"#
            _ = try await rig.send(.post, Self.path, lines)
            #expect(try await rig.send(.put, "/api/sessions/kept", #"{"n":2}"#).status == 200)
            #expect(try await rig.send(.delete, "/api/sessions/ended").status == 204)
            let again = try await rig.send(.post, Self.path, lines + "\n" + #"{"id":"new"}"# + "\n" + #"{"id":"new"}"#)
            #expect(again.member("imported") == "1" && again.member("exists") == "3" && again.member("refused") == "0")
            let kept = try await rig.send(.get, "/api/sessions/kept")
            #expect(kept.member("document") == #"{"n":2}"# && kept.member("version") == "2")
            #expect(try await rig.send(.get, "/api/sessions/ended").status == 410)
        }
    }

    @Test func line_thatCannotBeUsed_isRefusedByItself() async throws {
        let bad: [(line: String, code: String)] = [
            ("{not json", "bad-json"), (#"{"id":"a"} {"id":"b"}"#, "bad-json"), (#"["a"]"#, "bad-value"),
            (#"{"document":{}}"#, "bad-id"), (#"{"id":7}"#, "bad-id"), (#"{"id":"a:b"}"#, "bad-id"),
            (#"{"id":"a/b"}"#, "bad-id"), (#"{"id":""}"#, "bad-id"),
            (#"{"id":"\#(String(repeating: "a", count: 65))"}"#, "bad-id"),
            (#"{"id":"a","ttl":1}"#, "bad-ttl"), (#"{"id":"a","ttl":"1h"}"#, "bad-value"),
            (#"{"id":"a","type":""}"#, "bad-type"), (#"{"id":"a","owner":"me"}"#, "bad-member"),
            (#"{"id":"a","version":3}"#, "bad-member"),
            (
                #"{"id":"a","document":\#(String(repeating: "[", count: 40))\#(String(repeating: "]", count: 40))}"#,
                "too-deep"
            ),
        ]
        try await RouteRig.run { rig in
            let body = bad.map(\.line).joined(separator: "\r\n") + "\n\n  \n" + #"{"id":"good"}"# + "\n"
            let reply = try await rig.send(.post, Self.path, body)
            #expect(reply.status == 200)
            let answer = try ImportAnswer(json: reply.body)
            #expect(answer.results.count == bad.count + 1)
            for (index, (line, code)) in bad.enumerated() {
                let result = answer.results[index]
                guard case .refused(let found, let sentence) = result.outcome else {
                    Issue.record("taken: \(line)")
                    continue
                }
                #expect(found == code && !sentence.isEmpty && result.line == index + 1 && result.id == nil, "\(line)")
            }
            // Blank lines count where lines are named, and nowhere else.
            let last = ImportAnswer.Result(line: bad.count + 3, id: "good", outcome: .imported)
            #expect(answer.results.last == last)
            #expect(try await rig.send(.get, "/api/sessions/a").status == 404)
        }
    }

    @Test func batch_overItsBounds_isRefusedWhole() async throws {
        try await RouteRig.run { rig in
            let lines = (0...ImportLimits.recordsMax).map { #"{"id":"s\#($0)"}"# }
            let many = try await rig.send(.post, Self.path, lines.joined(separator: "\n"))
            #expect(many.status == 400 && many.member("code") == #""too-many-records""#)
            #expect(try await rig.send(.get, "/api/sessions/s0").status == 404)
            let full = try await rig.send(.post, Self.path, lines.dropLast().joined(separator: "\n"))
            #expect(full.member("imported") == "\(ImportLimits.recordsMax)")
            let filler = String(repeating: "x", count: ImportLimits.requestBytesMax)
            let long = try await rig.send(.post, Self.path, #"{"id":"long","document":"\#(filler)"}"#)
            #expect(long.status == 413)
            #expect(try await rig.send(.post, Self.path).member("results") == "[]")
        }
    }

    @Test func import_withoutTheKey_isRefused() async throws {
        try await RouteRig.run(.production()) { rig in
            let line = #"{"id":"a1b2c"}"#
            let user = try RouteRig.token(Identity(user: "7"))
            for fields in [[:], ["X-API-Key": "wrong"], user] {
                let reply = try await rig.send(.post, Self.path, line, fields)
                #expect(reply.status == 401 && reply.member("code") == #""api-key-invalid""#)
            }
            #expect(try await rig.send(.get, "/api/sessions/a1b2c", "", RouteRig.key).status == 404)
            #expect(try await rig.send(.post, Self.path, line, RouteRig.key).status == 200)
            #expect(try await rig.send(.get, "/api/sessions/a1b2c", "", RouteRig.key).status == 200)
        }
    }

    @Test func import_inProductionWithoutAnyKey_isClosed() async throws {
        let closed = GatewayConfiguration(insecure: true, apiKeys: APIKeyPolicy(key: nil, isOpen: false))
        try await RouteRig.run(closed) { rig in
            let reply = try await rig.send(.post, Self.path, #"{"id":"a"}"#)
            #expect(reply.status == 401)
        }
    }

    @Test func import_fromAForeignPage_isRefused() async throws {
        try await RouteRig.run { rig in
            let page = ["Origin": "https://evil.example"]
            let reply = try await rig.send(.post, Self.path, #"{"id":"a"}"#, page)
            #expect(reply.status == 403)
        }
    }

    @Test func line_ofASession_isReadBack() throws {
        let session = try ImportedSession(
            id: "a-1_B",
            NewSession(type: #"a "type""#, ttl: 5_000, document: .init(validating: Array(#"{"n":[1]}"#.utf8))))
        #expect(
            String(decoding: session.line, as: UTF8.self)
                == #"{"id":"a-1_B","type":"a \"type\"","ttl":5000,"document":{"n":[1]}}"# + "\n")
        #expect(try ImportedSession(json: session.line) == session)
        #expect(session.line.count <= session.lineBytes)
    }
}
