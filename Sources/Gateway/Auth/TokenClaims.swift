/// Reads the claims that both kinds of tokens have; their signature was verified.
///
/// - Source: client protocol §5; RFC 7519 §4.1.
struct TokenClaims {
    let user: String
    /// JSON shown to others.
    let info: [UInt8]?
    /// When what the token opens ends: `expire_at`, else `exp`; nil is never. Units: Unix milliseconds.
    let end: Int64?
    private let expiresAt: Int64?
    private let notBefore: Int64?

    /// Nil when a claim that the service reads has the wrong shape; unknown claims are ignored (RFC 7519 §4).
    init?(_ claims: StrictJSON) {
        guard let user = Self.text(claims["sub"]),
            let expiry = Self.time(claims["exp"]),
            let notBefore = Self.time(claims["nbf"]),
            Self.time(claims["iat"]) != nil,
            let override = Self.time(claims["expire_at"]),
            let info = Self.payload(claims["info"], base64: claims["b64info"])
        else { return nil }
        (self.user, self.info) = (user, info.bytes)
        expiresAt = expiry.milliseconds
        self.notBefore = notBefore.milliseconds
        // `expire_at` replaces `exp` as the end of what was opened; 0 is never.
        end = override.milliseconds.map { $0 == 0 ? nil : $0 } ?? expiry.milliseconds
    }

    func isCurrent(at now: Int64) -> Bool {
        // RFC 7519 §4.1.4 and §4.1.5: on `exp` it has expired, on `nbf` it is valid. No leeway.
        if let expiresAt, now >= expiresAt { return false }
        if let notBefore, now < notBefore { return false }
        return true
    }

    /// A text, "" when it is absent; nil is a wrong claim.
    static func text(_ claim: StrictJSON?) -> String? {
        switch claim {
        case nil: ""
        case .string(let text): text
        default: nil
        }
    }

    /// Nil is a wrong claim, `milliseconds: nil` an absent one.
    private static func time(_ claim: StrictJSON?) -> (milliseconds: Int64?, Void)? {
        switch claim {
        case nil: return (nil, ())
        case .number(let text):
            // A NumericDate may have a fraction. The bound is the year 33658: no product below can overflow.
            guard let seconds = Double(text), seconds >= 0, seconds <= 1e12 else { return nil }
            return (Int64(seconds * 1000), ())
        default: return nil
        }
    }

    /// JSON that is passed on, given as it is or in base64; nil is a wrong claim, `bytes: nil` an absent one.
    static func payload(_ claim: StrictJSON?, base64: StrictJSON?) -> (bytes: [UInt8]?, Void)? {
        switch base64 {
        case nil, .string(""):
            guard let claim, claim != .null else { return (nil, ()) }
            return (Array(claim.text.utf8), ())
        case .string(let text):
            // It ends up as JSON inside of JSON: other bytes would break the frame of everyone who sees this client.
            guard let bytes = Base64Text.decodeStandard(text), let info = try? StrictJSON(bytes) else { return nil }
            return (Array(info.text.utf8), ())
        default: return nil
        }
    }
}
