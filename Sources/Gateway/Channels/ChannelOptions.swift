/// Says who among clients may do one kind of operation in a namespace.
public struct ClientAccess: Sendable, Equatable {
    /// Every connected client with a user id may do it.
    public var forClient: Bool
    /// Only those who are subscribed to the channel at that moment may do it.
    public var forSubscriber: Bool
    /// Extends the two others to clients without a user id.
    public var forAnonymous: Bool

    /// Creates a rule; everything not named is refused.
    public init(forClient: Bool = false, forSubscriber: Bool = false, forAnonymous: Bool = false) {
        self.forClient = forClient
        self.forSubscriber = forSubscriber
        self.forAnonymous = forAnonymous
    }
}

/// Holds the resolved options of one namespace.
///
/// Permissions start closed, as in Centrifugo; history and recovery start open, because missing nothing is what
/// Anteroom is for.
public struct ChannelOptions: Sendable, Equatable {
    /// Publications that recovery and history may reach back; 0 turns history off.
    public var historySize: Int
    /// How long publications stay recoverable; 0 turns history off. Units: milliseconds.
    public var historyTTLMilliseconds: Int64
    /// A client that asks for it gets a position with each subscription.
    public var allowPositioning: Bool
    /// Every subscription is positioned.
    public var forcePositioning: Bool
    /// A client that asks for it can recover.
    public var allowRecovery: Bool
    /// Every subscription is recoverable.
    public var forceRecovery: Bool
    /// A consumer that reads too slowly goes without ephemeral publications before anything else.
    public var dropsEphemeral: Bool
    /// `name#7,42` is open to the users 7 and 42, and to nobody else.
    public var allowUserLimitedChannels: Bool
    /// What names after the namespace must match; nil for any.
    public var pattern: ChannelPattern?
    /// Who may subscribe without a subscription token. `forSubscriber` has no meaning here.
    public var subscribe: ClientAccess
    /// Who may publish over a client connection.
    public var publish: ClientAccess
    /// Who may read the history over a client connection.
    public var history: ClientAccess
    /// Who is there, and whether joins and leaves are told.
    public var presence: PresenceOptions

    /// Creates options with the defaults of a namespace that a configuration file lists.
    public init(
        historySize: Int = 1000,
        historyTTLMilliseconds: Int64 = 86_400_000,
        allowPositioning: Bool = true,
        forcePositioning: Bool = false,
        allowRecovery: Bool = true,
        forceRecovery: Bool = false,
        dropsEphemeral: Bool = false,
        allowUserLimitedChannels: Bool = false,
        pattern: ChannelPattern? = nil,
        subscribe: ClientAccess = ClientAccess(),
        publish: ClientAccess = ClientAccess(),
        history: ClientAccess = ClientAccess(),
        presence: PresenceOptions = PresenceOptions()
    ) {
        self.historySize = historySize
        self.historyTTLMilliseconds = historyTTLMilliseconds
        self.allowPositioning = allowPositioning
        self.forcePositioning = forcePositioning
        self.allowRecovery = allowRecovery
        self.forceRecovery = forceRecovery
        self.dropsEphemeral = dropsEphemeral
        self.allowUserLimitedChannels = allowUserLimitedChannels
        self.pattern = pattern
        self.subscribe = subscribe
        self.publish = publish
        self.history = history
        self.presence = presence
    }

    /// Options of every namespace while no configuration file speaks of channels.
    ///
    /// Every subscription recovers, whether its client asked or not: no option is needed to miss nothing. Clients with a
    /// token may subscribe, read and ask who is there; publishing is left to the server API until a file allows it, and nobody is
    /// told who comes and goes.
    public static let withoutFile = ChannelOptions(
        forceRecovery: true,
        subscribe: ClientAccess(forClient: true),
        history: ClientAccess(forClient: true),
        presence: PresenceOptions(isOn: true, access: ClientAccess(forClient: true))
    )

    /// Options of `session:`, `waiting:` and `presence:`: recoverable, and closed to the namespace's own permissions.
    public static let reserved = ChannelOptions(forceRecovery: true)

    /// True when publications of this namespace are journaled with an offset.
    public var hasHistory: Bool { historySize > 0 && historyTTLMilliseconds > 0 }
}
