import Crypto
import CryptoExtras
import FoundationEssentials

extension PublicKey {
    /// What precedes the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410 §4).
    private static let ed25519Prefix: [UInt8] = [
        0x30, 0x2A, 0x30, 0x05, 0x06, 0x03, 0x2B, 0x65, 0x70, 0x03, 0x21, 0x00,
    ]
    private static let begin = "-----BEGIN PUBLIC KEY-----"
    private static let end = "-----END PUBLIC KEY-----"

    private static let kinds: [@Sendable ([UInt8]) throws -> Material] = [
        { .ed25519(try Curve25519.Signing.PublicKey(rawRepresentation: try ed25519Bytes($0))) },
        { .p256(try P256.Signing.PublicKey(derRepresentation: $0)) },
        { .p384(try P384.Signing.PublicKey(derRepresentation: $0)) },
        { .p521(try P521.Signing.PublicKey(derRepresentation: $0)) },
        // Named unsafe for keys of 1,024 bits: they are refused by their length, which the sentence then names.
        { .rsa(try _RSA.Signing.PublicKey(unsafeDERRepresentation: $0)) },
    ]

    private static func ed25519Bytes(_ der: [UInt8]) throws(KeyFault) -> ArraySlice<UInt8> {
        guard der.count == ed25519Prefix.count + 32, der.starts(with: ed25519Prefix) else {
            throw KeyFault("no such key")
        }
        return der.suffix(32)
    }

    /// Reads a key as `openssl` writes it: PEM, `BEGIN PUBLIC KEY`.
    ///
    /// - Errors: for a text without such a key, and for an RSA key that is too short.
    public init(pem text: String) throws(KeyFault) {
        try self.init(try Self.material(pem: text))
    }

    private static func material(pem text: String) throws(KeyFault) -> Material {
        guard let der = der(pem: text) else {
            throw KeyFault("it holds no public key; accepted is PEM that starts with \(begin)")
        }
        for kind in kinds {
            // Losing the error is safe: what is no key of one kind may be one of the next.
            if let material = try? kind(der) { return material }
        }
        throw KeyFault(
            "its key is of no known kind; accepted are RSA of \(rsaBitsMin) bits, P-256, P-384, P-521 and Ed25519")
    }

    private static func der(pem text: String) -> [UInt8]? {
        guard let start = text.range(of: begin), let stop = text.range(of: end, in: start.upperBound..<text.endIndex)
        else { return nil }
        let base64 = text[start.upperBound..<stop.lowerBound].filter { !$0.isWhitespace }
        return Base64Text.decodeStandard(String(base64))
    }
}

extension String {
    /// The first place of a text in a part of this one.
    fileprivate func range(of needle: String, in part: Range<Index>? = nil) -> Range<Index>? {
        self[part ?? startIndex..<endIndex].firstRange(of: needle)
    }
}
