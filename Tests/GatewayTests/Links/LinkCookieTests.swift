import TestSupport
import Testing

@testable import Gateway

@Suite struct LinkCookieTests {
    private let secrets = LinkSamples.secrets
    private let now = LinkSamples.now
    private static let proof = "6KpbFwoK8Z0RTz73qk91W0Y39trkqt4bS0L2ih_bzdI"
    private static let year: Int64 = 365 * 86_400_000

    private func cookie(_ terms: LinkTerms = .fallback) throws -> LinkCookie {
        var cookie = LinkCookie()
        cookie.insert(activity: LinkSamples.activity, hash: try LinkSamples.hash, terms: terms, now: now)
        return cookie
    }

    private func read(_ value: String?, _ secrets: LinkSecrets? = nil, at time: Int64? = nil) -> LinkCookie.Reading {
        LinkCookie.read(value, secrets: secrets ?? self.secrets, now: time ?? now)
    }

    private static func element(_ members: String) -> String {
        #"[{"key":"raffle:\#(LinkSamples.hashText)","issuedAt":\#(LinkSamples.now),\#(members)}]"#
    }

    @Test func value_ofALink_isAProofAndNeverTheCode() throws {
        let value = try cookie().value(secrets: secrets)
        #expect(
            PercentText.decode(value)
                == #"[{"key":"raffle:0a1b2c3d9144f57e88f5","issuedAt":1795000000000,"proof":"\#(Self.proof)"}]"#)
        #expect(!value.contains(LinkSamples.code))
        let terms = LinkTerms(policy: .soloAllowed, options: try LinkOptions(["a": "b;c,\"d"]))
        let text = try #require(PercentText.decode(try cookie(terms).value(secrets: secrets)))
        let urlHash = try terms.urlHash(of: LinkSamples.hash, secrets: secrets)
        #expect(
            text.contains(
                #","entryPolicy":"solo-allowed","selectedOptions":{"a":"b;c,\"d"},"urlHash":"\#(urlHash)","issuedAt":"#)
        )
    }

    @Test func cookie_whenReadBack_isTheSame_alsoAfterAReplacementOfTheSecret() throws {
        let terms = LinkTerms(policy: .soloOnly, options: try LinkOptions(["a": "b;c,\"d é"]))
        let cookie = try cookie(terms)
        let value = cookie.value(secrets: secrets)
        #expect(read(value) == .cookie(cookie) && read(value, LinkSamples.replaced) == .cookie(cookie))
        #expect(read(value, LinkSamples.others) == .cookie(LinkCookie()))
        // Written again, it is signed with the current secret, and outlives the next replacement.
        #expect(read(cookie.value(secrets: LinkSamples.replaced), LinkSamples.others) == .cookie(cookie))
    }

    @Test(arguments: [(0, true), (year, true), (year + 1, false), (-3_600_000, true), (.max - LinkSamples.now, false)])
    func proof_lapsesAfterAYear(age: Int64, counts: Bool) throws {
        let cookie = try cookie()
        let expected = counts ? cookie : LinkCookie()
        #expect(read(cookie.value(secrets: secrets), at: now + age) == .cookie(expected))
    }

    @Test(arguments: [nil, "", "[]", "%5B%5D", "[{}]"]) func cookie_whenAbsentOrEmpty_hasNoLink(value: String?) {
        #expect(read(value) == .cookie(LinkCookie()))
    }

    @Test(
        arguments: [
            "x", "{}", "null", "7", "[1]", "[[]]", "[{}", "[{}]]", "%", "%ff", "%5B%7B", #"[{"key":7}]"#,
            #"[{"issuedAt":"1"}]"#, #"[{"issuedAt":1.5}]"#, #"[{"proof":null}]"#, #"[{"entryPolicy":[]}]"#,
            String(repeating: "[", count: 100), "[" + String(repeating: " ", count: 9000) + "]",
        ])
    func cookie_whenNotTheJSONThatIsSet_isCorrupted(value: String) {
        #expect(read(value) == .corrupted)
    }

    @Test(
        arguments: [
            #""x":1"#, #""proof":"""#, #""proof":"AAAA""#, #""proof":"\#(proof)=""#, #""proof":"\#(proof)A""#,
            #""proof":"7KpbFwoK8Z0RTz73qk91W0Y39trkqt4bS0L2ih_bzdI""#,
            #""proof":"\#(proof)","issuedAt":1795000000001"#, #""proof":"\#(proof)","key":"poll:0a1b2c3d9144f57e88f5""#,
            #""proof":"\#(proof)","key":"raffle:0a1b2c3d9144f57e88f6""#, #""proof":"\#(proof)","key":"raffle""#,
            #""proof":"\#(proof)","key":"a:raffle:0a1b2c3d9144f57e88f5""#, #""proof":"\#(proof)","key":"""#,
            // As ActiveBits wrote it: a code where the proof should be.
            #""teacherCode":"teach-1234","selectedOptions":{},"entryPolicy":"solo-only""#,
        ])
    func entry_whoseProofDoesNotHold_isIgnored(members: String) {
        #expect(read(Self.element(members)) == .cookie(LinkCookie()))
    }

    @Test(
        arguments: [
            #""entryPolicy":"solo-only""#, #""entryPolicy":"solo-only","urlHash":"0000000000000000""#,
            #""entryPolicy":"open","urlHash":"aaebf5720718d85d""#, #""selectedOptions":{"a":1}"#,
            #""selectedOptions":{"a":"b"},"urlHash":"aaebf5720718d85d""#,
        ])
    func entry_whoseTermsAreNotSigned_hasThoseOfALinkThatSaysNothing(members: String) throws {
        #expect(read(Self.element(#""proof":"\#(Self.proof)",\#(members)"#)) == .cookie(try cookie()))
    }

    @Test func insert_ofAKnownLink_replacesItAsTheNewest() throws {
        var cookie = try cookie()
        let other = LinkHash.make(activity: "poll", code: "123456", secrets: secrets, salt: 1)
        cookie.insert(activity: "poll", hash: other, terms: .fallback, now: now + 1)
        cookie.insert(
            activity: LinkSamples.activity, hash: try LinkSamples.hash, terms: LinkTerms(policy: .soloOnly),
            now: now + 2)
        #expect(cookie.entries.map(\.activity) == ["poll", "raffle"])
        #expect(cookie.entries.map(\.issuedAt) == [now + 1, now + 2])
        let entry = cookie.entry(activity: LinkSamples.activity, hash: try LinkSamples.hash)
        #expect(entry?.terms.policy == .soloOnly)
        #expect(cookie.entry(activity: "poll", hash: try LinkSamples.hash) == nil)
    }

    @Test func updateAndRemove_changeTheirLinkOnly() throws {
        var cookie = try cookie()
        let hash = try LinkSamples.hash
        let isForeignUpdated = cookie.update(activity: "poll", hash: hash, terms: LinkTerms(policy: .soloOnly))
        let isForeignRemoved = cookie.remove(activity: "poll", hash: hash)
        #expect(!isForeignUpdated && !isForeignRemoved)
        #expect(try cookie == self.cookie())
        let isUpdated = cookie.update(activity: "raffle", hash: hash, terms: LinkTerms(policy: .soloAllowed))
        #expect(isUpdated && cookie.entries.map(\.terms.policy) == [.soloAllowed])
        #expect(cookie.entries.map(\.issuedAt) == [now])
        let isRemoved = cookie.remove(activity: "raffle", hash: hash)
        #expect(isRemoved && cookie.entries.isEmpty)
    }

    @Test func cookie_overTwentyLinks_forgetsTheOldest_andTwentyFit() {
        var cookie = LinkCookie()
        for index in 0..<25 {
            let hash = LinkHash.make(activity: "raffle", code: "123456", secrets: secrets, salt: UInt32(index))
            cookie.insert(activity: "raffle", hash: hash, terms: .fallback, now: now + Int64(index))
        }
        #expect(cookie.entries.map(\.issuedAt) == (5..<25).map { now + $0 })
        let value = cookie.value(secrets: secrets)
        #expect(value.utf8.count <= 3600 && read(value) == .cookie(cookie))
    }

    @Test func value_overItsBytes_keepsTheNewestLinksThatFit() throws {
        var cookie = LinkCookie()
        let terms = LinkTerms(
            policy: .instructorRequired, options: try LinkOptions(["a": String(repeating: "v", count: 500)]))
        for index in 0..<20 {
            let hash = LinkHash.make(activity: "raffle", code: "123456", secrets: secrets, salt: UInt32(index))
            cookie.insert(activity: "raffle", hash: hash, terms: terms, now: now + Int64(index))
        }
        let value = cookie.value(secrets: secrets)
        #expect(value.utf8.count <= 3600)
        guard case .cookie(let kept) = read(value) else {
            Issue.record("corrupted")
            return
        }
        #expect(kept.entries.count >= 3 && kept.entries == Array(cookie.entries.suffix(kept.entries.count)))
    }

    @Test func value_ofOneLinkWithTheLargestTerms_fits() throws {
        // A quote takes three bytes in a URL, and six in the cookie's JSON: 3,070 of 3,072 with the names.
        let options = try LinkOptions(["a": String(repeating: "\"", count: 508)])
        let name = String(repeating: "a", count: 64)
        var cookie = LinkCookie()
        cookie.insert(
            activity: name, hash: try LinkSamples.hash, terms: LinkTerms(policy: .instructorRequired, options: options),
            now: now)
        let value = cookie.value(secrets: secrets)
        #expect(value.utf8.count <= 3600)
        #expect(read(value) == .cookie(cookie))
    }

    /// Row S7.
    @Test func setCookie_isKeptFromScripts_andSecureInProduction() throws {
        let value = try cookie().value(secrets: secrets)
        let field = try cookie().setCookie(secrets: secrets, isSecure: true)
        #expect(
            field == "persistent_sessions=\(value); Path=/; Max-Age=31536000; HttpOnly; SameSite=Lax; Secure")
        #expect(
            LinkCookie().setCookie(secrets: secrets, isSecure: false)
                == "persistent_sessions=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax")
    }

    @Test(
        arguments: [
            (nil, nil), ("", nil), ("a=1", "1"), ("b=2; a=1", "1"), ("b=2;a=1", "1"), ("a=1; a=2", "1"), ("aa=1", nil),
            ("a", nil), ("a=", ""), ("a=b=c", "b=c"), ("A=1", nil), ("x=a=1", nil),
        ] as [(String?, String?)])
    func cookieField_givesTheValueOfAName(field: String?, value: String?) {
        #expect(CookieText.value(of: "a", in: field) == value)
    }
}
