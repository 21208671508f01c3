import TestSupport
import Testing

@testable import Gateway

@Suite struct ParticipantCookieTests {
    private let secrets = LinkSamples.secrets
    private static let id = "00112233445566778899aabbccddeeff"
    private static let signature = "agS4xngTM0pRe1FEw79-8Nc4hq9BeWc7rKLDCQG38mE"

    @Test func text_ofAnotherImplementation_isRead() {
        let cookie = ParticipantCookie("\(Self.id).\(Self.signature)", scope: "s1", secrets: secrets)
        #expect(cookie?.id == Self.id && cookie?.scope == "s1")
        #expect(cookie?.text(secrets: secrets) == "\(Self.id).\(Self.signature)")
    }

    @Test func newOne_isRandom_andReadBackInItsScopeOnly() {
        var generator = SeededGenerator(seed: 1)
        let first = ParticipantCookie(newIn: "s1", using: &generator)
        let second = ParticipantCookie(newIn: "s1")
        #expect(first != second && first.id.count == 32 && second.id.count == 32)
        let text = first.text(secrets: secrets)
        #expect(ParticipantCookie(text, scope: "s1", secrets: secrets) == first)
        #expect(ParticipantCookie(text, scope: "s1", secrets: LinkSamples.replaced) == first)
        #expect(ParticipantCookie(text, scope: "s2", secrets: secrets) == nil)
        #expect(ParticipantCookie(text, scope: "s1", secrets: LinkSamples.others) == nil)
    }

    /// Row S6: a place that wasn't given out here isn't taken over.
    @Test(
        arguments: [
            nil, "", ".", "x", id, "\(id).", ".\(signature)", "\(id).\(signature).", "\(id).\(signature)=",
            "\(id.uppercased()).\(signature)", "\(id.dropLast()).\(signature)", "\(id)0.\(signature)",
            "10112233445566778899aabbccddeeff.\(signature)", "\(id).bgS4xngTM0pRe1FEw79-8Nc4hq9BeWc7rKLDCQG38mE",
            " \(id).\(signature)",
        ])
    func text_whenChanged_isNobody(text: String?) {
        #expect(ParticipantCookie(text, scope: "s1", secrets: secrets) == nil)
    }

    /// Row S7: kept from scripts and from foreign pages' posts, and in production from plain HTTP.
    @Test func setCookie_endsWithTheBrowser() throws {
        let cookie = try #require(ParticipantCookie("\(Self.id).\(Self.signature)", scope: "s1", secrets: secrets))
        #expect(
            cookie.setCookie(secrets: secrets, isSecure: false)
                == "activebits_participant_czE=\(Self.id).\(Self.signature); Path=/; HttpOnly; SameSite=Lax")
        #expect(
            cookie.setCookie(secrets: secrets, isSecure: true).hasSuffix("; Path=/; HttpOnly; SameSite=Lax; Secure"))
        #expect(
            ParticipantCookie.name(scope: "a:b/ü") == "activebits_participant_" + Base64Text.encodeURL("a:b/ü".utf8))
    }
}
