/// Reads the claims of a connection token whose signature was verified.
struct ConnectionClaims {
    let identity: Identity
    private let expiresAt: Int64?
    private let notBefore: Int64?

    /// Nil when a claim that the service reads has the wrong shape; unknown claims are ignored (RFC 7519 §4).
    init?(_ bytes: [UInt8]) {
        // Losing the error is safe: the caller answers `invalid` whatever the reason.
        guard let claims = try? StrictJSON(bytes), case .object = claims,
            // A subscription token must not open a connection.
            claims["channel"] == nil,
            let user = Self.user(claims["sub"]),
            let expiry = Self.time(claims["exp"]),
            let notBefore = Self.time(claims["nbf"]),
            Self.time(claims["iat"]) != nil,
            let override = Self.time(claims["expire_at"]),
            let info = Self.info(claims["info"], base64: claims["b64info"]),
            let sessions = Self.sessions(claims["sessions"])
        else { return nil }
        self.expiresAt = expiry.milliseconds
        self.notBefore = notBefore.milliseconds
        // `expire_at` replaces `exp` as the end of the connection; 0 is never.
        let end = override.milliseconds.map { $0 == 0 ? nil : $0 } ?? expiry.milliseconds
        self.identity = Identity(user: user, info: info.bytes, sessions: sessions, expiresAt: end)
    }

    func isCurrent(at now: Int64) -> Bool {
        // RFC 7519 §4.1.4 and §4.1.5: on `exp` it has expired, on `nbf` it is valid. No leeway.
        if let expiresAt, now >= expiresAt { return false }
        if let notBefore, now < notBefore { return false }
        return true
    }

    private static func user(_ claim: StrictJSON?) -> String? {
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

    private static func info(_ claim: StrictJSON?, base64: StrictJSON?) -> (bytes: [UInt8]?, Void)? {
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

    private static func sessions(_ claim: StrictJSON?) -> [String: SessionAccess]? {
        switch claim {
        case nil: return [:]
        case .object(let members):
            var sessions: [String: SessionAccess] = [:]
            for member in members {
                guard case .string(let text) = member.value, let access = SessionAccess(rawValue: text) else {
                    return nil
                }
                sessions[member.key] = access
            }
            return sessions
        default: return nil
        }
    }
}
