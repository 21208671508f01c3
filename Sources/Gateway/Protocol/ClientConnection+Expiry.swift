import NIOCore
import Store

extension ClientConnection {
    /// Seconds until the credentials end; nil when they don't, or when nobody asks for any.
    func secondsLeft(of identity: Identity) -> UInt64? {
        guard !core.configuration.insecure, let expiresAt = identity.expiresAt else { return nil }
        return UInt64(clamping: (expiresAt - core.engine.now) / 1_000)
    }

    /// Renews the credentials of the connection.
    func refresh(_ token: String, id: UInt32) {
        guard !token.isEmpty else { return close(.badRequest) }
        switch core.configuration.tokens.verify(token, now: core.engine.now) {
        case .valid(let renewed) where renewed.user == identity.user:
            let ttl = secondsLeft(of: renewed)
            if let ttl, ttl == 0 { return fail(id, .expired) }
            identity = renewed
            seat.heartbeat.value.watch(self)
            reply { ReplyEncoder.refreshed(ttlSeconds: ttl, id: id, to: &$0) }
        // Any final reply error would end the SDK for good; this close lets it come back with a new token.
        case .expired: close(.connectionExpired)
        case .valid, .invalid: close(.invalidToken)
        }
    }
}
