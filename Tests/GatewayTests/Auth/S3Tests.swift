import Crypto
import CryptoExtras
import TestSupport
import Testing

@testable import Gateway

/// Row S3 of the table of hostile inputs, against every kind of key: what is not signed exactly as configured is invalid.
@Suite("S3") struct S3Tests {
    private static let now: Int64 = 1_795_000_000_000
    private static let claims = #"{"sub":"42","exp":1795000060}"#

    private struct Case {
        let algorithm: TokenAlgorithm
        let pair: KeyPair
        let verifier: TokenVerifier

        func verdict(_ token: String) -> TokenVerdict { verifier.verify(token, now: S3Tests.now) }
    }

    private static func cases() throws -> [Case] {
        try KeyPair.samples.map { algorithm, pair in
            let verifier = try TokenVerifier(key: try PublicKey(pem: pair.pem), algorithm: algorithm)
            return Case(algorithm: algorithm, pair: pair, verifier: verifier)
        }
    }

    @Test func token_whenSignedWithItsKey_isValid() throws {
        let cases = try Self.cases()
        #expect(cases.count == TokenAlgorithm.allCases.count - SecretAlgorithm.allCases.count)
        for test in cases {
            let token = try test.pair.token(test.algorithm, claims: Self.claims)
            #expect(test.verdict(token) == .valid(Identity(user: "42", expiresAt: 1_795_000_060_000)))
            for other in cases where other.algorithm != test.algorithm {
                #expect(other.verdict(token) == .invalid, "\(test.algorithm) by a verifier for \(other.algorithm)")
            }
        }
    }

    @Test(arguments: [
        #"{"alg":"none"}"#, #"{"alg":"None"}"#, #"{"alg":"nOnE"}"#, #"{}"#, #"{"alg":null}"#, "", "null",
        #"{"alg":"A","crit":["exp"]}"#, #"{"alg":"A","crit":[]}"#, #"{"alg":"A","alg":"A"}"#,
        #"{"alg":"none","alg":"A"}"#, #"{"alg":"A","alg":"none"}"#, #"{"alg":"A","kid":7}"#, #"{"alg":"A","typ":[]}"#,
    ])
    func header_whenHostile_isInvalid(header: String) throws {
        for test in try Self.cases() {
            let header = header.replacing(#""A""#, with: #""\#(test.algorithm.rawValue)""#)
            #expect(test.verdict(try test.pair.token(test.algorithm, claims: Self.claims, header: header)) == .invalid)
            let text = Base64Text.encodeURL(header.utf8) + "." + Base64Text.encodeURL(Self.claims.utf8)
            #expect(test.verdict(text + ".") == .invalid)
        }
    }

    @Test(arguments: SecretAlgorithm.allCases) func publicKey_whenUsedAsASecret_isInvalid(algorithm: SecretAlgorithm)
        throws
    {
        for test in try Self.cases() {
            for text in [test.pair.pem, test.pair.pem + "\n", String(test.pair.pem.dropLast())] {
                let token = TokenSigner(algorithm: algorithm, secret: text).sign(claims: Self.claims)
                #expect(test.verdict(token) == .invalid)
                let lie = TokenSigner(algorithm: algorithm, secret: text)
                    .sign(header: #"{"alg":"\#(test.algorithm.rawValue)"}"#, claims: Self.claims)
                #expect(test.verdict(lie) == .invalid)
            }
        }
    }

    @Test func signature_whenCutChangedOrOfAnotherKey_isInvalid() throws {
        let others = try [
            TokenAlgorithm.es256: KeyPair.p256(.init()), .es384: .p384(.init()), .es512: .p521(.init()),
            .edDSA: .ed25519(.init()), .rs256: .rsa(.init(keySize: .bits2048)),
        ]
        for test in try Self.cases() {
            let token = try test.pair.token(test.algorithm, claims: Self.claims)
            let parts = token.split(separator: ".").map(String.init)
            let zeros = Base64Text.encodeURL(
                [UInt8](repeating: 0, count: (Base64Text.decodeURL(parts[2][...])?.count ?? 0)))
            var hostile = [
                "\(parts[0]).\(parts[1])", "\(parts[0]).\(parts[1]).",
                "\(parts[0]).\(parts[1]).\(parts[2].dropLast(4))",
                "\(token)AAAA", "\(parts[0]).\(parts[1]).\(zeros)", "\(token).",
                "\(parts[0]).\(Base64Text.encodeURL(#"{"sub":"admin"}"#.utf8)).\(parts[2])",
            ]
            if let other = others[test.algorithm] {
                hostile.append(try other.token(test.algorithm, claims: Self.claims))
            }
            for token in hostile { #expect(test.verdict(token) == .invalid, "\(test.algorithm)") }
        }
    }

    @Test func token_whenOutOfItsTime_isExpiredAndNothingElse() throws {
        for test in try Self.cases() {
            for claims in [#"{"sub":"42","exp":1794999999}"#, #"{"sub":"42","nbf":1795000001}"#] {
                #expect(test.verdict(try test.pair.token(test.algorithm, claims: claims)) == .expired)
            }
            #expect(test.verdict(try test.pair.token(test.algorithm, claims: #"{"exp":"1795000060"}"#)) == .invalid)
        }
    }

    @Test(arguments: ["../../etc/passwd", "https://evil.example/key", "' OR 1=1 --", "file:///dev/zero", ""])
    func keyID_whenHostile_findsNoKey(id: String) throws {
        let directory = try TemporaryDirectory()
        let file = try KeySetSample.file(
            in: directory, try KeyPair.samples.map { try $0.pair.entry(id: $0.algorithm.rawValue) })
        let verifier = TokenVerifier(keySet: file)
        for (algorithm, pair) in KeyPair.samples {
            let header = #"{"alg":"\#(algorithm.rawValue)","kid":"\#(id)","jku":"https://evil.example/jwks"}"#
            let token = try pair.token(algorithm, claims: Self.claims, header: header)
            #expect(verifier.verify(token, now: Self.now) == .invalid)
        }
    }

    @Test func token_whenLongOrDeep_isInvalid() throws {
        let deep = String(repeating: "[", count: 1_000) + String(repeating: "]", count: 1_000)
        for test in try Self.cases() {
            let long = #"{"sub":"\#(String(repeating: "x", count: 65_536))"}"#
            #expect(test.verdict(try test.pair.token(test.algorithm, claims: long)) == .invalid)
            #expect(test.verdict(try test.pair.token(test.algorithm, claims: #"{"info":\#(deep)}"#)) == .invalid)
        }
    }

    @Test(
        arguments: [
            (#"{"aud":"app","iss":"us"}"#, true), (#"{"aud":["x","app"],"iss":"us"}"#, true),
            (#"{"aud":"app"}"#, false),
            (#"{"iss":"us"}"#, false), (#"{"aud":"App","iss":"us"}"#, false), (#"{"aud":[],"iss":"us"}"#, false),
            (#"{"aud":{"app":1},"iss":"us"}"#, false), (#"{"aud":"app","iss":["us"]}"#, false), ("{}", false),
        ])
    func demands_whenNotMet_makeATokenInvalid(claims: String, isValid: Bool) {
        let verifier = TokenVerifier(secret: "s", demands: TokenDemands(audience: "app", issuer: "us"))
        let token = TokenSigner(secret: "s").sign(claims: claims)
        #expect((verifier.verify(token, now: Self.now) != .invalid) == isValid)
        #expect(TokenVerifier(secret: "s").verify(token, now: Self.now) != .invalid)
    }
}
