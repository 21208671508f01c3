import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

@Suite struct PersistentSessionRoutesTests {
    private static let path = RigLink.path
    private static let linkless = "0a1b2c3d9144f57e88f5"

    @Test func create_answersWithTheURL_andMakesTheBrowserTheTeachers() async throws {
        try await RouteRig.run(.links(isSecure: true)) { rig in
            let link = try await rig.makeLink(#","selectedOptions":{"n":"3"},"entryPolicy":"solo-allowed""#)
            #expect(link.hash.count == 20)
            #expect(link.url.hasPrefix("/activity/raffle/\(link.hash)?n=3&entryPolicy=solo-allowed&urlHash="))
            let cookie = link.made.field("set-cookie") ?? ""
            for part in ["persistent_sessions=", "; HttpOnly", "; SameSite=Lax", "; Secure", "; Path=/", "; Max-Age="] {
                #expect(cookie.contains(part))
            }
            let listed = try await rig.send(.get, Self.path + "/list", "", link.teacher)
            let url = link.url
            #expect(
                listed.text == #"{"sessions":[{"activityName":"raffle","hash":"\#(link.hash)","#
                    + #""entryPolicy":"solo-allowed","selectedOptions":{"n":"3"},"url":"\#(url)","#
                    + #""fullUrl":"https://localhost\#(url)"}]}"#)
            #expect(try await rig.send(.get, Self.path + "/list").text == #"{"sessions":[]}"#)
        }
    }

    @Test func create_whenTheActivityHasNoLinks_saysWhichHave() async throws {
        try await RouteRig.run(.links(activities: ["quiz", "draw"])) { rig in
            let body = #"{"activityName":"raffle","teacherCode":"teach-1234"}"#
            let reply = try await rig.send(.post, Self.path + "/create", body)
            #expect(reply.status == 400)
            #expect(reply.member("allowedActivities") == #"["draw","quiz"]"#)
            #expect(reply.member("error") != nil)
            #expect(reply.field("content-type") == "application/json")
        }
    }

    @Test(arguments: [
        ("/create", "{", 400), ("/create", #"{"activityName":"raffle","teacherCode":"short"}"#, 400),
        ("/create", #"{"activityName":"a b","teacherCode":"teach-1234"}"#, 400),
        ("/authenticate", #"{"activityName":"raffle","hash":"12","teacherCode":"teach-1234"}"#, 400),
        ("/update", #"{"activityName":"raffle","hash":"\#(linkless)"}"#, 404),
        ("/remove", #"{"activityName":"raffle","hash":"\#(linkless)"}"#, 404),
        ("/\(linkless)/start", "", 404), ("/\(linkless)/end", "", 404),
        ("/\(linkless)/entry-participant", #"{"values":{}}"#, 404),
        ("/\(linkless)/entry-participant/consume", #"{"token":"abc"}"#, 404),
        ("/\(linkless)/entry-participant", #"{"values":{"a":"\#(String(repeating: "b", count: 8_192))"}}"#, 413),
        ("/\(linkless)/entry-participant", #"{"values":[]}"#, 400),
    ])
    func request_whenItCannotBeDone_saysWhyAsJSON(path: String, body: String, status: Int) async throws {
        try await RouteRig.run(.links()) { rig in
            let reply = try await rig.send(.post, Self.path + path, body)
            #expect(reply.status == status)
            #expect(reply.member("error") != nil)
            #expect(reply.field("content-type") == "application/json")
        }
    }

    @Test func hash_whenCutShort_isTheDocumentedSentence() async throws {
        try await RouteRig.run(.links()) { rig in
            let reply = try await rig.send(.get, Self.path + "/abc123?activityName=raffle")
            #expect(reply.status == 400)
            #expect(
                reply.member("error") == #""Invalid link format (corrupted URL). Expected 20 characters, got 6.""#)
        }
    }

    @Test func requests_ofForeignPages_areRefused() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let fields = ["Cookie": link.cookie, "Origin": "https://evil.example"]
            for (method, path) in [(HTTPRequest.Method.post, "/start"), (.post, "/end"), (.get, "")] {
                #expect(try await rig.send(method, link.path + path, "", fields).status == 403)
            }
            #expect(try await rig.sessions().isEmpty)
        }
    }

    // MARK: Codes

    @Test func authenticate_whenTheCodeIsRight_makesTheBrowserTheTeachers() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let reply = try await rig.authenticate(link.hash)
            #expect(reply.text == #"{"success":true,"isStarted":false,"sessionId":null}"#)
            let started = try await rig.send(.post, link.path + "/start", "", ["Cookie": reply.cookie])
            #expect(started.status == 200)
            let again = try await rig.authenticate(link.hash)
            #expect(again.text("sessionId") == started.text("sessionId"))
            #expect(again.member("isStarted") == "true")
        }
    }

    @Test func authenticate_whenTheCodeIsWrong_is401AndSetsNothing() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let reply = try await rig.authenticate(link.hash, code: "teach-1235")
            #expect(reply.status == 401)
            #expect(reply.member("error") == #""Invalid teacher code""#)
            #expect(reply.field("set-cookie") == nil)
        }
    }

    /// Fault A17: guesses by HTTP were free, and every other way had its own count. The count is in the journal here, so
    /// that a restart gives nobody new attempts either; the right code is worth nothing once they are spent.
    @Test func attempts_whenSpent_are429_alsoForTheRightCodeAndAfterARestart() async throws {
        let directory = RouteRig.newDirectory()
        let link = try await RouteRig.run(.links(), directory: directory) { rig in
            let link = try await rig.makeLink(from: "192.0.2.7")
            for _ in 1...5 {
                let reply = try await rig.authenticate(link.hash, code: "wrong-code", from: "192.0.2.7")
                #expect(reply.status == 401)
            }
            let reply = try await rig.authenticate(link.hash, from: "192.0.2.7")
            #expect(reply.status == 429)
            #expect((8...12).contains(reply.retryAfter))
            rig.clock.advance(milliseconds: 7_000)
            #expect((1...5).contains(try await rig.authenticate(link.hash, from: "192.0.2.7").retryAfter))
            #expect(reply.member("error") != nil)
            return link
        }
        try await RouteRig.run(.links(), directory: directory) { rig in
            for (address, status) in [("192.0.2.7", 429), ("::ffff:192.0.2.7", 429), ("192.0.2.8", 200)] {
                let reply = try await rig.authenticate(link.hash, from: address)
                #expect(reply.status == status)
            }
            rig.clock.advance(milliseconds: 12_500)
            #expect(try await rig.authenticate(link.hash, from: "192.0.2.7").status == 200)
        }
    }

    @Test func attempts_fromOneNetworkOfIPv6_countTogether() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            for host in 1...5 { _ = try await rig.authenticate(link.hash, from: "2001:db8:1:2::\(host)") }
            #expect(try await rig.authenticate(link.hash, from: "2001:db8:1:2:ff::9").status == 429)
            #expect(try await rig.authenticate(link.hash, from: "2001:db8:1:3::1").status == 200)
        }
    }

    @Test func create_whenOneAddressMakesTooMany_is429() async throws {
        try await RouteRig.run(.links()) { rig in
            for _ in 1...20 { _ = try await rig.makeLink(from: "192.0.2.7") }
            let body = #"{"activityName":"raffle","teacherCode":"teach-1234"}"#
            let refused = try await rig.send(.post, Self.path + "/create", body, from: "192.0.2.7")
            // Not the twelve seconds of a code: what comes back is told as it is.
            #expect(refused.status == 429 && (1...3).contains(refused.retryAfter))
            #expect(try await rig.send(.post, Self.path + "/create", body, from: "192.0.2.8").status == 200)
        }
    }

    /// Faults A18 and A20: codes lay in cookies and lists, and anybody could end a session.
    @Test func code_isNowhere_andWithoutProofNothingIsChanged() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let listed = try await rig.send(.get, Self.path + "/list", "", link.teacher)
            let told = try await rig.send(.get, link.path + "/teacher-code", "", link.teacher)
            #expect(told.status == 410)
            for text in [link.cookie, link.made.text, listed.text, told.text] { #expect(!text.contains(RigLink.code)) }

            let session = try await rig.send(.post, link.path + "/start", "", link.teacher).text("sessionId")
            let foreign = try await rig.makeLink().teacher
            let body = #"{"activityName":"raffle","hash":"\#(link.hash)"}"#
            for fields in [[:], foreign, ["Cookie": "persistent_sessions=nonsense"]] {
                #expect(try await rig.send(.post, link.path + "/end", "", fields).status == 403)
                #expect(try await rig.send(.post, link.path + "/start", "", fields).status == 403)
                #expect(try await rig.send(.post, Self.path + "/update", body, fields).status == 404)
                #expect(try await rig.send(.post, Self.path + "/remove", body, fields).status == 404)
            }
            #expect(try await rig.send(.delete, "/api/sessions/\(session)").status == 401)
            #expect(try await rig.sessions() == [session])
        }
    }

    // MARK: Rooms

    /// Fault A15: two teachers who pressed at once split the class.
    @Test func start_whenManyPressAtOnce_makesOneSessionThatAllAreTold() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink(#","selectedOptions":{"n":"3"}"#)
            let told = try await withThrowingTaskGroup(of: String.self) { group in
                for _ in 1...16 {
                    group.addTask {
                        try await rig.send(.post, link.path + "/start", "", link.teacher).text("sessionId")
                    }
                }
                return try await group.reduce(into: Set<String>()) { $0.insert($1) }
            }
            #expect(try await rig.sessions() == Array(told))
            let session = try await rig.send(.get, "/api/sessions/\(told.first ?? "")", "", RouteRig.key)
            #expect(
                session.member("document")
                    == #"{"activity":"raffle","link":"\#(link.hash)","selectedOptions":{"n":"3"}}"#)
            #expect(session.member("type") == #""raffle""#)
        }
    }

    @Test func end_letsTheLinkWaitAgain_andMayBeRepeated() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let first = try await rig.send(.post, link.path + "/start", "", link.teacher).text("sessionId")
            for _ in 1...2 {
                let ended = try await rig.send(.post, link.path + "/end", "", link.teacher)
                #expect(ended.text == #"{"success":true}"#)
            }
            #expect(try await rig.send(.get, link.path).member("isStarted") == "false")
            let second = try await rig.send(.post, link.path + "/start", "", link.teacher).text("sessionId")
            #expect(first != second)
            #expect(try await rig.sessions() == [second])
        }
    }

    /// Fault A16: a store that failed was "not found", and the next visitor reset a live link.
    @Test func requests_whenTheStoreFails_are503AndNever404() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            _ = rig.core.engine.stop()
            for (method, path) in [(HTTPRequest.Method.get, ""), (.get, "/entry"), (.post, "/start"), (.post, "/end")] {
                let reply = try await rig.send(method, link.path + path, "", link.teacher)
                #expect(reply.status == 503)
                #expect(reply.field("retry-after") != nil)
                #expect(reply.member("error") != nil)
            }
            #expect(try await rig.authenticate(link.hash).status == 503)
        }
    }

    /// Fault A19: any visitor made a record, and the first one said to which activity it led.
    @Test func visitors_makeNoRecord_andCannotSayWhereALinkLeads() async throws {
        try await RouteRig.run(.links()) { rig in
            for path in ["?activityName=raffle", "/entry?activityName=raffle"] {
                #expect(try await rig.send(.get, "\(Self.path)/\(Self.linkless)\(path)").status == 404)
            }
            #expect(try await rig.room(Self.linkless) == nil)
            let listed = try await rig.send(.get, WaitingRoomRoutes.path, "", RouteRig.key)
            #expect(listed.text == #"{"waitingRooms":[]}"#)
            let link = try await rig.makeLink()
            #expect(try await rig.send(.get, link.path + "?activityName=quiz").status == 400)
            #expect(try await rig.send(.get, link.path + "/entry?activityName=quiz").status == 400)
            #expect(try await rig.send(.get, link.path).member("activityName") == #""raffle""#)
        }
    }

    @Test func status_saysHowThingsStand() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink(#","selectedOptions":{"n":"3"},"entryPolicy":"solo-allowed""#)
            let visitor = try await rig.send(.get, link.path + "?activityName=raffle")
            #expect(
                visitor.text == #"{"activityName":"raffle","entryPolicy":"solo-allowed","hasTeacherCookie":false,"#
                    + #""cookieCorrupted":false,"isStarted":false,"sessionId":null,"queryParams":{"n":"3"}}"#)
            #expect(try await rig.send(.get, link.path, "", link.teacher).member("hasTeacherCookie") == "true")
            let broken = try await rig.send(.get, link.path, "", ["Cookie": "persistent_sessions=nonsense"])
            #expect(broken.member("cookieCorrupted") == "true")
        }
    }

    @Test func entry_takesEverybodyWhereTheyBelong() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let waits = try await rig.send(.get, link.path + "/entry?activityName=raffle")
            #expect(
                waits.text == #"{"activityName":"raffle","hash":"\#(link.hash)","entryPolicy":"instructor-required","#
                    + #""hasTeacherCookie":false,"isStarted":false,"sessionId":null,"resolvedRole":"student","#
                    + #""entryOutcome":"wait","presentationMode":"render-ui","waitingRoomFieldCount":0}"#)
            let session = try await rig.send(.post, link.path + "/start", "", link.teacher).text("sessionId")
            let joins = try await rig.send(.get, link.path + "/entry", "", link.teacher)
            #expect(joins.text("sessionId") == session)
            #expect(joins.text("resolvedRole") == "teacher")
            #expect(joins.text("entryOutcome") == "join-live")
        }
    }
}
