/// Names the signature algorithms that tokens may have.
///
/// - Source: RFC 7518 §3.1, RFC 8037 §3.1.
public enum TokenAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"
    case rs256 = "RS256"
    case rs384 = "RS384"
    case rs512 = "RS512"
    case es256 = "ES256"
    case es384 = "ES384"
    case es512 = "ES512"
    case edDSA = "EdDSA"

    /// The algorithm of a secret; nil for those of key pairs.
    public var secret: SecretAlgorithm? { SecretAlgorithm(rawValue: rawValue) }
}
