import HTTPTypes
import JSONBytes
import Store
import Testing

@testable import Gateway

/// What links say, and what is handed over through them.
@Suite struct LinkTermsRoutesTests {
    private static let path = RigLink.path

    @Test func soloOnly_hasNothingToStart() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink(#","entryPolicy":"solo-only""#)
            for reply in [
                try await rig.authenticate(link.hash),
                try await rig.send(.post, link.path + "/start", "", link.teacher),
            ] {
                #expect(reply.status == 409)
                #expect(reply.member("code") == #""entry-policy-rejected""#)
                #expect(reply.member("entryPolicy") == #""solo-only""#)
            }
            #expect(try await rig.send(.post, link.room + "/start", "", RouteRig.key).status == 409)
            #expect(try await rig.send(.get, link.path + "/entry").text("entryOutcome") == "continue-solo")
        }
    }

    @Test func update_changesTheLinkForAll_whateverURLTheyHave() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink(#","selectedOptions":{"n":"3"}"#)
            let body = #"{"activityName":"raffle","hash":"\#(link.hash)","entryPolicy":"solo-allowed"}"#
            let updated = try await rig.send(.post, Self.path + "/update", body, link.teacher)
            #expect(updated.text("url").contains("?n=3&entryPolicy=solo-allowed&urlHash="))
            #expect(updated.text("hash") == link.hash)
            let old = String(link.url.drop { $0 != "?" })
            #expect(try await rig.send(.get, link.path + old).text("entryPolicy") == "solo-allowed")
            let listed = try await rig.send(.get, Self.path + "/list", "", ["Cookie": updated.cookie])
            #expect(listed.text.contains(#""url":"\#(updated.text("url"))""#))
        }
    }

    @Test func remove_takesTheLinkBack_andEndsNothing() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let session = try await rig.send(.post, link.path + "/start", "", link.teacher).text("sessionId")
            let body = #"{"activityName":"raffle","hash":"\#(link.hash)"}"#
            let removed = try await rig.send(.post, Self.path + "/remove", body, link.teacher)
            #expect(removed.text == #"{"success":true}"#)
            #expect(removed.field("set-cookie")?.contains("Max-Age=0") == true)
            #expect(try await rig.send(.get, link.path).status == 404)
            #expect(try await rig.sessions() == [session])
        }
    }

    /// A link that was handed out by another service under the same secret, or was forgotten here.
    @Test func authenticate_whenAGenuineLinkIsntStored_makesItWithWhatItsURLHasSigned() async throws {
        try await RouteRig.run(.links()) { rig in
            let hash = LinkHash.make(activity: "raffle", code: RigLink.code, secrets: LinkSamples.secrets)
            let options = try LinkOptions(["n": "3"])
            let signature = LinkTerms(policy: .soloAllowed, options: options)
                .urlHash(of: hash, secrets: LinkSamples.secrets)
            let claim = #","entryPolicy":"solo-allowed","selectedOptions":{"n":"3"},"urlHash":"\#(signature)""#
            #expect(try await rig.authenticate(hash.text, code: "wrong-code", members: claim).status == 401)
            #expect(try await rig.room(hash.text) == nil)
            #expect(try await rig.authenticate(hash.text, members: claim).status == 200)
            #expect(try await rig.room(hash.text)?.terms == LinkTerms(policy: .soloAllowed, options: options))
        }
    }

    @Test func authenticate_whenTheURLWasChanged_fallsBackToTheStrictestTerms() async throws {
        try await RouteRig.run(.links()) { rig in
            let hash = LinkHash.make(activity: "raffle", code: RigLink.code, secrets: LinkSamples.secrets)
            let claim = #","entryPolicy":"solo-only","urlHash":"0123456789abcdef""#
            let reply = try await rig.authenticate(hash.text, members: claim)
            #expect(reply.status == 200)
            #expect(try await rig.room(hash.text)?.terms == .fallback)
        }
    }

    @Test func values_areHandedOverOnce() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let values = #"{"name":"Ann","row":3}"#
            let left = try await rig.send(.post, link.path + "/entry-participant", #"{"values":\#(values)}"#)
            let token = left.text("entryParticipantToken")
            #expect(token.count == 48)
            #expect(left.member("values") == values)
            let consume = link.path + "/entry-participant/consume"
            let taken = try await rig.send(.post, consume, #"{"token":"\#(token)"}"#)
            #expect(taken.text == #"{"values":\#(values)}"#)
            #expect(taken.cookie.hasPrefix(ParticipantCookie.name(scope: link.hash) + "="))
            #expect(try await rig.send(.post, consume, #"{"token":"\#(token)"}"#).status == 404)

            // The same browser stays the same participant.
            let more = try await rig.send(.post, link.path + "/entry-participant", #"{"values":{}}"#)
            let body = #"{"token":"\#(more.text("entryParticipantToken"))"}"#
            #expect(try await rig.send(.post, consume, body, ["Cookie": taken.cookie]).cookie == taken.cookie)
        }
    }

    @Test func values_whenTenMinutesOld_areGone() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let left = try await rig.send(.post, link.path + "/entry-participant", #"{"values":{"a":1}}"#)
            rig.clock.advance(milliseconds: 600_001)
            let body = #"{"token":"\#(left.text("entryParticipantToken"))"}"#
            #expect(try await rig.send(.post, link.path + "/entry-participant/consume", body).status == 404)
        }
    }

    /// Fault A26: of more than a hundred tokens, and of more than a hundred who had come in, the oldest were forgotten.
    @Test func values_ofMoreThanAHundred_areKeptForEachOfThem() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let (offer, consume) = (link.path + "/entry-participant", link.path + "/entry-participant/consume")
            var tokens: [String] = []
            for number in 1...130 {
                let left = try await rig.send(.post, offer, #"{"values":{"n":\#(number)}}"#, from: "192.0.2.7")
                tokens.append(left.text("entryParticipantToken"))
            }
            var cookies: [String] = []
            for (index, token) in tokens.enumerated() {
                let taken = try await rig.send(.post, consume, #"{"token":"\#(token)"}"#)
                #expect(taken.member("values") == #"{"n":\#(index + 1)}"#)
                cookies.append(taken.cookie)
            }
            #expect(Set(cookies).count == 130)
            let again = try await rig.send(.post, offer, #"{"values":{}}"#).text("entryParticipantToken")
            let back = try await rig.send(.post, consume, #"{"token":"\#(again)"}"#, ["Cookie": cookies[0]])
            #expect(back.cookie == cookies[0])
        }
    }

    /// A school is behind one address, and so is whoever wants to fill a room.
    @Test func values_whenOneAddressLeavesThousands_are429WithTheTrueWait() async throws {
        try await RouteRig.run(.links()) { rig in
            let link = try await rig.makeLink()
            let (rooms, address) = (rig.rooms, "c0000207")
            let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
                for _ in 0..<2_000 {
                    group.addTask { try await rooms.apply(rooms.offering(address: address)).receipt != nil }
                }
                return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
            }
            #expect(accepted == 2_000)
            let offer = link.path + "/entry-participant"
            func leave(_ address: String) async throws -> RouteRig.Reply {
                try await rig.send(.post, offer, #"{"values":{}}"#, from: address)
            }
            // What came back while they were counted is taken, too.
            var last = try await leave("192.0.2.7")
            while last.status == 200 { last = try await leave("192.0.2.7") }
            #expect(last.status == 429 && last.retryAfter == 1)
            #expect(try await leave("192.0.2.8").status == 200)
        }
    }
}
