import Crypto
import CryptoExtras
import FoundationEssentials

/// Is a key that verifies what its owner signed, and can sign nothing.
///
/// - Guarantee: a key verifies only the algorithms of its own kind; its bytes are never used as a secret.
public struct PublicKey: Sendable {
    enum Material: Sendable {
        case rsa(_RSA.Signing.PublicKey)
        case p256(P256.Signing.PublicKey)
        case p384(P384.Signing.PublicKey)
        case p521(P521.Signing.PublicKey)
        case ed25519(Curve25519.Signing.PublicKey)
    }

    /// Shortest RSA key that is accepted.
    static let rsaBitsMin = 2048
    /// Longest RSA key that is accepted: the time of a check grows with the square of it.
    static let rsaBitsMax = 8192

    private let material: Material
    /// What the key verifies, the usual algorithm first.
    public let algorithms: [TokenAlgorithm]

    /// - Errors: for an RSA key that is too short or too long.
    init(_ material: Material) throws(KeyFault) {
        self.material = material
        switch material {
        case .rsa(let key):
            guard key.keySizeInBits >= Self.rsaBitsMin else {
                throw KeyFault("its RSA key has \(key.keySizeInBits) bits; accepted are \(Self.rsaBitsMin) and more")
            }
            guard key.keySizeInBits <= Self.rsaBitsMax else {
                throw KeyFault("its RSA key has \(key.keySizeInBits) bits; accepted are at most \(Self.rsaBitsMax)")
            }
            algorithms = [.rs256, .rs384, .rs512]
        case .p256: algorithms = [.es256]
        case .p384: algorithms = [.es384]
        case .p521: algorithms = [.es512]
        case .ed25519: algorithms = [.edDSA]
        }
    }

    /// Says whether the key's owner signed a text with an algorithm.
    func isValid(_ signature: [UInt8], of text: [UInt8], by algorithm: TokenAlgorithm) -> Bool {
        guard algorithms.contains(algorithm) else { return false }
        do {
            switch material {
            case .rsa(let key): return Self.isValid(signature, of: text, by: algorithm, key)
            case .p256(let key): return key.isValidSignature(try .init(rawRepresentation: signature), for: text)
            case .p384(let key): return key.isValidSignature(try .init(rawRepresentation: signature), for: text)
            case .p521(let key): return key.isValidSignature(try .init(rawRepresentation: signature), for: text)
            case .ed25519(let key): return key.isValidSignature(signature, for: text)
            }
        } catch { return false }  // A signature of a wrong length is a wrong signature.
    }

    private static func isValid(
        _ signature: [UInt8], of text: [UInt8], by algorithm: TokenAlgorithm, _ key: _RSA.Signing.PublicKey
    ) -> Bool {
        let signature = _RSA.Signing.RSASignature(rawRepresentation: signature)
        // RFC 7518 §3.3 demands this padding, and for signatures nothing is known against it.
        let padding = _RSA.Signing.Padding.insecurePKCS1v1_5
        return switch algorithm {
        case .rs256: key.isValidSignature(signature, for: SHA256.hash(data: text), padding: padding)
        case .rs384: key.isValidSignature(signature, for: SHA384.hash(data: text), padding: padding)
        case .rs512: key.isValidSignature(signature, for: SHA512.hash(data: text), padding: padding)
        default: false
        }
    }
}

/// Says why a key can't be used, as the end of a sentence.
public struct KeyFault: Error, Equatable {
    /// What is wrong.
    public let reason: String

    /// Makes a fault.
    init(_ reason: String) { self.reason = reason }
}
