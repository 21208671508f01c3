import Crypto
import FoundationEssentials

/// Is what a connection token turned out to be.
public enum TokenVerdict: Sendable, Equatable {
    /// Signed by a configured key, inside its time.
    case valid(Identity)
    /// Signed by a configured key, but `exp` has passed or `nbf` has not come.
    case expired
    /// Everything else; a caller learns no more than that.
    case invalid
}

/// Is what a subscription token turned out to be.
enum SubscriptionVerdict: Equatable {
    case valid(SubscriptionGrant)
    /// Signed, but out of its time; the channel that it was made for.
    case expired(channel: String)
    case invalid
}

/// Verifies tokens (JWT, RFC 7519) with the keys that the configuration names.
///
/// - Guarantee: the algorithm comes from the configuration or from the key itself, never from the token; no claim is read
///   before the signature is verified; of the header only `kid` is more than compared, and it only chooses among the
///   keys of a set (`jku`, `x5u` and `jwk` lead nowhere).
/// - Bounds: ``maximumBytes`` of token text.
/// - Isolation: none; synchronous and free of I/O, so that an event loop can call it.
public struct TokenVerifier: Sendable {
    private enum Keys: Sendable {
        case secrets([SymmetricKey], SecretAlgorithm)
        case key(PublicKey, TokenAlgorithm)
        case set(KeySetFile)
    }

    /// Longest token, in bytes.
    public static let maximumBytes = 16_384

    private let keys: Keys
    private let demands: TokenDemands

    /// Creates a verifier with secrets; without one every token is invalid.
    public init(
        algorithm: SecretAlgorithm = .hs256, secret: String?, previousSecret: String? = nil,
        demands: TokenDemands = TokenDemands()
    ) {
        let secrets = [secret, previousSecret].compactMap { $0 }.filter { !$0.isEmpty }
            .map { SymmetricKey(data: Array($0.utf8)) }
        keys = .secrets(secrets, algorithm)
        self.demands = demands
    }

    /// Creates a verifier with one public key.
    ///
    /// - Parameter algorithm: the one to accept; nil for the usual one of such a key.
    /// - Errors: for an algorithm that the key is not for.
    public init(key: PublicKey, algorithm: TokenAlgorithm?, demands: TokenDemands = TokenDemands()) throws(KeyFault) {
        guard let accepted = algorithm ?? key.algorithms.first, key.algorithms.contains(accepted) else {
            let names = key.algorithms.map(\.rawValue).joined(separator: ", ")
            throw KeyFault("its key is for \(names), not for \(algorithm?.rawValue ?? "anything else")")
        }
        keys = .key(key, accepted)
        self.demands = demands
    }

    /// Creates a verifier with a set of public keys, each of which accepts the algorithms of its own kind.
    public init(keySet: KeySetFile, demands: TokenDemands = TokenDemands()) {
        keys = .set(keySet)
        self.demands = demands
    }

    /// The one algorithm that is accepted; nil where the keys of a set decide.
    public var algorithm: TokenAlgorithm? {
        switch keys {
        case .secrets(_, let algorithm): algorithm.algorithm
        case .key(_, let algorithm): algorithm
        case .set: nil
        }
    }

    /// True when there is a key.
    public var hasKey: Bool {
        if case .secrets(let secrets, _) = keys { !secrets.isEmpty } else { true }
    }

    /// The file of keys to watch, if there is one.
    public var keySet: KeySetFile? {
        if case .set(let file) = keys { file } else { nil }
    }

    /// Verifies a connection token.
    ///
    /// - Units: `now` in Unix milliseconds.
    /// - Source: client protocol §5; RFC 8725 §3.1 (pinned algorithm), §3.2, §3.10.
    public func verify(_ token: String, now: Int64) -> TokenVerdict {
        guard let json = claims(of: token), let claims = ConnectionClaims(json) else { return .invalid }
        return claims.isCurrent(at: now) ? .valid(claims.identity) : .expired
    }

    /// Verifies a subscription token; whom and what it is for is for the caller to compare.
    ///
    /// - Units: `now` in Unix milliseconds.
    func verifySubscription(_ token: String, now: Int64) -> SubscriptionVerdict {
        guard let json = claims(of: token), let claims = SubscriptionClaims(json) else { return .invalid }
        return claims.isCurrent(at: now) ? .valid(claims.grant) : .expired(channel: claims.grant.channel)
    }

    /// The claims of a token whose signature is right and that claims what is demanded; nil for every other.
    private func claims(of token: String) -> StrictJSON? {
        guard token.utf8.count <= Self.maximumBytes else { return nil }
        let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let headerBytes = Base64Text.decodeURL(parts[0]), let header = TokenHeader(headerBytes),
            let signature = Base64Text.decodeURL(parts[2]),
            isSigned(Array("\(parts[0]).\(parts[1])".utf8), header, signature: signature),
            let payload = Base64Text.decodeURL(parts[1]),
            // Losing the error is safe: the caller answers `invalid` whatever the reason.
            let claims = try? StrictJSON(payload), case .object = claims, demands.areMet(by: claims)
        else { return nil }
        return claims
    }

    private func isSigned(_ text: [UInt8], _ header: TokenHeader, signature: [UInt8]) -> Bool {
        switch keys {
        case .secrets(let secrets, let algorithm):
            header.algorithm == algorithm.rawValue
                && secrets.contains { algorithm.isValid(signature, of: text, key: $0) }
        case .key(let key, let algorithm):
            header.algorithm == algorithm.rawValue && key.isValid(signature, of: text, by: algorithm)
        case .set(let file):
            // The name is only looked up; which keys accept it was decided when they were read.
            TokenAlgorithm(rawValue: header.algorithm).map { algorithm in
                file.keys.candidates(id: header.keyID, algorithm: algorithm)
                    .contains { $0.isValid(signature, of: text, by: algorithm) }
            } ?? false
        }
    }
}

/// Is what a token's header says, as far as it may count.
private struct TokenHeader {
    let algorithm: String
    let keyID: String?

    init?(_ bytes: [UInt8]) {
        // Losing the error is safe: a header that can't be read is an invalid token, whatever the reason.
        guard let header = try? StrictJSON(bytes), case .string(let algorithm)? = header["alg"] else { return nil }
        // RFC 7515 §4.1.11: an extension that is marked critical and not understood must be refused.
        guard header["crit"] == nil else { return nil }
        switch header["typ"] {
        case nil, .string: break
        default: return nil
        }
        switch header["kid"] {
        case nil: keyID = nil
        case .string(let id): keyID = id
        default: return nil
        }
        self.algorithm = algorithm
    }
}
