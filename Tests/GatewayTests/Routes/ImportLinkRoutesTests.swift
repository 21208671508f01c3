import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

/// Claim: an operator may bring links under their old hashes; they hold with the code that they were made with.
@Suite struct ImportLinkRoutesTests {
    private static let path = "/api/import"
    private static let hash = LinkHash.make(
        activity: RigLink.activity, code: RigLink.code, secrets: LinkSamples.secrets
    ).text
    private static let line =
        #"{"link":"\#(hash)","activity":"raffle","policy":"solo-allowed","options":{"n":"3"},"session":"a1b2c"}"#

    @Test func link_whenImportedWithItsSession_isLiveAndKnowsItsCode() async throws {
        try await RouteRig.run(.links()) { rig in
            let lines = #"{"id":"a1b2c","type":"raffle"}"# + "\n" + Self.line
            let reply = try await rig.send(.post, Self.path, lines, RouteRig.key)
            #expect(
                reply.text
                    == #"{"imported":2,"exists":0,"refused":0,"results":[{"line":1,"id":"a1b2c","status":"imported"},"#
                    + #"{"line":2,"id":"\#(Self.hash)","status":"imported"}]}"#)
            let link = try await rig.send(.get, "\(RigLink.path)/\(Self.hash)")
            #expect(link.text("entryPolicy") == "solo-allowed" && link.member("queryParams") == #"{"n":"3"}"#)
            #expect(link.text("sessionId") == "a1b2c")
            #expect(try await rig.authenticate(Self.hash, code: "wrong-code").status == 401)
            let teacher = try await rig.authenticate(Self.hash)
            #expect(teacher.text == #"{"success":true,"isStarted":true,"sessionId":"a1b2c"}"#)
            let end = "\(RigLink.path)/\(Self.hash)/end"
            #expect(try await rig.send(.post, end, "", ["Cookie": teacher.cookie]).status == 200)
            #expect(try await rig.send(.get, "/api/sessions/a1b2c", "", RouteRig.key).status == 410)
        }
    }

    @Test func import_whenRepeated_leavesTheLinkAsItIs() async throws {
        try await RouteRig.run(.links()) { rig in
            #expect(try await rig.send(.post, Self.path, Self.line, RouteRig.key).member("imported") == "1")
            let teacher = try await rig.authenticate(Self.hash)
            #expect(teacher.member("isStarted") == "false", "its session did not come")
            let body = #"{"activityName":"raffle","hash":"\#(Self.hash)","entryPolicy":"solo-only"}"#
            let update = try await rig.send(.post, RigLink.path + "/update", body, ["Cookie": teacher.cookie])
            #expect(update.status == 200)
            #expect(try await rig.send(.post, Self.path, Self.line, RouteRig.key).member("exists") == "1")
            #expect(try await rig.room(Self.hash)?.terms.policy == .soloOnly)
        }
    }

    @Test func line_thatIsNoLink_isRefusedByItself() async throws {
        let bad: [(line: String, code: String)] = [
            (#"{"link":"abc","activity":"raffle"}"#, "bad-hash"),
            (#"{"link":"\#(Self.hash)"}"#, "bad-activity"), (#"{"link":7,"activity":"raffle"}"#, "bad-value"),
            (#"{"link":"\#(Self.hash)","activity":"a b"}"#, "bad-activity"),
            (#"{"link":"\#(Self.hash)","activity":"raffle","policy":"open"}"#, "bad-entry-policy"),
            (#"{"link":"\#(Self.hash)","activity":"raffle","options":{"n":3}}"#, "bad-options"),
            (#"{"link":"\#(Self.hash)","activity":"raffle","teacherCode":"x"}"#, "bad-member"),
            (#"{"link":"\#(Self.hash)","id":"a1b2c"}"#, "bad-member"),
        ]
        try await RouteRig.run(.links()) { rig in
            let reply = try await rig.send(.post, Self.path, bad.map(\.line).joined(separator: "\n"), RouteRig.key)
            let answer = try ImportAnswer(json: reply.body)
            #expect(answer.results.count == bad.count)
            for ((line, code), result) in zip(bad, answer.results) {
                guard case .refused(let found, let sentence) = result.outcome else {
                    Issue.record("taken: \(line)")
                    continue
                }
                #expect(found == code && !sentence.isEmpty && result.id == nil, "\(line)")
            }
            #expect(try await rig.room(Self.hash) == nil)
        }
    }

    @Test func line_ofALink_isReadBack() throws {
        for session in [nil, "a1b2c"] {
            let link = try ImportedLink(
                hash: Self.hash, activity: "raffle", policy: "solo-only",
                options: JSONText(validating: Array(#"{"b":"\u0022","a":""}"#.utf8)), session: session)
            #expect(try ImportedRecord(json: link.line) == .link(link))
            #expect(ImportedRecord.link(link).lineBytes == link.line.count)
        }
    }
}
