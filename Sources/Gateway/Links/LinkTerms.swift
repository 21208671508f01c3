/// What a link lays down: who may come in, and what the teacher chose.
struct LinkTerms: Sendable, Equatable {
    var policy: EntryPolicy
    var options: LinkOptions

    init(policy: EntryPolicy = .fallback, options: LinkOptions = .empty) {
        self.policy = policy
        self.options = options
    }

    /// The terms of a link that says nothing, or nothing that is signed.
    static let fallback = LinkTerms()

    private static let signatureBytes = 8

    /// 16 hexadecimal digits that make these terms those of a link, in its URL and in the cookie.
    ///
    /// - Source: ActiveBits signs `hash|entryPolicy=…&a=…&b=…`, the options sorted by name, all in the form encoding; so
    ///   that URLs which were handed out there keep their terms under the same secret.
    func urlHash(of hash: LinkHash, secrets: LinkSecrets) -> String {
        HexText.encode(secrets.signature(of: message(hash), bytes: Self.signatureBytes))
    }

    /// These terms, if they were signed for this link under the current secret or the one before it; otherwise those of a
    /// link that says nothing, so that nobody opens a link by changing its URL.
    func verified(of hash: LinkHash, urlHash: String?, secrets: LinkSecrets) -> LinkTerms {
        guard let signature = urlHash.flatMap({ HexText.decode($0) }),
            secrets.isSignature(signature, of: message(hash), bytes: Self.signatureBytes)
        else { return .fallback }
        return self
    }

    private func message(_ hash: LinkHash) -> String {
        let pairs =
            [("entryPolicy", policy.rawValue)] + options.members.map { ($0.name, $0.value) }
        return hash.text + "|"
            + pairs.map { "\(PercentText.encodeForm($0))=\(PercentText.encodeForm($1))" }.joined(separator: "&")
    }
}
