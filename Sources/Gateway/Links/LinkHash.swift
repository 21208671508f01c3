import Crypto

/// The name of a permanent link, which also proves the code that it was made with.
///
/// - Guarantee: a link is checked without anything that was stored; a code can't be computed from it without the secret.
/// - Source: ActiveBits: 8 digits of salt and the first 12 of HMAC-SHA-256(secret, `activity|sha256(code)|salt`), so that
///   links which were handed out there hold under the same secret.
struct LinkHash: Sendable, Hashable {
    /// Characters of a hash.
    static let length = 20
    private static let saltLength = 8
    private static let proofBytes = 6

    /// 20 hexadecimal digits.
    let text: String

    /// Reads a hash as it stands in a URL.
    init(_ text: String) throws(LinkFault) {
        guard text.count == Self.length else { throw .hashLength(text.count) }
        guard HexText.decode(text) != nil else { throw .badHash }
        self.text = text
    }

    private init(made text: String) { self.text = text }

    /// Makes a link for a code.
    ///
    /// - Parameter salt: makes two links of one code different; drawn from the system's generator unless a test gives it.
    static func make(
        activity: String, code: String, secrets: LinkSecrets, salt: UInt32 = .random(in: .min ... .max)
    ) -> LinkHash {
        let salt = HexText.encode(salt)
        let message = message(activity: activity, code: code, salt: salt)
        return LinkHash(made: salt + HexText.encode(secrets.signature(of: message, bytes: proofBytes)))
    }

    /// Whether this link was made for this activity with this code, under the current secret or the one before it.
    func verifies(activity: String, code: String, secrets: LinkSecrets) -> Bool {
        guard let proof = HexText.decode(text.dropFirst(Self.saltLength)) else { return false }
        let message = Self.message(activity: activity, code: code, salt: text.prefix(Self.saltLength))
        return secrets.isSignature(proof, of: message, bytes: Self.proofBytes)
    }

    private static func message(activity: String, code: String, salt: some StringProtocol) -> String {
        "\(activity)|\(HexText.encode(SHA256.hash(data: Array(code.utf8))))|\(salt)"
    }
}
