import Crypto
import CryptoExtras
import TestSupport
import Testing

@testable import Gateway

@Suite struct KeySetTests {
    private static let claims = #"{"sub":"42"}"#

    private func fault(_ text: String) -> String? {
        do throws(KeyFault) {
            _ = try KeySet(Array(text.utf8))
            return nil
        } catch { return error.reason }
    }

    @Test func key_whenNamedByItsID_verifiesItsOwnAlgorithmsOnly() throws {
        let directory = try TemporaryDirectory()
        let verifier = TokenVerifier(
            keySet: try KeySetSample.file(
                in: directory, try KeyPair.samples.map { try $0.pair.entry(id: $0.algorithm.rawValue) }))
        #expect(verifier.hasKey && verifier.algorithm == nil)
        for (algorithm, pair) in KeyPair.samples {
            for (named, isValid) in [(algorithm.rawValue, true), ("other", false), (nil, false)] as [(String?, Bool)] {
                let id = named.map { #","kid":"\#($0)""# } ?? ""
                let token = try pair.token(
                    algorithm, claims: Self.claims, header: #"{"alg":"\#(algorithm.rawValue)"\#(id)}"#)
                #expect(
                    verifier.verify(token, now: 0) == (isValid ? .valid(Identity(user: "42")) : .invalid),
                    "\(algorithm)")
            }
        }
    }

    @Test func key_whenAlone_needsNoID() throws {
        let pair = KeyPair.p256(.init())
        for id in [nil, "a"] {
            let set = try KeySet(Array(KeySetSample.text([try pair.entry(id: id)]).utf8))
            #expect(set.candidates(id: nil, algorithm: .es256).count == 1)
            #expect(set.candidates(id: "a", algorithm: .es256).count == (id == nil ? 0 : 1))
            #expect(set.candidates(id: nil, algorithm: .es384).isEmpty)
        }
    }

    @Test func entries_forOtherPurposes_arePassedOver() throws {
        let pair = KeyPair.p256(.init())
        let entries = [
            try pair.entry(id: "a"), try pair.entry(id: "b", more: #","use":"enc""#),
            try pair.entry(id: "c", more: #","alg":"ECDH-ES""#), #"{"kty":"oct","k":"c2VjcmV0","kid":"d"}"#,
            #"{"kty":"OKP","crv":"X25519","x":"AA"}"#, #"{"kty":"new"}"#,
            try pair.entry(id: "e", more: #","use":"sig","alg":"ES256""#),
        ]
        let set = try KeySet(Array(KeySetSample.text(entries).utf8))
        #expect(set.entries.map(\.id) == ["a", "e"])
    }

    @Test func algorithm_whenTheEntryNamesOne_isTheOnlyOne() throws {
        let rsa = KeyPair.samples[0].pair
        let set = try KeySet(Array(KeySetSample.text([try rsa.entry(id: "a", more: #","alg":"RS384""#)]).utf8))
        for algorithm in TokenAlgorithm.allCases {
            #expect(set.candidates(id: "a", algorithm: algorithm).isEmpty == (algorithm != .rs384))
        }
    }

    @Test(arguments: [
        ("", "it ends too early (byte 0)"), ("{}", "it is no JSON Web Key Set"), ("[]", "it is no JSON Web Key Set"),
        (#"{"keys":{}}"#, "it is no JSON Web Key Set"), (#"{"keys":[]}"#, "it has no key that verifies signatures"),
        (#"{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}"#, "it has no key that verifies signatures"),
        (#"{"keys":[{"kty":"RSA","n":"AQAB","e":"AQAB"}]}"#, "its RSA key has 24 bits; accepted are 2048 and more"),
        (#"{"keys":[{"kty":"RSA","e":"AQAB"}]}"#, "one of its keys has no usable n"),
        (
            #"{"keys":[{"kty":"EC","crv":"P-256","x":"AQAB","y":"AQAB"}]}"#,
            "one of its keys has a point of a wrong length"
        ),
        (#"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a\nb","x":"AQAB"}]}"#, "its key \"a\\u000ab\" can't be read"),
        (#"{"keys":[{"kty":"OKP","crv":"Ed25519","x":"A=="}]}"#, "one of its keys has no usable x"),
    ])
    func set_whenBroken_saysWhy(text: String, reason: String) {
        #expect(fault(text) == reason)
    }

    @Test func point_whenNotOnTheCurve_isRefused() {
        let zeros = Base64Text.encodeURL([UInt8](repeating: 7, count: 32))
        #expect(
            fault(#"{"keys":[{"kty":"EC","crv":"P-256","x":"\#(zeros)","y":"\#(zeros)"}]}"#) == "its key can't be read")
    }

    @Test func file_whenReplaced_isTakenOnceAndABrokenOneChangesNothing() throws {
        let directory = try TemporaryDirectory()
        let (old, new) = (KeyPair.p256(.init()), KeyPair.p256(.init()))
        let file = try KeySetSample.file(in: directory, [try old.entry(id: "a")])
        let verifier = TokenVerifier(keySet: file)
        func accepts(_ pair: KeyPair) throws -> Bool {
            verifier.verify(try pair.token(.es256, claims: Self.claims), now: 0) != .invalid
        }
        #expect(file.reread() == .unchanged)
        try KeySetSample.write("{", in: directory)
        #expect(file.reread() == .kept(reason: "it lacks a key in quotes (byte 1)"))
        #expect(file.reread() == .unchanged, "one fault is told once")
        #expect(try accepts(old) && !accepts(new))
        try KeySetSample.write(KeySetSample.text([try new.entry(id: "a")]), in: directory)
        #expect(file.reread() == .replaced(keys: 1))
        #expect(try !accepts(old) && accepts(new))
    }

    @Test func pem_ofEveryKind_isRead() throws {
        for (algorithm, pair) in KeyPair.samples {
            #expect(try PublicKey(pem: "a comment\n" + pair.pem).algorithms.contains(algorithm))
        }
    }

    @Test func pem_whenNoKeyOrTooWeak_saysWhy() throws {
        func fault(_ pem: String) -> String? {
            do throws(KeyFault) {
                _ = try PublicKey(pem: pem)
                return nil
            } catch { return error.reason }
        }
        let none = "it holds no public key; accepted is PEM that starts with -----BEGIN PUBLIC KEY-----"
        let unknown =
            "its key is of no known kind; accepted are RSA of 2048 bits, P-256, P-384, P-521 and Ed25519"
        #expect(fault("") == none)
        #expect(fault("-----BEGIN PUBLIC KEY-----\n") == none)
        #expect(fault("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----") == none)
        #expect(fault("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----") == unknown)
        let short = try _RSA.Signing.PrivateKey(unsafeKeySize: .init(bitCount: 1024)).publicKey.pemRepresentation
        #expect(fault(short) == "its RSA key has 1024 bits; accepted are 2048 and more")
    }

    @Test func algorithm_whenTheKeyIsNotForIt_isRefused() throws {
        let key = try PublicKey(pem: KeyPair.p256(.init()).pem)
        #expect(throws: KeyFault("its key is for ES256, not for RS256")) {
            try TokenVerifier(key: key, algorithm: .rs256)
        }
        #expect(throws: KeyFault("its key is for ES256, not for HS256")) {
            try TokenVerifier(key: key, algorithm: .hs256)
        }
        #expect(try TokenVerifier(key: key, algorithm: nil).algorithm == .es256)
    }
}
