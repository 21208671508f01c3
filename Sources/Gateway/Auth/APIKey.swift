import Crypto

/// Decides whether a request may use the operator's surfaces.
///
/// - Guarantee: comparing takes the same time for a wrong key at any position and of any length.
public struct APIKeyPolicy: Sendable {
    /// Longest candidate that is compared, in bytes.
    public static let maximumBytes = 1024

    /// True when requests need no key (development on loopback without a key).
    public let isOpen: Bool
    private let digests: [SHA256Digest]

    /// Creates a policy. Without keys it is either open or answers every request with 401.
    public init(key: String?, previousKey: String? = nil, isOpen: Bool) {
        let keys = [key, previousKey].compactMap { $0 }.filter { !$0.isEmpty }
        self.isOpen = isOpen && keys.isEmpty
        self.digests = keys.map { SHA256.hash(data: Array($0.utf8)) }
    }

    /// True when at least one key is configured.
    public var hasKey: Bool { !digests.isEmpty }

    /// Decides one request from the three places that may carry the key; the first that is present counts.
    ///
    /// - Parameters:
    ///   - header: value of `X-API-Key`.
    ///   - authorization: value of `Authorization`; only the scheme `apikey` is looked at.
    ///   - query: value of `?api_key=`.
    public func allows(header: String?, authorization: String?, query: String?) -> Bool {
        if isOpen { return true }
        guard let candidate = header ?? Self.key(inAuthorization: authorization) ?? query else { return false }
        return matches(candidate)
    }

    /// Compares one key with the current and the previous one.
    public func matches(_ candidate: String) -> Bool {
        guard !candidate.isEmpty, candidate.utf8.count <= Self.maximumBytes else { return false }
        let digest = SHA256.hash(data: Array(candidate.utf8))
        // No early exit: which of the two keys matched is nobody's business either.
        return digests.reduce(false) { matched, known in (known == digest) || matched }
    }

    private static func key(inAuthorization value: String?) -> String? {
        guard let value, let space = value.firstIndex(of: " "), value[..<space].lowercased() == "apikey" else {
            return nil
        }
        return value[space...].drop { $0 == " " }.description
    }
}
