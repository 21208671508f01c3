/// Says what a token must claim besides being signed and in time.
public struct TokenDemands: Sendable, Equatable {
    /// Text that `aud` must be or hold; nil demands nothing.
    public var audience: String?
    /// Text that `iss` must be; nil demands nothing.
    public var issuer: String?

    /// Creates demands.
    public init(audience: String? = nil, issuer: String? = nil) {
        self.audience = audience
        self.issuer = issuer
    }

    /// Says whether claims meet the demands; what is claimed without being demanded doesn't matter.
    ///
    /// - Source: RFC 7519 §4.1.1 and §4.1.3: an audience is one text or a list of them.
    func areMet(by claims: StrictJSON) -> Bool {
        if let issuer, claims["iss"] != .string(issuer) { return false }
        guard let audience else { return true }
        return switch claims["aud"] {
        case .string(let text): text == audience
        case .array(let values): values.contains(.string(audience))
        default: false
        }
    }
}
