import Gateway

/// Is what the file says of `client` and no variable can: keys of Centrifugo's configuration.
struct ClientSection: Sendable, Equatable {
    /// Keys for tokens in the file itself.
    struct Keys: Sendable, Equatable {
        var secret: String?
        var previousSecret: String?
        var algorithm: String?
        /// PEM.
        var rsaKey: String?
        /// PEM.
        var ecdsaKey: String?
        var audience: String?
        var issuer: String?
    }

    /// Public keys of connection tokens; everything else of those is a setting.
    var token = Keys()
    /// Subscription tokens have keys of their own.
    var hasSubscriptionKeys = false
    var subscriptionToken = Keys()
    /// A connection token must name its user.
    var refusesAnonymousTokens = false
    var hasPersonalChannel = false
    var personalChannel = PersonalChannel()

    static let subscriptionKey = "client.subscription_token"
    static let personalKey = "client.subscribe_to_user_personal_channel"
    static let anonymousTokensKey = "client.disallow_anonymous_connection_tokens"

    private typealias Text = any (WritableKeyPath<ClientSection, String?> & Sendable)
    private typealias Switch = any (WritableKeyPath<ClientSection, Bool> & Sendable)

    private static let texts: [(key: String, path: Text, meaning: String)] = [
        ("client.token.rsa_public_key", \.token.rsaKey, "PEM, instead of a secret"),
        ("client.token.ecdsa_public_key", \.token.ecdsaKey, "PEM, instead of a secret; P-256, P-384, P-521 or Ed25519"),
        ("\(subscriptionKey).hmac_secret_key", \.subscriptionToken.secret, "key that signs subscription tokens"),
        ("\(subscriptionKey).hmac_previous_secret_key", \.subscriptionToken.previousSecret, "the key before it"),
        ("\(subscriptionKey).hmac_algorithm", \.subscriptionToken.algorithm, "the one signature that they may have"),
        ("\(subscriptionKey).rsa_public_key", \.subscriptionToken.rsaKey, "PEM, instead of a secret"),
        ("\(subscriptionKey).ecdsa_public_key", \.subscriptionToken.ecdsaKey, "PEM, instead of a secret"),
        ("\(subscriptionKey).audience", \.subscriptionToken.audience, "what they must name as aud"),
        ("\(subscriptionKey).issuer", \.subscriptionToken.issuer, "what they must name as iss"),
    ]

    private static let switches: [(key: String, path: Switch, meaning: String)] = [
        ("\(subscriptionKey).enabled", \.hasSubscriptionKeys, "subscription tokens have keys of their own"),
        (anonymousTokensKey, \.refusesAnonymousTokens, "connection tokens must name their user"),
        ("\(personalKey).enabled", \.hasPersonalChannel, "subscribes the clients of user 7 to #7"),
        (
            "\(personalKey).single_connection", \.personalChannel.isSingle,
            "whoever connects ends the user's older connections"
        ),
    ]

    private static let namespaceKey = "\(personalKey).personal_channel_namespace"

    /// Every key that is read here, with what it is for.
    static let meanings: [(key: String, meaning: String)] =
        texts.map { ($0.key, $0.meaning) } + switches.map { ($0.key, $0.meaning) }
        + [(namespaceKey, "a namespace for those channels: ns:#7")]

    /// Every key that is read here.
    static let keys: [String] = meanings.map(\.key)

    /// Keys of Centrifugo that are refused with a sentence of their own.
    static let remoteKeys = ["client.token.jwks_public_endpoint", "\(subscriptionKey).jwks_public_endpoint"]

    /// The secrets in it, by their keys.
    var secrets: [(name: String, secret: String)] {
        guard hasSubscriptionKeys else { return [] }
        return [
            ("\(Self.subscriptionKey).hmac_secret_key", subscriptionToken.secret),
            ("\(Self.subscriptionKey).hmac_previous_secret_key", subscriptionToken.previousSecret),
        ].compactMap { name, secret in secret.map { (name, $0) } }
    }

    /// Reads one key.
    mutating func take(_ node: FileNode) throws(ConfigurationError) {
        if let entry = Self.texts.first(where: { $0.key == node.path }) {
            self[keyPath: entry.path] = try node.text()
        } else if let entry = Self.switches.first(where: { $0.key == node.path }) {
            self[keyPath: entry.path] = try node.boolean()
        } else if node.path == Self.namespaceKey {
            personalChannel.namespace = try node.text()
        }
    }

    /// The personal channel, if there is one.
    ///
    /// - Errors: for a namespace that is not listed: every connect would fail.
    func personalChannel(in table: NamespaceTable) throws(ConfigurationError) -> PersonalChannel? {
        guard hasPersonalChannel else { return nil }
        let namespace = personalChannel.namespace
        guard namespace.isEmpty || table.namespaces?[namespace] != nil || table.namespaces == nil else {
            throw .badKey(name: Self.namespaceKey, reason: "channel.namespaces has no \(namespace)")
        }
        return personalChannel
    }
}
