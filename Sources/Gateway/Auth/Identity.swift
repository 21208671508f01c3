/// Says what a token allows with one session.
public enum SessionGrant: String, Sendable, Equatable {
    case read = "r"
    case readWrite = "rw"
}

/// Is who stands behind a connection or a request.
public struct Identity: Sendable, Equatable {
    /// User id, the token's `sub`; "" is an anonymous client.
    public var user: String
    /// JSON shown to others as `conn_info`, free of line breaks between tokens.
    public var info: [UInt8]?
    /// Sessions that the token names, with what it allows.
    public var sessions: [String: SessionGrant]
    /// Channels that the token subscribes its client to.
    public var subscriptions: [ServerSubscription]
    /// When the connection's credentials end; nil is never. Units: Unix milliseconds.
    public var expiresAt: Int64?
    /// True for a caller that showed the API key.
    public var isOperator: Bool

    /// Creates an identity.
    public init(
        user: String, info: [UInt8]? = nil, sessions: [String: SessionGrant] = [:],
        subscriptions: [ServerSubscription] = [], expiresAt: Int64? = nil, isOperator: Bool = false
    ) {
        self.user = user
        self.info = info
        self.sessions = sessions
        self.subscriptions = subscriptions
        self.expiresAt = expiresAt
        self.isOperator = isOperator
    }

    /// A client without a user id.
    public static let anonymous = Identity(user: "")

    /// A caller with the API key.
    public static let `operator` = Identity(user: "", isOperator: true)
}

/// Decides who may read and write a session, on every surface alike.
public enum SessionPermission {
    /// What the caller needs.
    public enum Need: Sendable, CaseIterable {
        case read
        case write
    }

    /// Allows the API key, the owner, and a token that names the session.
    ///
    /// - Guarantee: a session without an owner is never reached by an anonymous token, though both are "".
    public static func decide(identity: Identity, owner: String, id: String, need: Need) -> Bool {
        if identity.isOperator { return true }
        if !owner.isEmpty, identity.user == owner { return true }
        return switch (identity.sessions[id], need) {
        case (.readWrite, _), (.read, .read): true
        case (.read, .write), (nil, _): false
        }
    }
}
