import Crypto

/// The keys that links, cookies and participants are signed with: the current one, and the one before it while it is
/// replaced.
///
/// - Guarantee: comparing takes the same time for a wrong signature at any position, and whichever key matched. What is
///   signed under different headings can't be taken for each other: the messages differ in their first word or in the
///   length of their parts.
/// - Bounds: none here; the configuration sees to keys of 32 characters or more wherever it matters.
public struct LinkSecrets: Sendable {
    private enum Source {
        /// The current one first.
        case keys([SymmetricKey])
        case drawn(@Sendable () -> [UInt8], until: SymmetricKey)
    }

    private let source: Source

    /// Takes the bytes of the secrets as they are configured.
    public init(current: [UInt8], previous: [UInt8]? = nil) {
        source = .keys([current, previous].compactMap { $0 }.map { SymmetricKey(data: $0) })
    }

    /// A secret that is asked for at each use; as long as it is empty, what is signed holds nowhere.
    public init(drawn secret: @escaping @Sendable () -> [UInt8]) {
        source = .drawn(secret, until: SymmetricKey(size: .bits256))
    }

    /// A secret that ends with the process.
    public static func random() -> LinkSecrets { LinkSecrets { [] } }

    private var keys: [SymmetricKey] {
        switch source {
        case .keys(let keys): return keys
        case .drawn(let secret, let substitute):
            let bytes = secret()
            return [bytes.isEmpty ? substitute : SymmetricKey(data: bytes)]
        }
    }

    /// The first bytes of the HMAC-SHA-256 of a message under the current key.
    func signature(of message: String, bytes count: Int = SHA256.byteCount) -> [UInt8] {
        keys.first.map { Array(Self.code(of: message, $0).prefix(count)) } ?? []
    }

    /// Whether these are the first bytes of the signature of a message under one of the keys.
    func isSignature(_ signature: [UInt8], of message: String, bytes count: Int = SHA256.byteCount) -> Bool {
        guard signature.count == count, count > 0 else { return false }
        // No early exit: which of the two keys matched is nobody's business either.
        return keys.reduce(false) { matched, key in
            Self.isEqual(signature, Self.code(of: message, key)) || matched
        }
    }

    private static func code(of message: String, _ key: SymmetricKey) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(message.utf8), using: key))
    }

    /// Compares all bytes that both have; the lengths are no secret.
    private static func isEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
        zip(left, right).reduce(UInt8(0)) { difference, pair in difference | (pair.0 ^ pair.1) } == 0
    }
}
