import Gateway
import Logging

/// Is the whole configuration: resolved, checked and typed.
struct Configuration: Sendable {
    /// How lines of the log look.
    enum LogFormat: String, Sendable {
        case text
        case json
    }

    /// Every setting with its source, for `anteroom config` and the start banner.
    let values: SettingValues
    /// What the file said, also about what has no variable.
    let file: ConfigurationFile
    /// Path of the file, if one was named.
    let filePath: String?
    let isProduction: Bool
    let gateway: GatewayConfiguration
    let store: StoreSettings
    /// Nil for a node that runs alone.
    let fleet: FleetSettings?
    /// Nil for a server without TLS.
    let tls: TLSFiles?
    let logLevel: Logger.Level
    let logFormat: LogFormat
    /// The secret for `anteroom token`; nil in an open development server.
    let tokenSecret: String?

    /// Where the example pages are looked for: below the working directory, so that a checkout serves its own.
    private static let examplesDirectory = "examples"

    /// Resolves flags over environment over file over defaults.
    ///
    /// - Errors: the first thing that is wrong, as a ``ConfigurationError``.
    init(
        flags: [SettingName: String], environment: [String: String], file: ConfigurationFile, filePath: String?,
        descriptorLimit: Int
    ) throws(ConfigurationError) {
        let values = try SettingValues(flags: flags, environment: environment, file: file.settings)
        let isProduction = values.text(.environment) == "production"
        let tokens = try TokenKeys(values, file.client)
        let access = try OpenAccess(
            values, file: file, isProduction: isProduction, hasTokenKey: tokens.connection.hasKey)
        self.values = values
        self.file = file
        self.filePath = filePath
        self.isProduction = isProduction
        self.store = StoreSettings(values)
        self.fleet = try FleetSettings.read(values)
        self.tls = try TLSFiles.read(values)
        self.logLevel = values.text(.logLevel).flatMap(Logger.Level.init(rawValue:)) ?? .info
        self.logFormat = values.text(.logFormat).flatMap(LogFormat.init(rawValue:)) ?? .text
        self.tokenSecret = values.text(.tokenSecret)
        var gateway = Self.gateway(
            values, file: file, access: access, tokens: tokens, descriptorLimit: descriptorLimit)
        gateway.personalChannel = try file.client.personalChannel(in: gateway.namespaces)
        gateway.examplesDirectory = isProduction ? nil : Self.examplesDirectory
        self.gateway = gateway
    }

    /// True while nobody set what links are signed with.
    var signsLinksByJournal: Bool { values.text(.linkSecret) == nil }

    private static func gateway(
        _ values: SettingValues, file: ConfigurationFile, access: OpenAccess, tokens: TokenKeys,
        descriptorLimit: Int
    ) -> GatewayConfiguration {
        let connections =
            values.text(.connections) == nil
            ? DescriptorLimit.connections(within: descriptorLimit) : values.int(.connections)
        return GatewayConfiguration(
            host: values.text(.host) ?? "127.0.0.1",
            port: values.int(.port),
            insecure: access.insecure,
            allowAnonymous: access.allowAnonymous,
            namespaces: namespaces(file),
            tokens: tokens.connection,
            subscriptionTokens: tokens.subscription,
            allowAnonymousTokens: !file.client.refusesAnonymousTokens,
            apiKeys: APIKeyPolicy(
                key: values.text(.apiKey), previousKey: values.text(.apiKeyPrevious), isOpen: access.apiIsOpen),
            reportsErrorsByStatus: values.text(.apiErrorMode) == "transport",
            origins: OriginPolicy(patterns: values.text(.allowedOrigins).flatMap(Setting.origins)),
            pingIntervalMilliseconds: values.integer(.pingInterval),
            maximumPayloadBytes: values.int(.payloadSize),
            maximumConnections: connections,
            traffic: TrafficLimits(values, connections: connections),
            drainSeconds: values.int(.drain),
            readyRequiresJournal: values.text(.readyRequiresJournal) == "true",
            links: LinkSettings(values))
    }

    private static func namespaces(_ file: ConfigurationFile) -> NamespaceTable {
        guard let sections = file.namespaces else {
            return NamespaceTable(withoutNamespace: file.withoutNamespace ?? .withoutFile)
        }
        // Names are unique: the file was refused otherwise.
        let namespaces = Dictionary(sections.map { ($0.name, $0.options) }, uniquingKeysWith: { first, _ in first })
        return NamespaceTable(withoutNamespace: file.withoutNamespace ?? ChannelOptions(), namespaces: namespaces)
    }
}
