import JSONBytes
import TestSupport
import Testing

@testable import Gateway

@Suite struct LinkTermsTests {
    private let secrets = LinkSamples.secrets

    private func options(_ json: String) throws -> LinkOptions {
        try LinkOptions(JSONText(validating: Array(json.utf8)))
    }

    private func terms() throws -> LinkTerms {
        LinkTerms(policy: .soloAllowed, options: try LinkOptions(["size": "3", "mode": "a b*~é"]))
    }

    @Test func options_areSortedAndCanonical() throws {
        let options = try self.options(#"{ "size":"3", "mode":"a \u0062", "size":"4" }"#)
        #expect(String(decoding: options.json, as: UTF8.self) == #"{"mode":"a b","size":"4"}"#)
        #expect(options.query == "mode=a%20b&size=4")
        #expect(try self.options(#"{"size":"4","mode":"a b"}"#) == options)
        #expect(try self.options("{}") == .empty && String(decoding: LinkOptions.empty.json, as: UTF8.self) == "{}")
    }

    @Test(
        arguments: [
            "[]", "7", "null", #""x""#, #"{"a":1}"#, #"{"a":null}"#, #"{"a":{}}"#, #"{"a":true}"#, #"{"":"x"}"#,
            #"{"a\n":"x"}"#, #"{"é":"x"}"#, #"{"a":"\n"}"#, #"{"a":"\u0000"}"#, #"{"a":"\u007f"}"#, #"{"a":"\u2028"}"#,
            "{\"\(String(repeating: "n", count: 65))\":\"x\"}", "{\"n\":\"\(String(repeating: "v", count: 513))\"}",
            "{" + (0...32).map { "\"\($0)\":\"\"" }.joined(separator: ",") + "}",
        ])
    func options_whenNotTextsWithinBounds_areRefused(json: String) {
        #expect(LinkSamples.fault { _ = try options(json) } == .badOptions)
    }

    @Test(arguments: ["entryPolicy", "urlHash", "activityName"])
    func options_withANameOfTheURL_areRefused(name: String) {
        let expected = LinkFault(
            "bad-options", "An option can't be called \(name): the URL of a link uses that name itself.")
        #expect(LinkSamples.fault { _ = try LinkOptions([name: "x"]) } == expected)
    }

    @Test func options_atTheirBounds_areAccepted_andOverTheSumNot() throws {
        let full = Dictionary(uniqueKeysWithValues: (0..<32).map { ("name-\($0)", String(repeating: "v", count: 50)) })
        #expect(try LinkOptions(full).members.count == 32)
        #expect(try LinkOptions(["n": String(repeating: "é", count: 256)]).members.count == 1)
        let long = Dictionary(uniqueKeysWithValues: (0..<6).map { ("\($0)", String(repeating: " ", count: 200)) })
        #expect(LinkSamples.fault { _ = try LinkOptions(long) } == .optionsTooLong)
    }

    @Test func urlHash_isWhatActiveBitsSigns() throws {
        #expect(try terms().urlHash(of: LinkSamples.hash, secrets: secrets) == "aaebf5720718d85d")
    }

    @Test func path_namesTheTermsAndTheirSignature() throws {
        let url = LinkURL(activity: "raffle", hash: try LinkSamples.hash, terms: try terms())
        #expect(
            url.path(secrets: secrets)
                == "/activity/raffle/0a1b2c3d9144f57e88f5?mode=a%20b%2A~%C3%A9&size=3&entryPolicy=solo-allowed"
                + "&urlHash=aaebf5720718d85d")
        let plain = LinkURL(activity: "poll", hash: try LinkSamples.hash, terms: .fallback).path(secrets: secrets)
        #expect(plain.hasPrefix("/activity/poll/0a1b2c3d9144f57e88f5?entryPolicy=instructor-required&urlHash="))
    }

    @Test func query_ofALinksPath_givesItsTermsBack_alsoAfterAReplacementOfTheSecret() throws {
        let hash = try LinkSamples.hash
        let path = LinkURL(activity: "raffle", hash: hash, terms: try terms()).path(secrets: secrets)
        let query = LinkQuery(String(path.drop { $0 != "?" }.dropFirst()) + "&activityName=raffle")
        let expected = try terms()
        #expect(query.claimed == expected && query.urlHash == "aaebf5720718d85d")
        #expect(query.terms(of: hash, secrets: secrets) == expected)
        #expect(query.terms(of: hash, secrets: LinkSamples.replaced) == expected)
        #expect(query.terms(of: hash, secrets: LinkSamples.others) == .fallback)
        let other = LinkHash.make(activity: "raffle", code: "teach-1234", secrets: secrets, salt: 1)
        #expect(query.terms(of: other, secrets: secrets) == .fallback)
    }

    @Test func query_asBrowsersWriteIt_isTheSame() throws {
        let query = LinkQuery("mode=a+b*%7e%C3%A9&size=3&entryPolicy=solo-allowed&urlHash=aaebf5720718d85d")
        #expect(try query.terms(of: LinkSamples.hash, secrets: secrets) == terms())
    }

    @Test(arguments: [
        "", "entryPolicy=solo-only", "entryPolicy=solo-only&urlHash=", "entryPolicy=solo-only&urlHash=0000000000000000",
        "mode=a+b*%7e%C3%A9&size=3&entryPolicy=solo-only&urlHash=aaebf5720718d85d",
        "mode=a+b*%7e%C3%A9&size=4&entryPolicy=solo-allowed&urlHash=aaebf5720718d85d",
        "size=3&entryPolicy=solo-allowed&urlHash=aaebf5720718d85d",
        "mode=a+b*%7e%C3%A9&size=3&entryPolicy=solo-allowed&urlHash=aaebf5720718d85",
        "mode=a+b*%7e%C3%A9&size=3&entryPolicy=solo-allowed&urlHash=aaebf5720718d85d00",
        "mode=a+b*%7e%C3%A9&size=3&entryPolicy=solo-allowed&urlHash=zzebf5720718d85d",
        "mode=a+b*%7e%C3%A9&size=3&entryPolicy=open&urlHash=aaebf5720718d85d", "mode=%zz&entryPolicy=solo-only",
        "mode=%", "a=%ff", "=x", "&&", "%00=x",
    ])
    func query_whenMissingWrongOrUnreadable_isThatOfALinkThatSaysNothing(query: String) throws {
        #expect(try LinkQuery(query).terms(of: LinkSamples.hash, secrets: secrets) == .fallback)
    }

    @Test(
        arguments: [
            ("a b", "a%20b"), ("-._~*+", "-._~%2A%2B"), ("é", "%C3%A9"), ("%", "%25"),
            ("{\"\":;,}", "%7B%22%22%3A%3B%2C%7D"),
        ])
    func percent_isWrittenAndReadBack(text: String, encoded: String) {
        #expect(PercentText.encode(text) == encoded && PercentText.decode(encoded) == text)
        #expect(PercentText.decode(PercentText.encodeForm(text), plusAsSpace: true) == text)
    }

    @Test(arguments: ["%", "%4", "%4g", "%ff", "%C3"]) func percent_whenBroken_isNone(text: String) {
        #expect(PercentText.decode(text) == nil)
    }

    @Test func percent_ofAnyText_isReadBack() {
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<200 {
            let text = generator.text(upTo: 40)
            #expect(PercentText.decode(PercentText.encode(text)) == text)
            #expect(PercentText.decode(PercentText.encodeForm(text), plusAsSpace: true) == text)
        }
    }
}
