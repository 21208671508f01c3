import Crypto
import FoundationEssentials

/// Names the signature algorithms for which both sides have the same secret.
public enum SecretAlgorithm: String, Sendable, CaseIterable {
    case hs256 = "HS256"
    case hs384 = "HS384"
    case hs512 = "HS512"

    var algorithm: TokenAlgorithm {
        switch self {
        case .hs256: .hs256
        case .hs384: .hs384
        case .hs512: .hs512
        }
    }

    func signature(of text: some DataProtocol, key: SymmetricKey) -> [UInt8] {
        switch self {
        case .hs256: Array(HMAC<SHA256>.authenticationCode(for: text, using: key))
        case .hs384: Array(HMAC<SHA384>.authenticationCode(for: text, using: key))
        case .hs512: Array(HMAC<SHA512>.authenticationCode(for: text, using: key))
        }
    }

    /// Compares in constant time; a signature of another length is wrong.
    func isValid(_ signature: [UInt8], of text: some DataProtocol, key: SymmetricKey) -> Bool {
        switch self {
        case .hs256: HMAC<SHA256>.isValidAuthenticationCode(signature, authenticating: text, using: key)
        case .hs384: HMAC<SHA384>.isValidAuthenticationCode(signature, authenticating: text, using: key)
        case .hs512: HMAC<SHA512>.isValidAuthenticationCode(signature, authenticating: text, using: key)
        }
    }
}
