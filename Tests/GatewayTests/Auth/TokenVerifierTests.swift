import Crypto
import Testing

@testable import Gateway

/// Rows of table S3: tokens that must be refused, each made wrong in one way.
@Suite struct TokenVerifierTests {
    static let secret = "c0ffee-1d1e-4b7a-9f00-5e5510n5-key"
    static let now: Int64 = 1_795_000_000_000
    static let header = #"{"alg":"HS256","typ":"JWT"}"#
    static let claims = #"{"sub":"42","exp":1795000060}"#

    private let signer = TokenSigner(secret: secret)
    private let verifier = TokenVerifier(secret: secret)

    private func verdict(_ token: String) -> TokenVerdict { verifier.verify(token, now: Self.now) }
    private func verdict(claims: String) -> TokenVerdict { verdict(signer.sign(claims: claims)) }

    private func identity(claims: String) throws -> Identity {
        guard case .valid(let identity) = verdict(claims: claims) else {
            throw StrictJSONError(reason: "not valid: \(claims)", offset: 0)
        }
        return identity
    }

    @Test func token_whenSignedAndInTime_isValid() {
        #expect(verdict(claims: Self.claims) == .valid(Identity(user: "42", expiresAt: 1_795_000_060_000)))
    }

    @Test func token_fromAnotherImplementation_isValid() {
        // Made with Python: hmac.new(b"secret", header + b"." + payload, "sha256").
        let token =
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ"
            + ".XbPfbIHMI6arZ3Y922BhjWgQzWXcXNrz0ogtVhfEd2o"
        #expect(TokenVerifier(secret: "secret").verify(token, now: Self.now) == .valid(Identity(user: "1234567890")))
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"nOnE"}"#, #"{"alg":""}"#, #"{"alg":null}"#, #"{"alg":1}"#,
        #"{}"#,
        #"{"alg":["HS256"]}"#, #"{"alg":"hs256"}"#, #"{"alg":"HS384"}"#, #"{"alg":"HS512"}"#, #"{"alg":"RS256"}"#,
        #"{"alg":"ES256"}"#, #"{"alg":"EdDSA"}"#, #"{"alg":"HS256 "}"#, #"{"ALG":"HS256"}"#,
        #"{"alg":"HS256","crit":["exp"]}"#, #"{"alg":"HS256","crit":[]}"#, #"{"alg":"HS256","crit":null}"#,
        #"{"alg":"HS256","alg":"HS256"}"#, #"{"alg":"none","alg":"HS256"}"#, #"{"alg":"HS256","alg":"none"}"#,
        #"{"alg":"HS256","\u0061lg":"HS256"}"#, #"{"alg":"HS256","typ":7}"#, #"{"alg":"HS256"} "x""#, #"["HS256"]"#,
        #"{"alg":"HS256",}"#, #"{alg:"HS256"}"#, "", "null",
    ])
    func header_whenNotExactlyTheConfiguredAlgorithm_isInvalid(header: String) {
        #expect(verdict(signer.sign(header: header, claims: Self.claims)) == .invalid)
    }

    @Test(arguments: [
        "../../etc/passwd", "https://evil.example/key", "' OR 1=1 --", "file:///dev/zero",
        String(repeating: "k", count: 500),
    ])
    func header_whenKeyIdIsHostile_leadsNowhere(kid: String) {
        let header = StrictJSON.object([
            .init("alg", .string("HS256")), .init("kid", .string(kid)),
            .init("jku", .string("https://evil.example/jwks")),
        ])
        // The right key still verifies, a wrong one still doesn't: the header was only compared.
        #expect(verdict(signer.sign(header: header.text, claims: Self.claims)) != .invalid)
        let other = TokenSigner(secret: "another-secret-of-another-server")
        #expect(verdict(other.sign(header: header.text, claims: Self.claims)) == .invalid)
    }

    @Test func signature_whenWrongKeyEmptyTruncatedOrChanged_isInvalid() {
        let token = signer.sign(claims: Self.claims)
        let parts = token.split(separator: ".").map(String.init)
        let (head, payload, signature) = (parts[0], parts[1], parts[2])
        let unsigned = TokenSigner(secret: "").sign(claims: Self.claims)
        let replacement = signature.hasPrefix("A") ? "B" : "A"
        let hostile = [
            TokenSigner(secret: "another-secret-of-another-server").sign(claims: Self.claims), unsigned,
            "\(head).\(payload).", "\(head).\(payload)", "\(head).\(payload).\(signature.dropLast())",
            "\(head).\(payload).\(signature.dropLast(4))", "\(head).\(payload).\(signature)AAAA",
            "\(head).\(payload).\(replacement)\(signature.dropFirst())", "\(token)=", "\(token).", ".\(token)",
            " \(token)",
            "\(token)\n", "\(head).\(payload).\(signature).\(signature)", "..", "...", "", "a.b.c",
            "\(head).\(Base64Text.encodeURL(#"{"sub":"admin"}"#.utf8)).\(signature)",
        ]
        for token in hostile { #expect(verdict(token) == .invalid, "\(token)") }
    }

    @Test func signature_whenSpareBitsDiffer_isInvalid() throws {
        let token = signer.sign(claims: Self.claims)
        let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        let last = try #require(token.last)
        let index = try #require(alphabet.firstIndex(of: last))
        // 32 bytes are 43 characters: the two low bits of the last one are spare, and must be zero.
        #expect(index % 4 == 0)
        for spare in 1...3 { #expect(verdict(String(token.dropLast()) + String(alphabet[index + spare])) == .invalid) }
    }

    @Test func publicKeyText_whenUsedAsSecret_isInvalid() {
        // CVE-2023-48223's shape: an HS256 token signed with the text of a public RSA key.
        let text = "-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQ\n-----END PUBLIC KEY-----\n"
        #expect(verdict(TokenSigner(secret: text).sign(claims: Self.claims)) == .invalid)
    }

    @Test(arguments: [
        #"{"sub":42}"#, #"{"sub":null}"#, #"{"sub":["42"]}"#, #"{"sub":"42","sub":"1"}"#, #"{"exp":"1795000060"}"#,
        #"{"exp":-1}"#, #"{"exp":1e300}"#, #"{"exp":1e13}"#, #"{"exp":null}"#, #"{"exp":true}"#, #"{"nbf":"0"}"#,
        #"{"iat":{}}"#,
        #"{"expire_at":"never"}"#, #"{"channel":"chat:1"}"#, #"{"channel":""}"#, #"{"channel":null}"#,
        #"{"sessions":["a"]}"#, #"{"sessions":{"a":"w"}}"#, #"{"sessions":{"a":true}}"#,
        #"{"sessions":{"a":"r","a":"rw"}}"#,
        #"{"b64info":"%%"}"#, #"{"b64info":"bm90IGpzb24="}"#, #"{"b64info":7}"#, #"["sub"]"#, #""sub""#, "", "{",
        #"{"sub":"\ud800"}"#,
    ])
    func claims_whenOfWrongShape_areInvalid(claims: String) {
        #expect(verdict(claims: claims) == .invalid)
    }

    @Test func token_whenDeepOrLong_isInvalid() {
        let deep = String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000)
        #expect(verdict(claims: #"{"info":\#(deep)}"#) == .invalid)
        let fitting = String(repeating: "[", count: 31) + String(repeating: "]", count: 31)
        #expect(verdict(claims: #"{"info":\#(fitting)}"#) != .invalid)
        #expect(verdict(claims: #"{"sub":"\#(String(repeating: "x", count: 64 * 1024))"}"#) == .invalid)
        #expect(verdict(claims: #"{"sub":"\#(String(repeating: "x", count: 12_000))"}"#) != .invalid)
        #expect(verdict(claims: #"{"sub":"\#(String(repeating: "x", count: 12_400))"}"#) == .invalid)
    }

    @Test(arguments: [
        (#"{"exp":1795000000}"#, true), (#"{"exp":1794999999}"#, true), (#"{"exp":0}"#, true),
        (#"{"exp":1795000001}"#, false),
        (#"{"exp":1795000000.5}"#, false), (#"{"nbf":1795000000}"#, false), (#"{"nbf":1795000001}"#, true),
        (#"{}"#, false),
        (#"{"iat":1999999999}"#, false), (#"{"exp":1794999999,"expire_at":0}"#, true), (#"{"exp":1.8e9}"#, false),
    ])
    func time_isExpiredOnExpAndBeforeNbf(claims: String, isExpired: Bool) {
        #expect((verdict(claims: claims) == .expired) == isExpired)
        #expect(verdict(claims: claims) != .invalid)
    }

    @Test func expiredToken_whenSignatureIsWrong_isInvalidNotExpired() {
        let token = TokenSigner(secret: "another-secret-of-another-server").sign(claims: #"{"exp":1}"#)
        #expect(verdict(token) == .invalid)
    }

    @Test func expireAt_replacesTheEndOfTheConnection() throws {
        #expect(try identity(claims: #"{"exp":1795000060,"expire_at":0}"#).expiresAt == nil)
        #expect(try identity(claims: #"{"exp":1795000060,"expire_at":1795000500}"#).expiresAt == 1_795_000_500_000)
        #expect(try identity(claims: #"{"expire_at":5}"#).expiresAt == 5000)
        #expect(try identity(claims: #"{"sub":"1"}"#).expiresAt == nil)
    }

    @Test func claims_becomeTheIdentity() throws {
        let claims = #"{"info":{"name": "A\n"} , "sessions":{"s1":"r","s2":"rw"},"jti":"x","custom":{"a":[1]}}"#
        let identity = try identity(claims: claims.replacing(" , ", with: "\n,\n"))
        #expect(identity.user == "")
        #expect(identity.sessions == ["s1": .read, "s2": .readWrite])
        #expect(!identity.isOperator)
        let info = String(decoding: try #require(identity.info), as: UTF8.self)
        #expect(info == ##"{"name":"A\u000a"}"##)
        let encoded = try self.identity(claims: #"{"b64info":"eyJhIjogMX0=","info":2}"#)
        #expect(encoded.info.map { String(decoding: $0, as: UTF8.self) } == #"{"a":1}"#)
        #expect(try self.identity(claims: #"{"info":null}"#).info == nil)
    }

    /// Row S4: the old key holds for as long as it is configured.
    @Test func secret_whileRotating_acceptsBothAndNoThird() {
        let rotating = TokenVerifier(secret: "new-secret", previousSecret: Self.secret)
        #expect(rotating.verify(signer.sign(claims: Self.claims), now: Self.now) != .invalid)
        #expect(rotating.verify(TokenSigner(secret: "new-secret").sign(claims: Self.claims), now: Self.now) != .invalid)
        #expect(rotating.verify(TokenSigner(secret: "third").sign(claims: Self.claims), now: Self.now) == .invalid)
        #expect(verdict(TokenSigner(secret: "new-secret").sign(claims: Self.claims)) == .invalid)
    }

    @Test(arguments: [nil, ""] as [String?])
    func verifier_withoutSecret_acceptsNothing(secret: String?) {
        let verifier = TokenVerifier(secret: secret)
        #expect(!verifier.hasKey)
        #expect(verifier.verify(TokenSigner(secret: "").sign(claims: Self.claims), now: Self.now) == .invalid)
    }

    @Test(arguments: SecretAlgorithm.allCases, SecretAlgorithm.allCases)
    func algorithm_isPinned(signing: SecretAlgorithm, accepted: SecretAlgorithm) {
        let token = TokenSigner(algorithm: signing, secret: Self.secret).sign(claims: Self.claims)
        let verdict = TokenVerifier(algorithm: accepted, secret: Self.secret).verify(token, now: Self.now)
        #expect((verdict != .invalid) == (signing == accepted))
        // A token that only claims the accepted algorithm is not signed by it.
        let lie = TokenSigner(algorithm: signing, secret: Self.secret)
            .sign(header: #"{"alg":"\#(accepted.rawValue)"}"#, claims: Self.claims)
        let lieVerdict = TokenVerifier(algorithm: accepted, secret: Self.secret).verify(lie, now: Self.now)
        #expect((lieVerdict != .invalid) == (signing == accepted))
    }

    @Test func signer_andVerifier_agreeOnEveryField() throws {
        let identity = Identity(
            user: "ü\"\\\n42", info: Array(#"{"n":1}"#.utf8), sessions: ["a": .read, "b": .readWrite],
            expiresAt: Self.now + 60_000)
        #expect(verdict(try signer.sign(identity, issuedAt: Self.now)) == .valid(identity))
        #expect(throws: StrictJSONError.self) {
            try signer.sign(Identity(user: "", info: Array("{".utf8)), issuedAt: Self.now)
        }
    }
}
