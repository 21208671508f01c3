/// Is what a subscription token allows.
struct SubscriptionGrant: Equatable {
    /// Whom it is for; "" for an anonymous client.
    var user = ""
    var channel = ""
    /// The one connection that it is for; "" for any of the user's.
    var client = ""
    /// JSON shown to others as `chan_info`.
    var info: [UInt8]?
    /// JSON that the client gets with the reply.
    var data: [UInt8]?
    var overrides = ChannelOverrides()
    /// When the subscription ends unless it is renewed; nil is never. Units: Unix milliseconds.
    var expiresAt: Int64?

    /// Whether the token is for this client and channel.
    func means(_ channel: String, user: String, client: ClientID) -> Bool {
        self.channel == channel && self.user == user && (self.client.isEmpty || self.client == client.text)
    }
}

/// Reads the claims of a subscription token whose signature was verified.
struct SubscriptionClaims {
    let grant: SubscriptionGrant
    private let common: TokenClaims

    /// Nil when a claim that the service reads has the wrong shape, and for a token without a channel.
    init?(_ claims: StrictJSON) {
        guard let common = TokenClaims(claims),
            // A connection token must not open a channel.
            case .string(let channel)? = claims["channel"], !channel.isEmpty,
            let client = TokenClaims.text(claims["client"]),
            let data = TokenClaims.payload(claims["data"], base64: claims["b64data"]),
            let overrides = ChannelOverrides(claims["override"])
        else { return nil }
        self.common = common
        grant = SubscriptionGrant(
            user: common.user, channel: channel, client: client, info: common.info, data: data.bytes,
            overrides: overrides, expiresAt: common.end)
    }

    func isCurrent(at now: Int64) -> Bool { common.isCurrent(at: now) }
}

extension ChannelOverrides {
    private static let members: [(name: String, path: any (WritableKeyPath<ChannelOverrides, Bool?> & Sendable))] = [
        ("presence", \.presence), ("join_leave", \.joinLeave), ("force_recovery", \.forceRecovery),
        ("force_positioning", \.forcePositioning), ("force_push_join_leave", \.forcePushJoinLeave),
    ]

    /// Reads `{"presence":{"value":true},…}`; nil when one of the known members has another shape.
    init?(_ json: StrictJSON?) {
        self.init()
        switch json {
        case nil, .null: return
        case .object: break
        default: return nil
        }
        for (name, path) in Self.members {
            switch json?[name] {
            case nil, .null: continue
            case let member?:
                guard case .boolean(let value)? = member["value"] else { return nil }
                self[keyPath: path] = value
            }
        }
    }
}
