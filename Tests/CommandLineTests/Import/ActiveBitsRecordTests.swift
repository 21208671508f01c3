import Gateway
import JSONBytes
import Testing

@testable import anteroom

/// Claim: every key of ActiveBits becomes a session or a link of ours, or a reason for which it was skipped.
@Suite struct ActiveBitsRecordTests {
    private static let session =
        #"{"id":"a1b2c","type":"raffle","created":1771800000000,"lastActivity":1771800060000,"#
        + #""data":{"tickets":[3,1],"ratio":0.10000000000000001}}"#
    private static let link =
        #"{"activityName":"raffle","hashedTeacherCode":"9f86d081","entryPolicy":"solo-allowed","#
        + #""selectedOptions":{},"createdAt":1771800000000,"sessionId":"a1b2c","teacherSocketId":null}"#
    private static let hash = "0123456789abcdef0123"

    private func meaning(
        _ key: String, _ value: String, _ remaining: Int64 = 60_000, as kind: ActiveBitsRecord.Kind = .session
    ) -> ActiveBitsRecord.Meaning {
        ActiveBitsRecord(key: key, value: Array(value.utf8), remaining: remaining).meaning(as: kind)
    }

    private func imported(
        _ id: String, _ type: String, ttl: Int64?, _ document: String
    ) throws -> ActiveBitsRecord.Meaning {
        .session(
            try ImportedSession(
                id: id, NewSession(type: type, ttl: ttl, document: JSONText(validating: Array(document.utf8)))))
    }

    @Test func session_keepsIDTypeRemainingLifeAndEveryByte() throws {
        #expect(
            meaning("session:a1b2c", Self.session, 1_234_567)
                == (try imported("a1b2c", "raffle", ttl: 1_234_567, Self.session)))
    }

    @Test(arguments: [
        (Int64(-1), Int64?.none), (1, 1_000), (999, 1_000), (1_000, 1_000), (3_600_000, 3_600_000),
        (2_592_000_000, 2_592_000_000), (2_592_000_001, 2_592_000_000), (.max, 2_592_000_000),
    ])
    func life_isWhatRemains_withinWhatASessionMayHave(remaining: Int64, ttl: Int64?) throws {
        #expect(meaning("session:a1b2c", "{}", remaining) == (try imported("a1b2c", "session", ttl: ttl, "{}")))
    }

    @Test(arguments: [
        #"{"type":"raffle"}"#: "raffle", #"{}"#: "session", #"{"type":7}"#: "session", #"{"type":""}"#: "session",
        #"{"type":"Prüfung"}"#: "session", #"{"type":"\u0072affle"}"#: "raffle",
        #"{"type":"\#(String(repeating: "t", count: 65))"}"#: "session",
    ])
    func type_thatCannotBeOurs_staysInTheDocument(document: String, type: String) throws {
        #expect(meaning("session:x", document) == (try imported("x", type, ttl: 60_000, document)))
    }

    @Test(
        arguments: [
            ("session:", "{}", 60_000, .badID), ("session:CHILD:a1b2c:d3e4f", "{}", 60_000, .badID),
            ("session:a/b", "{}", 60_000, .badID), ("session:größe", "{}", 60_000, .badID),
            ("session:" + String(repeating: "a", count: 65), "{}", 60_000, .badID),
            ("session:x", "", 60_000, .notJSON), ("session:x", "hello", 60_000, .notJSON),
            ("session:x", #"{"id":"#, 60_000, .notJSON), ("session:x", "{} {}", 60_000, .notJSON),
            ("session:x", "[1]", 60_000, .notAnObject), ("session:x", "null", 60_000, .notAnObject),
            ("session:x", #""text""#, 60_000, .notAnObject),
            (
                "session:x", String(repeating: #"{"a":"#, count: 40) + "1" + String(repeating: "}", count: 40), 60_000,
                .tooDeep
            ),
            ("session:x", "{}", -2, .expired), ("session:x", "{}", 0, .expired),
            ("session:x", #"{"a":"\#(String(repeating: "x", count: 1_048_576))"}"#, 60_000, .tooLarge),
        ] as [(String, String, Int64, SkipReason)])
    func session_thatCannotBeBrought_isSkippedWithTheReason(
        key: String, value: String, remaining: Int64, reason: SkipReason
    ) {
        #expect(meaning(key, value, remaining) == .skipped(reason))
    }

    @Test func bytes_thatAreNoUTF8_areNotJSON() {
        let record = ActiveBitsRecord(
            key: "session:x", value: Array(#"{"a":""#.utf8) + [0xFF] + Array(#""}"#.utf8), remaining: -1)
        #expect(record.meaning(as: .session) == .skipped(.notJSON))
    }

    @Test func link_bringsItsTermsAndTheSessionThatItNames() throws {
        let options = try JSONText(validating: Array(#"{"n":"3"}"#.utf8))
        let value = Self.link.replacing(#""selectedOptions":{}"#, with: #""selectedOptions":{"n":"3"}"#)
        let link = try ImportedLink(
            hash: Self.hash, activity: "raffle", policy: "solo-allowed", options: options, session: "a1b2c")
        #expect(meaning("persistent:" + Self.hash, value, 86_000_000, as: .link) == .link(link))
        #expect(link.live(in: "other") == link)
    }

    @Test(arguments: [#""sessionId":null"#, #""sessionId":5"#, #""sessionId":"CHILD:a1b2c:9""#, #""entryPolicy":null"#])
    func link_thatNamesNoSession_hasTheMappedOne(member: String) throws {
        let value = #"{"activityName":"raffle","selectedOptions":null,\#(member)}"#
        guard case .link(let link) = meaning("persistent:" + Self.hash, value, as: .link) else {
            Issue.record("no link in \(value)")
            return
        }
        #expect(link.session == nil && link.live(in: "d3e4f").session == "d3e4f")
    }

    @Test(arguments: [
        ("a:b", #"{"activityName":"raffle"}"#), (hash, "{}"),
        (hash, #"{"activityName":"raffle","entryPolicy":"open"}"#),
        (hash, #"{"activityName":"raffle","selectedOptions":{"n":3}}"#),
    ])
    func link_thatCannotBeOneHere_isSkippedWithTheReason(hash: String, value: String) {
        guard case .skipped(.badLink(let sentence)) = meaning("persistent:" + hash, value, as: .link) else {
            Issue.record("a link: \(value)")
            return
        }
        #expect(sentence.hasSuffix("."))
    }

    @Test(arguments: [hash, "\"\(hash)\""])
    func mapping_namesTheHashOfALink(value: String) {
        #expect(
            meaning("persistent-session-by-session:a1b2c", value, as: .mapping)
                == .mapping(SessionMapping(hash: Self.hash, session: "a1b2c")))
    }
}
