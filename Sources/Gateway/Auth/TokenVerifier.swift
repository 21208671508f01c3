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

/// Verifies connection tokens (JWT, RFC 7519) with HMAC keys.
///
/// - Guarantee: the algorithm comes from the configuration, never from the token; no claim is read before the
///   signature is verified; the header is only compared, so that nothing in it (`kid`, `jku`, `x5u`) leads anywhere.
/// - Bounds: ``maximumBytes`` of token text.
/// - Isolation: none; synchronous and free of I/O, so that an event loop can call it.
public struct TokenVerifier: Sendable {
    /// Longest token, in bytes.
    public static let maximumBytes = 4096

    /// The one algorithm that is accepted.
    public let algorithm: TokenAlgorithm
    private let keys: [SymmetricKey]

    /// Creates a verifier; without a secret every token is invalid.
    public init(algorithm: TokenAlgorithm = .hs256, secret: String?, previousSecret: String? = nil) {
        self.algorithm = algorithm
        self.keys = [secret, previousSecret].compactMap { $0 }.filter { !$0.isEmpty }
            .map { SymmetricKey(data: Array($0.utf8)) }
    }

    /// True when at least one secret is configured.
    public var hasKey: Bool { !keys.isEmpty }

    /// Verifies one token.
    ///
    /// - Units: `now` in Unix milliseconds.
    /// - Source: client protocol §5; RFC 8725 §3.1 (pinned algorithm), §3.2, §3.10.
    public func verify(_ token: String, now: Int64) -> TokenVerdict {
        guard token.utf8.count <= Self.maximumBytes else { return .invalid }
        let parts = token.split(separator: ".", maxSplits: 3, omittingEmptySubsequences: false)
        guard parts.count == 3,
            let header = Base64Text.decodeURL(parts[0]), isAccepted(header: header),
            let signature = Base64Text.decodeURL(parts[2]),
            isSigned(Array("\(parts[0]).\(parts[1])".utf8), signature: signature),
            let payload = Base64Text.decodeURL(parts[1]),
            let claims = ConnectionClaims(payload)
        else { return .invalid }
        guard claims.isCurrent(at: now) else { return .expired }
        return .valid(claims.identity)
    }

    private func isAccepted(header bytes: [UInt8]) -> Bool {
        // Losing the error is safe: a header that can't be read is an invalid token, whatever the reason.
        guard let header = try? StrictJSON(bytes), header["alg"] == .string(algorithm.rawValue) else { return false }
        // RFC 7515 §4.1.11: an extension that is marked critical and not understood must be refused.
        guard header["crit"] == nil else { return false }
        switch header["typ"] {
        case nil, .string: return true
        default: return false
        }
    }

    private func isSigned(_ text: [UInt8], signature: [UInt8]) -> Bool {
        keys.contains { algorithm.isValid(signature, of: text, key: $0) }
    }
}
