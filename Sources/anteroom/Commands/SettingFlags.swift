import ArgumentParser
import FoundationEssentials

/// Is one flag for each setting; names, defaults and meanings come from the table.
struct SettingFlags: ParsableArguments {
    @Option(name: .customLong("config"), help: "File with settings and channels (JSON, Centrifugo's keys).")
    var file: String?
    @Option(help: .of(.port)) var port: String?
    @Option(help: .of(.host)) var host: String?
    @Option(help: .of(.environment)) var environment: String?
    @Option(help: .of(.dataDirectory)) var dataDir: String?
    @Option(help: .of(.durability)) var durability: String?
    @Option(help: .of(.flushInterval)) var flushIntervalMs: String?
    @Option(help: .of(.stateCache)) var stateCacheBytes: String?
    @Option(help: .of(.journalRetention)) var journalRetentionMs: String?
    @Option(help: .of(.journalSize)) var journalMaxBytes: String?
    @Option(help: .of(.idempotencyTTL)) var idempotencyTtlMs: String?
    @Option(help: .of(.sessionTTL)) var sessionTtlMs: String?
    @Option(help: .of(.tokenSecret)) var jwtSecret: String?
    @Option(help: .of(.tokenSecretPrevious)) var jwtSecretPrevious: String?
    @Option(help: .of(.tokenAlgorithm)) var jwtAlgorithm: String?
    @Option(help: .of(.tokenKeyFile)) var jwtPublicKeyFile: String?
    @Option(help: .of(.tokenKeySetFile)) var jwtJwksFile: String?
    @Option(help: .of(.tokenAudience)) var jwtAudience: String?
    @Option(help: .of(.tokenIssuer)) var jwtIssuer: String?
    @Option(help: .of(.apiKey)) var apiKey: String?
    @Option(help: .of(.apiKeyPrevious)) var apiKeyPrevious: String?
    @Option(help: .of(.apiErrorMode)) var apiErrorMode: String?
    @Option(help: .of(.allowedOrigins)) var allowedOrigins: String?
    @Option(help: .of(.connections)) var wsMaxConnections: String?
    @Option(help: .of(.softConnections)) var wsSoftConnections: String?
    @Option(help: .of(.connectionsPerAddress)) var connectionsPerAddress: String?
    @Option(help: .of(.trustedProxies)) var trustedProxies: String?
    @Option(help: .of(.openings)) var wsOpeningsPerSecond: String?
    @Option(help: .of(.messageRate)) var wsMessagesPerMinute: String?
    @Option(help: .of(.idleTimeout)) var wsIdleTimeout: String?
    @Option(help: .of(.pingInterval)) var wsPingInterval: String?
    @Option(help: .of(.payloadSize)) var wsMaxPayloadBytes: String?
    @Option(help: .of(.tlsCertificate)) var tlsCertFile: String?
    @Option(help: .of(.tlsKey)) var tlsKeyFile: String?
    @Option(help: .of(.logLevel)) var logLevel: String?
    @Option(help: .of(.logFormat)) var logFormat: String?
    @Option(help: .of(.drain)) var drainSeconds: String?
    @Option(help: .of(.redisURL)) var redisUrl: String?
    @Option(help: .of(.redisNodes)) var redisNodes: String?
    @Option(help: .of(.waitReplicas)) var redisWaitReplicas: String?
    @Option(help: .of(.journalPrefix)) var journalPrefix: String?
    @Option(help: .of(.nodeLease)) var nodeLeaseMs: String?
    @Option(help: .of(.readyRequiresJournal)) var readyRequiresJournal: String?
    @Option(help: .of(.linkSecret)) var persistentSessionSecret: String?
    @Option(help: .of(.linkSecretPrevious)) var persistentSessionSecretPrevious: String?
    @Option(help: .of(.linkActivities)) var waitingRoomActivities: String?
    @Option(help: .of(.waitingGrace)) var waitingRoomGraceMs: String?
    @Option(help: .of(.waitingRoomTTL)) var waitingRoomTtlMs: String?

    /// The flags that were given.
    var given: [SettingName: String] {
        let all: [SettingName: String?] = [
            .port: port, .host: host, .environment: environment, .dataDirectory: dataDir, .durability: durability,
            .flushInterval: flushIntervalMs, .stateCache: stateCacheBytes, .journalRetention: journalRetentionMs,
            .journalSize: journalMaxBytes, .idempotencyTTL: idempotencyTtlMs, .sessionTTL: sessionTtlMs,
            .tokenSecret: jwtSecret, .tokenSecretPrevious: jwtSecretPrevious, .tokenAlgorithm: jwtAlgorithm,
            .tokenKeyFile: jwtPublicKeyFile, .tokenKeySetFile: jwtJwksFile, .tokenAudience: jwtAudience,
            .tokenIssuer: jwtIssuer, .apiKey: apiKey, .apiKeyPrevious: apiKeyPrevious, .apiErrorMode: apiErrorMode,
            .allowedOrigins: allowedOrigins,
            .connections: wsMaxConnections, .pingInterval: wsPingInterval, .payloadSize: wsMaxPayloadBytes,
            .softConnections: wsSoftConnections, .connectionsPerAddress: connectionsPerAddress,
            .trustedProxies: trustedProxies, .openings: wsOpeningsPerSecond, .messageRate: wsMessagesPerMinute,
            .idleTimeout: wsIdleTimeout, .tlsCertificate: tlsCertFile, .tlsKey: tlsKeyFile,
            .logLevel: logLevel, .logFormat: logFormat, .drain: drainSeconds,
            .redisURL: redisUrl, .redisNodes: redisNodes, .waitReplicas: redisWaitReplicas,
            .journalPrefix: journalPrefix, .nodeLease: nodeLeaseMs, .readyRequiresJournal: readyRequiresJournal,
            .linkSecret: persistentSessionSecret, .linkSecretPrevious: persistentSessionSecretPrevious,
            .linkActivities: waitingRoomActivities, .waitingGrace: waitingRoomGraceMs,
            .waitingRoomTTL: waitingRoomTtlMs,
        ]
        return all.compactMapValues { $0 }
    }

    /// Resolves the configuration of this process.
    func configuration(
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(ConfigurationError) -> Configuration {
        try Configuration(
            flags: given, environment: environment, file: try file.map(Self.read) ?? ConfigurationFile(),
            filePath: file,
            descriptorLimit: DescriptorLimit.current())
    }

    private static func read(_ path: String) throws(ConfigurationError) -> ConfigurationFile {
        let data: Data
        do {
            data = try Data(contentsOf: URL(filePath: path))
        } catch {
            let reason =
                FileManager.default.fileExists(atPath: path) ? "it is not a readable file" : "there is no such file"
            throw .unreadableFile(file: path, reason: reason)
        }
        return try ConfigurationFile([UInt8](data), file: path)
    }
}

extension ArgumentHelp {
    fileprivate static func of(_ name: SettingName) -> ArgumentHelp {
        guard let setting = Setting.of(name) else { return "" }
        let fallback = setting.fallback.map { "default \($0)" } ?? setting.absent
        let caution = setting.isSecret ? "; prefer the variable: others can see flags" : ""
        return ArgumentHelp("\(setting.meaning) (\(name.rawValue), \(fallback))\(caution)", valueName: "value")
    }
}
