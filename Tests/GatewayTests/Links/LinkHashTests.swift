import TestSupport
import Testing

@testable import Gateway

@Suite struct LinkHashTests {
    private let secrets = LinkSamples.secrets

    @Test func make_withGivenSalt_isWhatAnotherImplementationMakes() {
        let hash = LinkHash.make(
            activity: LinkSamples.activity, code: LinkSamples.code, secrets: secrets, salt: 0x0A1B_2C3D)
        #expect(hash.text == LinkSamples.hashText)
    }

    @Test func make_twice_givesTwoLinksThatBothVerify() {
        let made = (0..<2).map { _ in LinkHash.make(activity: "poll", code: "héllo🙂", secrets: secrets) }
        #expect(made[0] != made[1])
        #expect(made.allSatisfy { $0.verifies(activity: "poll", code: "héllo🙂", secrets: secrets) })
    }

    @Test(arguments: [
        ("raffle", "teach-1234", true), ("raffle", "teach-1235", false), ("raffle", "Teach-1234", false),
        ("raffle", "teach-1234 ", false), ("raffle", "", false), ("poll", "teach-1234", false),
        ("", "teach-1234", false),
    ])
    func verify_holdsForItsActivityAndCodeOnly(activity: String, code: String, holds: Bool) throws {
        #expect(try LinkSamples.hash.verifies(activity: activity, code: code, secrets: secrets) == holds)
    }

    @Test func verify_afterAReplacementOfTheSecret_holds_andAfterTwoNot() throws {
        let hash = try LinkSamples.hash
        let (activity, code) = (LinkSamples.activity, LinkSamples.code)
        #expect(hash.verifies(activity: activity, code: code, secrets: LinkSamples.replaced))
        #expect(!hash.verifies(activity: activity, code: code, secrets: LinkSamples.others))
        #expect(!hash.verifies(activity: activity, code: code, secrets: .random()))
    }

    @Test func verify_withAnyDigitChanged_fails() throws {
        for index in LinkSamples.hashText.indices {
            var text = LinkSamples.hashText
            let digit: Character = text[index] == "0" ? "1" : "0"
            text.replaceSubrange(index...index, with: [digit])
            let hash = try LinkHash(text)
            #expect(!hash.verifies(activity: LinkSamples.activity, code: LinkSamples.code, secrets: secrets))
        }
    }

    @Test(arguments: ["", "a", "0a1b2c3d9144f57e88f", "0a1b2c3d9144f57e88f50", String(repeating: "é", count: 19)])
    func hash_whenOfAnotherLength_saysHowLongItIs(text: String) {
        let expected = LinkFault(
            "bad-hash", "Invalid link format (corrupted URL). Expected 20 characters, got \(text.count).")
        #expect(LinkSamples.fault { _ = try LinkHash(text) } == expected)
    }

    @Test(arguments: [
        "0A1B2C3D9144F57E88F5", "0a1b2c3d9144f57e88fg", "0a1b2c3d 144f57e88f5", "../../../etc/passwd1",
        "0a1b2c3d9144f57e88f\n", String(repeating: "é", count: 20), "%0a1b2c3d9144f57e88f",
    ])
    func hash_withOtherCharacters_isRefused(text: String) {
        let expected = LinkFault(
            "bad-hash", "Invalid link format (corrupted URL). Expected characters out of 0-9 and a-f.")
        #expect(LinkSamples.fault { _ = try LinkHash(text) } == expected)
    }

    @Test func signature_ofAnotherLengthOrNone_isNone() {
        let signature = secrets.signature(of: "m")
        #expect(signature.count == 32 && secrets.isSignature(signature, of: "m"))
        #expect(!secrets.isSignature([], of: "m") && !secrets.isSignature([], of: "m", bytes: 0))
        #expect(!secrets.isSignature(Array(signature.dropLast()), of: "m"))
        #expect(!secrets.isSignature(signature + [0], of: "m"))
        #expect(!secrets.isSignature(signature, of: "n"))
    }

    @Test func secrets_whenPrinted_showNoByte() {
        let shown = "\(secrets) \(String(reflecting: secrets))"
        #expect(!shown.contains("secret-of-the-tests") && !shown.contains("97, 45, 115"))
    }

    @Test(
        arguments: [
            ([], ""), ([0x00, 0x0F, 0xF0, 0xFF], "000ff0ff"), ([0xAB], "ab"),
        ] as [([UInt8], String)])
    func hex_isWrittenAndReadInOneSpelling(bytes: [UInt8], text: String) {
        #expect(HexText.encode(bytes) == text && HexText.decode(text) == bytes)
    }

    @Test(arguments: ["a", "abc", "AB", "0x", "g0", " 0", "é"]) func hex_whenOdd_isNone(text: String) {
        #expect(HexText.decode(text) == nil)
    }

    /// What a node signs before it has its fleet's secret must not hold later either.
    @Test func secretThatIsDrawn_holdsOnEveryNodeOnceItIsThere_andNowhereBefore() {
        let drawn = Box<[UInt8]>([])
        let (here, there) = (LinkSecrets { drawn.value }, LinkSecrets { drawn.value })
        let early = LinkHash.make(activity: "poll", code: "teach-1234", secrets: here)
        #expect(early.verifies(activity: "poll", code: "teach-1234", secrets: here))
        #expect(!early.verifies(activity: "poll", code: "teach-1234", secrets: there))
        drawn.value = Array("a secret of the journal".utf8)
        let hash = LinkHash.make(activity: "poll", code: "teach-1234", secrets: here)
        #expect(hash.verifies(activity: "poll", code: "teach-1234", secrets: there))
        #expect(!early.verifies(activity: "poll", code: "teach-1234", secrets: here))
    }
}
