import Gateway

/// Names every setting by its environment variable.
enum SettingName: String, CaseIterable, Sendable {
    case port = "PORT"
    case host = "HOST"
    case environment = "ENVIRONMENT"
    case dataDirectory = "DATA_DIR"
    case durability = "DURABILITY"
    case flushInterval = "FLUSH_INTERVAL_MS"
    case stateCache = "STATE_CACHE_BYTES"
    case journalRetention = "JOURNAL_RETENTION_MS"
    case journalSize = "JOURNAL_MAX_BYTES"
    case idempotencyTTL = "IDEMPOTENCY_TTL_MS"
    case sessionTTL = "SESSION_TTL_MS"
    case tokenSecret = "JWT_SECRET"
    case tokenSecretPrevious = "JWT_SECRET_PREVIOUS"
    case tokenAlgorithm = "JWT_ALGORITHM"
    case tokenKeyFile = "JWT_PUBLIC_KEY_FILE"
    case tokenKeySetFile = "JWT_JWKS_FILE"
    case tokenAudience = "JWT_AUDIENCE"
    case tokenIssuer = "JWT_ISSUER"
    case apiKey = "API_KEY"
    case apiKeyPrevious = "API_KEY_PREVIOUS"
    case apiErrorMode = "API_ERROR_MODE"
    case allowedOrigins = "ALLOWED_ORIGINS"
    case connections = "WS_MAX_CONNECTIONS"
    case softConnections = "WS_SOFT_CONNECTIONS"
    case connectionsPerAddress = "CONNECTIONS_PER_ADDRESS"
    case trustedProxies = "TRUSTED_PROXIES"
    case openings = "WS_OPENINGS_PER_SECOND"
    case messageRate = "WS_MESSAGES_PER_MINUTE"
    case idleTimeout = "WS_IDLE_TIMEOUT"
    case pingInterval = "WS_PING_INTERVAL"
    case payloadSize = "WS_MAX_PAYLOAD_BYTES"
    case tlsCertificate = "TLS_CERT_FILE"
    case tlsKey = "TLS_KEY_FILE"
    case logLevel = "LOG_LEVEL"
    case logFormat = "LOG_FORMAT"
    case drain = "DRAIN_SECONDS"
    case redisURL = "REDIS_URL"
    case redisNodes = "REDIS_NODES"
    case waitReplicas = "REDIS_WAIT_REPLICAS"
    case journalPrefix = "JOURNAL_PREFIX"
    case nodeLease = "NODE_LEASE_MS"
    case readyRequiresJournal = "READY_REQUIRES_JOURNAL"
    case linkSecret = "PERSISTENT_SESSION_SECRET"
    case linkSecretPrevious = "PERSISTENT_SESSION_SECRET_PREVIOUS"
    case linkActivities = "WAITING_ROOM_ACTIVITIES"
    case waitingGrace = "WAITING_ROOM_GRACE_MS"
    case waitingRoomTTL = "WAITING_ROOM_TTL_MS"

    /// The flag, with its dashes.
    var flag: String { "--" + rawValue.lowercased().replacing("_", with: "-") }
}

/// Describes one setting: where it is read from, what it accepts and what it is for.
struct Setting: Sendable {
    /// What a setting accepts.
    enum Kind: Sendable {
        /// A whole number.
        case integer(ClosedRange<Int64>)
        /// 0, which turns something off, or a whole number of the range.
        case integerOrOff(ClosedRange<Int64>)
        case choice([String])
        case text
        /// A key that others must not guess: masked, and judged where that matters.
        case secret
        /// An address that may hold a password: masked.
        case address
        /// Origins with commas between them; a list in the file.
        case origins
        /// Names of activities with commas between them; a list in the file.
        case activities
        /// A number of proxies, or their addresses with commas between them; a list in the file.
        case proxies
    }

    let name: SettingName
    /// Other environment variables, in order; read when the first is not set.
    let aliases: [String]
    /// Path in the configuration file.
    let fileKey: String
    let kind: Kind
    /// Value when nobody sets it; nil is "not set", described by `absent`.
    let fallback: String?
    /// What an absent value means, for people.
    let absent: String
    let meaning: String

    init(
        _ name: SettingName, _ kind: Kind, _ fallback: String?, _ meaning: String, absent: String = "not set",
        aliases: [String] = [], file: String? = nil
    ) {
        self.name = name
        self.aliases = aliases
        self.fileKey = file ?? name.rawValue.lowercased()
        self.kind = kind
        self.fallback = fallback
        self.absent = absent
        self.meaning = meaning
    }

    /// Whether the value must not be shown.
    var isSecret: Bool {
        switch kind {
        case .secret, .address: true
        default: false
        }
    }

    /// Whether the value is a key, which must be hard to guess.
    var isKey: Bool {
        if case .secret = kind { true } else { false }
    }

    /// Finds the description of a setting.
    static func of(_ name: SettingName) -> Setting? { all.first { $0.name == name } }

    /// Says what is accepted, as the end of a sentence.
    var accepted: String {
        switch kind {
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .integerOrOff(let range): "0 (off) or a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .choice(let choices): choices.joined(separator: ", ")
        case .text, .secret, .address: "a text that is not empty, in one line"
        case .origins:
            "*, null, or origins like https://app.example.com and https://*.example.com, with commas between them"
        case .proxies:
            "how many there are, at most \(TrustedProxies.hopsMax), or addresses like 10.0.0.0/8 and ::1, with commas between them"
        case .activities: "names of 1 to 64 letters, digits and any of - _, with commas between them"
        }
    }
}
