/// Reads the claims of a connection token whose signature was verified.
struct ConnectionClaims {
    let identity: Identity
    private let common: TokenClaims

    /// Nil when a claim that the service reads has the wrong shape; unknown claims are ignored (RFC 7519 §4).
    init?(_ claims: StrictJSON) {
        guard let common = TokenClaims(claims),
            // A subscription token must not open a connection.
            claims["channel"] == nil,
            let sessions = Self.sessions(claims["sessions"]),
            let subscriptions = Self.subscriptions(claims["subs"], channels: claims["channels"])
        else { return nil }
        self.common = common
        identity = Identity(
            user: common.user, info: common.info, sessions: sessions, subscriptions: subscriptions,
            expiresAt: common.end)
    }

    func isCurrent(at now: Int64) -> Bool { common.isCurrent(at: now) }

    private static func sessions(_ claim: StrictJSON?) -> [String: SessionGrant]? {
        switch claim {
        case nil: return [:]
        case .object(let members):
            var sessions: [String: SessionGrant] = [:]
            for member in members {
                guard case .string(let text) = member.value, let access = SessionGrant(rawValue: text) else {
                    return nil
                }
                sessions[member.key] = access
            }
            return sessions
        default: return nil
        }
    }

    /// `subs` with what it says of each channel, or else the plain list `channels`.
    private static func subscriptions(_ claim: StrictJSON?, channels: StrictJSON?) -> [ServerSubscription]? {
        guard let listed = self.channels(channels) else { return nil }
        switch claim {
        case nil, .null: return listed
        case .object(let members):
            var subscriptions: [ServerSubscription] = []
            for member in members {
                guard case .object = member.value,
                    let info = TokenClaims.payload(member.value["info"], base64: member.value["b64info"]),
                    let data = TokenClaims.payload(member.value["data"], base64: member.value["b64data"]),
                    let overrides = ChannelOverrides(member.value["override"])
                else { return nil }
                subscriptions.append(
                    ServerSubscription(
                        channel: member.key, info: info.bytes, data: data.bytes, overrides: overrides))
            }
            return members.isEmpty ? listed : subscriptions
        default: return nil
        }
    }

    private static func channels(_ claim: StrictJSON?) -> [ServerSubscription]? {
        switch claim {
        case nil, .null: return []
        case .array(let values):
            var subscriptions: [ServerSubscription] = []
            for value in values {
                guard case .string(let channel) = value else { return nil }
                guard !subscriptions.contains(where: { $0.channel == channel }) else { continue }
                subscriptions.append(ServerSubscription(channel: channel))
            }
            return subscriptions
        default: return nil
        }
    }
}
