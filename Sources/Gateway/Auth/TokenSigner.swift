import Crypto

/// Signs connection tokens, for the command line and for tests.
public struct TokenSigner: Sendable {
    private let algorithm: SecretAlgorithm
    private let key: SymmetricKey

    /// Creates a signer with the same secret as the server's ``TokenVerifier``.
    public init(algorithm: SecretAlgorithm = .hs256, secret: String) {
        self.algorithm = algorithm
        self.key = SymmetricKey(data: Array(secret.utf8))
    }

    /// Signs an identity.
    ///
    /// - Units: times in Unix milliseconds, written in whole seconds; an `expiresAt` of nil is a token without an end.
    /// - Errors: ``StrictJSONError`` when `info` is not JSON.
    public func sign(_ identity: Identity, issuedAt now: Int64) throws -> String {
        var claims: [StrictJSON.Member] = []
        if !identity.user.isEmpty { claims.append(.init("sub", .string(identity.user))) }
        claims.append(.init("iat", .number(String(now / 1000))))
        if let end = identity.expiresAt { claims.append(.init("exp", .number(String(end / 1000)))) }
        if let info = identity.info { claims.append(.init("info", try StrictJSON(info))) }
        if !identity.sessions.isEmpty {
            let sessions = identity.sessions.sorted { $0.key < $1.key }
                .map { StrictJSON.Member($0.key, .string($0.value.rawValue)) }
            claims.append(.init("sessions", .object(sessions)))
        }
        return sign(claims: StrictJSON.object(claims).text)
    }

    /// Signs claims as they are.
    package func sign(claims: String) -> String {
        sign(header: #"{"alg":"\#(algorithm.rawValue)","typ":"JWT"}"#, claims: claims)
    }

    /// Signs any header, so that tests can make the tokens that must be refused.
    package func sign(header: String, claims: String) -> String {
        let text = Base64Text.encodeURL(header.utf8) + "." + Base64Text.encodeURL(claims.utf8)
        return text + "." + Base64Text.encodeURL(algorithm.signature(of: Array(text.utf8), key: key))
    }
}
