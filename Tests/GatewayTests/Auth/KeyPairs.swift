import Crypto
import CryptoExtras
import Foundation

@testable import Gateway

/// Somebody who signs tokens with a private key, as an identity provider does.
enum KeyPair: Sendable {
    case rsa(_RSA.Signing.PrivateKey)
    case p256(P256.Signing.PrivateKey)
    case p384(P384.Signing.PrivateKey)
    case p521(P521.Signing.PrivateKey)
    case ed25519(Curve25519.Signing.PrivateKey)

    /// Drawn once for all tests: an RSA key takes its time.
    static let samples: [(algorithm: TokenAlgorithm, pair: KeyPair)] = {
        // Without keys the tables are empty, and the test that counts them fails.
        guard let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else { return [] }
        let rsa = KeyPair.rsa(key)
        return [
            (.rs256, rsa), (.rs384, rsa), (.rs512, rsa), (.es256, .p256(.init())), (.es384, .p384(.init())),
            (.es512, .p521(.init())), (.edDSA, .ed25519(.init())),
        ]
    }()

    /// The public half as PEM.
    var pem: String {
        switch self {
        case .rsa(let key): return key.publicKey.pemRepresentation
        case .p256(let key): return key.publicKey.pemRepresentation
        case .p384(let key): return key.publicKey.pemRepresentation
        case .p521(let key): return key.publicKey.pemRepresentation
        case .ed25519(let key):
            let der: [UInt8] =
                [0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00]
                + key.publicKey.rawRepresentation
            let text = Data(der).base64EncodedString()
            return "-----BEGIN PUBLIC KEY-----\n\(text)\n-----END PUBLIC KEY-----\n"
        }
    }

    /// The public half as an entry of a key set.
    func entry(id: String?, more: String = "") throws -> String {
        let members: String
        switch self {
        case .rsa(let key):
            let numbers = try key.publicKey.getKeyPrimitives()
            members = #""kty":"RSA","n":"\#(Self.text(numbers.modulus))","e":"\#(Self.text(numbers.publicExponent))""#
        case .p256(let key): members = Self.point("P-256", key.publicKey.x963Representation)
        case .p384(let key): members = Self.point("P-384", key.publicKey.x963Representation)
        case .p521(let key): members = Self.point("P-521", key.publicKey.x963Representation)
        case .ed25519(let key):
            members = #""kty":"OKP","crv":"Ed25519","x":"\#(Self.text(key.publicKey.rawRepresentation))""#
        }
        return "{\(id.map { #""kid":"\#($0)","# } ?? "")\(members)\(more)}"
    }

    private static func point(_ curve: String, _ bytes: Data) -> String {
        let (x, y) = (bytes.dropFirst().prefix((bytes.count - 1) / 2), bytes.suffix((bytes.count - 1) / 2))
        return #""kty":"EC","crv":"\#(curve)","x":"\#(text(x))","y":"\#(text(y))""#
    }

    private static func text(_ bytes: some Sequence<UInt8>) -> String { Base64Text.encodeURL(bytes) }

    /// A whole token.
    func token(_ algorithm: TokenAlgorithm, claims: String, header: String? = nil) throws -> String {
        let header = header ?? #"{"alg":"\#(algorithm.rawValue)"}"#
        let text = Base64Text.encodeURL(header.utf8) + "." + Base64Text.encodeURL(claims.utf8)
        return text + "." + Base64Text.encodeURL(try signature(of: Data(text.utf8), algorithm))
    }

    private func signature(of text: Data, _ algorithm: TokenAlgorithm) throws -> Data {
        switch self {
        case .rsa(let key):
            let padding = _RSA.Signing.Padding.insecurePKCS1v1_5
            return switch algorithm {
            case .rs384: try key.signature(for: SHA384.hash(data: text), padding: padding).rawRepresentation
            case .rs512: try key.signature(for: SHA512.hash(data: text), padding: padding).rawRepresentation
            default: try key.signature(for: SHA256.hash(data: text), padding: padding).rawRepresentation
            }
        case .p256(let key): return try key.signature(for: text).rawRepresentation
        case .p384(let key): return try key.signature(for: text).rawRepresentation
        case .p521(let key): return try key.signature(for: text).rawRepresentation
        case .ed25519(let key): return try key.signature(for: text)
        }
    }
}
