import Gateway
import Logging
import Testing

@testable import anteroom

@Suite struct ConfigurationTests {
    @Test func configuration_withNothingSet_hasTheDefaults() throws {
        let configuration = try Samples.configuration()
        let gateway = configuration.gateway
        #expect(gateway.host == "127.0.0.1" && gateway.port == 3000)
        #expect(gateway.insecure && gateway.allowAnonymous && gateway.apiKeys.isOpen && !gateway.tokens.hasKey)
        #expect(gateway.namespaces == NamespaceTable())
        #expect(gateway.origins == OriginPolicy())
        #expect(gateway.pingIntervalMilliseconds == 25_000 && gateway.pongTimeoutMilliseconds == 8000)
        #expect(gateway.maximumPayloadBytes == 65_536 && gateway.drainSeconds == 10)
        #expect(!gateway.readyRequiresJournal)
        let store = configuration.store
        #expect(store.dataDirectory == "data" && store.durability == .disk)
        #expect(store.flushIntervalMilliseconds == 1000 && store.stateCacheBytes == 268_435_456)
        #expect(store.journalRetentionMilliseconds == 86_400_000 && store.journalMaximumBytes == 1_073_741_824)
        #expect(store.idempotencyTTLMilliseconds == 300_000 && store.sessionTTLMilliseconds == 3_600_000)
        #expect(configuration.logLevel == .info && configuration.logFormat == .text && !configuration.isProduction)
    }

    @Test func configuration_withValues_carriesEachToItsPlace() throws {
        let configuration = try Samples.configuration([
            "HOST": "localhost", "PORT": "1", "DATA_DIR": "/d", "DURABILITY": "os", "FLUSH_INTERVAL_MS": "11",
            "STATE_CACHE_BYTES": "2000000", "JOURNAL_RETENTION_MS": "70000", "JOURNAL_MAX_BYTES": "3000000",
            "IDEMPOTENCY_TTL_MS": "4000", "SESSION_TTL_MS": "5000", "WS_MAX_CONNECTIONS": "6",
            "WS_PING_INTERVAL": "9000",
            "WS_MAX_PAYLOAD_BYTES": "7000", "LOG_LEVEL": "debug", "LOG_FORMAT": "json", "DRAIN_SECONDS": "8",
            "READY_REQUIRES_JOURNAL": "true",
            "JWT_ALGORITHM": "HS384", "JWT_SECRET": "s", "API_KEY": "k", "API_KEY_PREVIOUS": "p",
        ])
        let (gateway, store) = (configuration.gateway, configuration.store)
        #expect(gateway.host == "localhost" && gateway.port == 1 && gateway.maximumConnections == 6)
        #expect(gateway.pingIntervalMilliseconds == 9000 && gateway.pongTimeoutMilliseconds == 6000)
        #expect(gateway.maximumPayloadBytes == 7000 && gateway.drainSeconds == 8)
        #expect(gateway.readyRequiresJournal)
        #expect(gateway.tokens.algorithm == .hs384 && gateway.tokens.hasKey)
        #expect(gateway.apiKeys.matches("k") && gateway.apiKeys.matches("p") && !gateway.apiKeys.matches("s"))
        #expect(store.dataDirectory == "/d" && store.durability == .os && store.flushIntervalMilliseconds == 11)
        #expect(store.stateCacheBytes == 2_000_000 && store.journalRetentionMilliseconds == 70_000)
        #expect(store.journalMaximumBytes == 3_000_000 && store.idempotencyTTLMilliseconds == 4000)
        #expect(store.sessionTTLMilliseconds == 5000)
        #expect(configuration.logLevel == .debug && configuration.logFormat == .json)
    }

    @Test func links_withNothingSet_areForAnyActivityAndSignedByTheJournal() throws {
        let links = try Samples.configuration().gateway.links
        #expect(links.activities == nil && !links.secureCookies)
        #expect(links.graceMilliseconds == 60_000 && links.roomTTLMilliseconds == 600_000)
        let sentence = "links: signed with a secret that is in the journal (no PERSISTENT_SESSION_SECRET)"
        for (environment, isSaid) in [([:], true), (Samples.production, false)] {
            let configuration = try Samples.configuration(environment)
            #expect(configuration.signsLinksByJournal == isSaid)
            #expect(StartBanner(configuration, port: 1).lines.contains(sentence) == isSaid)
        }
    }

    @Test func links_withValues_carryEachToItsPlace() throws {
        let links = try Samples.configuration(
            Samples.production.merging([
                "WAITING_ROOM_ACTIVITIES": "raffle, poll_2", "WAITING_ROOM_GRACE_MS": "7",
                "WAITING_ROOM_TTL_MS": "8000",
            ]) { $1 }
        ).gateway.links
        #expect(links.activities == ["raffle", "poll_2"] && links.secureCookies)
        #expect(links.graceMilliseconds == 7 && links.roomTTLMilliseconds == 8000)
    }

    @Test func redisURL_inProduction_isNotJudgedAsAKey() throws {
        let environment = Samples.production.merging(["REDIS_URL": "redis://r:6379"]) { $1 }
        #expect(try Samples.configuration(environment).fleet?.place.contains("r:6379") == true)
    }

    @Test(arguments: [([:], "examples"), (Samples.production, nil)])
    func examples_areOnlyServedInDevelopment(environment: [String: String], directory: String?) throws {
        #expect(try Samples.configuration(environment).gateway.examplesDirectory == directory)
    }

    @Test(arguments: [(20_000, 19_744), (1024, 768), (256, 192), (10, 16), (Int.max, 1_000_000)])
    func connections_whenNotSet_comeFromTheDescriptorLimit(limit: Int, connections: Int) throws {
        #expect(try Samples.configuration(limit: limit).gateway.maximumConnections == connections)
    }

    @Test(
        arguments: [
            ([:], true, true, true),
            (["JWT_SECRET": "dev"], false, false, true),
            (["API_KEY": "dev"], true, true, false),
            (["ENVIRONMENT": "test"], true, true, true),
            (["JWT_SECRET": Samples.secret, "HOST": "0.0.0.0"], false, false, false),
            (Samples.production, false, false, false),
            (
                Samples.production.merging(["API_KEY": Samples.key, "HOST": "::"]) { $1 }, false, false, false
            ),
        ] as [([String: String], Bool, Bool, Bool)])
    func access_isOpenOnlyInDevelopmentOnLoopbackAndWithoutAKey(
        environment: [String: String], insecure: Bool, anonymous: Bool, api: Bool
    ) throws {
        let gateway = try Samples.configuration(environment).gateway
        #expect(gateway.insecure == insecure)
        #expect(gateway.allowAnonymous == anonymous)
        #expect(gateway.apiKeys.isOpen == api)
    }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.8.9.255", true), ("localhost", true), ("::1", true), ("0.0.0.0", false),
        ("::", false),
        ("127.0.0.1.evil.org", false), ("127.evil.org", false), ("127.0.0.256", false), ("127.0.0", false), ("", false),
        ("10.0.0.1", false), ("127.0.0.+1", false),
    ])
    func loopback_isOnlyWhatCanNotBeReached(host: String, isLoopback: Bool) {
        #expect(OpenAccess.isLoopback(host) == isLoopback)
    }

    @Test(
        arguments: [
            (Samples.secret, nil), ("q8Zr+W1nB7kLxV0sT5uYp3EeHcJdMfAg", nil), ("short", "has fewer than 32 characters"),
            (String(repeating: "a", count: 64), "repeats one character"),
            (String(repeating: "a1b2", count: 10), "repeats a few characters"),
            ("your-production-jwt-secret-goes-here-0001", "contains a text that stands in many samples"),
            ("ChangeMeChangeMeChangeMeChangeMe-1f", "contains a text that stands in many samples"),
            (String(repeating: "é", count: 31), "has fewer than 32 characters"),
        ] as [(String, String?)])
    func secret_isJudged(secret: String, weakness: String?) {
        #expect(SecretStrength.weakness(secret) == weakness)
    }

    @Test(
        arguments: [
            ("0", 0), ("500ms", 500), ("90s", 90_000), ("1h30m", 5_400_000), ("7d", 604_800_000), ("24h", 86_400_000),
            ("0s", 0),
            ("", nil), ("5", nil), ("s", nil), ("-5s", nil), ("5 s", nil), ("1.5h", nil), ("5w", nil), ("1h30", nil),
            ("٣s", nil),
            ("99999999999999999999s", nil), ("3153600000001ms", nil), ("36500d1ms", nil), ("3000000000000d", nil),
        ] as [(String, Int64?)])
    func span_isReadStrictly(text: String, milliseconds: Int64?) {
        #expect(SpanText.milliseconds(text) == milliseconds)
    }
}
