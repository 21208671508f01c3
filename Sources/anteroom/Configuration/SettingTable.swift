import Gateway
import Logging

extension Setting {
    private static let day: Int64 = 86_400_000

    /// Every setting in the order in which `anteroom config` prints them.
    static let all: [Setting] = [
        Setting(
            .port, .integer(0...65_535), "3000", "port for everything; 0 lets the system choose", aliases: ["WS_PORT"]),
        Setting(.host, .text, "127.0.0.1", "address to listen on", file: "address"),
        Setting(
            .environment, .choice(["development", "test", "production"]), "development",
            "production insists on strong secrets", aliases: ["NODE_ENV"]),
        Setting(.dataDirectory, .text, "data", "home of anteroom.sqlite"),
        Setting(
            .durability, .choice(["disk", "os"]), "disk",
            "what an acknowledgement means: fsynced, or handed to the operating system"),
        Setting(
            .flushInterval, .integer(10...600_000), "1000",
            "milliseconds between two flushes of changed state to the file"),
        Setting(
            .stateCache, .integer(1_048_576...1_099_511_627_776), "268435456", "bytes of state that are kept in memory"),
        Setting(
            .journalRetention, .integer(60_000...(3650 * day)), String(day),
            "milliseconds that the journal reaches back"),
        Setting(
            .journalSize, .integer(1_048_576...17_592_186_044_416), "1073741824", "bytes that the journal may grow to"),
        Setting(
            .idempotencyTTL, .integer(1000...(7 * day)), "300000",
            "milliseconds in which a repeated idempotency key has no second effect"),
        Setting(
            .sessionTTL, .integer(1000...(365 * day)), "3600000",
            "milliseconds that an untouched session lives, unless it says otherwise"),
        Setting(
            .tokenSecret, .secret, nil, "key that signs connection tokens; 32 characters or more",
            file: "client.token.hmac_secret_key"),
        Setting(
            .tokenSecretPrevious, .secret, nil, "the key before it, still accepted while it is replaced",
            file: "client.token.hmac_previous_secret_key"),
        Setting(
            .tokenAlgorithm, .choice(TokenAlgorithm.allCases.map(\.rawValue)), "HS256",
            "the one signature that tokens may have; a key file's own if not set", file: "client.token.hmac_algorithm"),
        Setting(
            .tokenKeyFile, .text, nil, "file with the public key (PEM) of whoever signs tokens, instead of JWT_SECRET"),
        Setting(
            .tokenKeySetFile, .text, nil,
            "file with several public keys (JWKS), chosen by kid; looked at once a minute"),
        Setting(
            .tokenAudience, .text, nil, "what tokens must name as aud", absent: "any", file: "client.token.audience"),
        Setting(.tokenIssuer, .text, nil, "what tokens must name as iss", absent: "any", file: "client.token.issuer"),
        Setting(.apiKey, .secret, nil, "key of the server API; 32 characters or more", file: "http_api.key"),
        Setting(
            .apiKeyPrevious, .secret, nil, "the key before it, still accepted while it is replaced",
            file: "http_api.previous_key"),
        Setting(
            .apiErrorMode, .choice(["reply", "transport"]), "reply",
            "where the server API tells errors: in a reply with status 200, or as the status itself",
            file: "http_api.error_mode"),
        Setting(
            .allowedOrigins, .origins, nil, "origins of web pages that may connect", absent: "the same host",
            aliases: ["FRONTEND_URL", "REPL_URL"], file: "client.allowed_origins"),
        Setting(
            .connections, .integer(1...10_000_000), nil, "connections beyond this get 503",
            absent: "from the limit of open files"),
        Setting(
            .softConnections, .integer(1...10_000_000), nil, "connections from which on the node is not ready",
            absent: "80 % of WS_MAX_CONNECTIONS"),
        Setting(
            .connectionsPerAddress, .integerOrOff(1...10_000_000), "0",
            "connections that one address may have; loopback is never counted"),
        Setting(
            .trustedProxies, .proxies, nil, "proxies that are believed about the addresses of callers", absent: "none"),
        Setting(
            .openings, .integerOrOff(1...1_000_000), "4000",
            "WebSockets that open in a second; more wait in line for a few seconds"),
        Setting(
            .messageRate, .integerOrOff(1...60_000_000), "6000", "messages that a WebSocket may send in a minute"),
        Setting(
            .idleTimeout, .integerOrOff(60_000...(365 * day)), String(day),
            "milliseconds that a client may say and be told nothing"),
        Setting(
            .pingInterval, .integerOrOff(1000...3_600_000), "25000", "milliseconds between two pings to a client"),
        Setting(.payloadSize, .integer(1024...16_777_216), "65536", "bytes of the longest message of a client"),
        Setting(
            .tlsCertificate, .text, nil, "PEM file with the certificate and those that vouch for it",
            absent: "no TLS"),
        Setting(.tlsKey, .text, nil, "PEM file with the key of the certificate", absent: "no TLS"),
        Setting(
            .logLevel, .choice(Logger.Level.allCases.map(\.rawValue)), "info", "least severe message in the log",
            file: "log.level"),
        Setting(.logFormat, .choice(["text", "json"]), "text", "lines for people or for programs", file: "log.format"),
        Setting(.drain, .integer(0...3600), "10", "seconds in which a stop says goodbye to every client"),
        Setting(
            .redisURL, .address, nil, "shares the journal with other nodes: redis://, rediss:// or redis+unix://",
            absent: "this node runs alone", aliases: ["VALKEY_URL"]),
        Setting(
            .redisNodes, .address, nil, "the same in a Redis Cluster: host:port,host:port of some of its nodes",
            absent: "no cluster"),
        Setting(
            .waitReplicas, .integer(0...16), "0",
            "replicas of Redis that must have a write before it is acknowledged"),
        Setting(.journalPrefix, .text, "anteroom", "what the names of all keys in Redis begin with"),
        Setting(
            .nodeLease, .integer(1_000...600_000), "10000",
            "milliseconds without a sign of life after which a node counts as gone"),
        Setting(
            .readyRequiresJournal, .choice(["true", "false"]), "false",
            "true: not ready while Redis does not answer; otherwise ready and degraded"),
        Setting(
            .linkSecret, .secret, nil, "key that signs permanent links and their cookies; 32 characters or more",
            absent: "a secret that is drawn once and kept in the journal"),
        Setting(
            .linkSecretPrevious, .secret, nil, "the key before it; its links and cookies still hold"),
        Setting(
            .linkActivities, .activities, nil, "activities that may have links", absent: "any"),
        Setting(
            .waitingGrace, .integer(0...day), "60000",
            "milliseconds that the place of a waiter who is away is kept"),
        Setting(
            .waitingRoomTTL, .integer(1000...(365 * day)), "600000",
            "milliseconds after which an empty room that is not live forgets its settings for admission"),
    ]
}
