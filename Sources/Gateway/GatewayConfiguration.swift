/// Is everything the gateway has to know, resolved and checked.
public struct GatewayConfiguration: Sendable {
    /// Address to listen on.
    public var host: String
    /// Port to listen on; 0 lets the system choose.
    public var port: Int
    /// Every client permission is open: development on loopback, or `client.insecure`.
    public var insecure: Bool
    /// A client may connect without a token.
    public var allowAnonymous: Bool
    /// Options and permissions of channels.
    public var namespaces: NamespaceTable
    /// Connection tokens.
    public var tokens: TokenVerifier
    /// Subscription tokens where they have keys of their own; nil for those of connection tokens.
    public var subscriptionTokens: TokenVerifier?
    /// A connection token may leave out its user.
    public var allowAnonymousTokens: Bool
    /// The channel that each user's clients are subscribed to; nil for none.
    public var personalChannel: PersonalChannel?
    /// The operator's key.
    public var apiKeys: APIKeyPolicy
    /// Errors of the server API are told by the status, and not in a reply with status 200.
    public var reportsErrorsByStatus: Bool
    /// Which pages may connect.
    public var origins: OriginPolicy
    /// Time between two pings of the server; 0 turns them off. Units: milliseconds.
    public var pingIntervalMilliseconds: Int64
    /// Longest message of a client. Units: bytes.
    public var maximumPayloadBytes: Int
    /// Connections beyond this get 503 before the upgrade.
    public var maximumConnections: Int
    /// What clients may ask of the node.
    public var traffic: TrafficLimits
    /// How long a stop may take to say goodbye to everyone. Units: seconds.
    public var drainSeconds: Int
    /// Whether a node whose shared journal does not answer is not ready, rather than ready and degraded.
    public var readyRequiresJournal: Bool
    /// Permanent links and waiting rooms.
    public var links: LinkSettings
    /// Folder whose pages are served under `/examples`; nil serves none, as in production.
    public var examplesDirectory: String?

    /// Creates a configuration; the defaults are those of a development server on loopback.
    public init(
        host: String = "127.0.0.1",
        port: Int = 3000,
        insecure: Bool = true,
        allowAnonymous: Bool = true,
        namespaces: NamespaceTable = NamespaceTable(),
        tokens: TokenVerifier = TokenVerifier(secret: nil),
        subscriptionTokens: TokenVerifier? = nil,
        allowAnonymousTokens: Bool = true,
        personalChannel: PersonalChannel? = nil,
        apiKeys: APIKeyPolicy = APIKeyPolicy(key: nil, isOpen: true),
        reportsErrorsByStatus: Bool = false,
        origins: OriginPolicy = OriginPolicy(),
        pingIntervalMilliseconds: Int64 = 25_000,
        maximumPayloadBytes: Int = 65_536,
        maximumConnections: Int = 1000,
        traffic: TrafficLimits = TrafficLimits(),
        drainSeconds: Int = 10,
        readyRequiresJournal: Bool = false,
        links: LinkSettings = LinkSettings(),
        examplesDirectory: String? = nil
    ) {
        self.host = host
        self.port = port
        self.insecure = insecure
        self.allowAnonymous = allowAnonymous
        self.namespaces = namespaces
        self.tokens = tokens
        self.subscriptionTokens = subscriptionTokens
        self.allowAnonymousTokens = allowAnonymousTokens
        self.personalChannel = personalChannel
        self.apiKeys = apiKeys
        self.reportsErrorsByStatus = reportsErrorsByStatus
        self.origins = origins
        self.pingIntervalMilliseconds = pingIntervalMilliseconds
        self.maximumPayloadBytes = maximumPayloadBytes
        self.maximumConnections = maximumConnections
        self.traffic = traffic
        self.drainSeconds = drainSeconds
        self.readyRequiresJournal = readyRequiresJournal
        self.links = links
        self.examplesDirectory = examplesDirectory
    }

    /// How long a client may take to answer a ping: 8 s, and always less than the time to the next one.
    public var pongTimeoutMilliseconds: Int64 { min(8000, pingIntervalMilliseconds * 2 / 3) }
}
