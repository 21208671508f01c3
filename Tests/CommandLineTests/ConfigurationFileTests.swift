import Gateway
import Testing

@testable import anteroom

@Suite struct ConfigurationFileTests {
    private static let whole = """
        {
          "port": 8000,
          "address": "127.0.0.1",
          "client": {
            "token": {"hmac_secret_key": "\(Samples.secret)", "hmac_previous_secret_key": "older"},
            "allowed_origins": ["https://app.example", "https://*.preview.example"],
            "insecure": false,
            "allow_anonymous_connect_without_token": true
          },
          "http_api": {"key": "\(Samples.key)"},
          "channel": {
            "without_namespace": {"history_size": 10, "history_ttl": "300s", "allow_subscribe_for_client": true},
            "namespaces": [
              {"name": "chat", "history_size": 100, "history_ttl": "1h", "force_recovery": true, "force_positioning": true,
               "allow_subscribe_for_client": true, "allow_subscribe_for_anonymous": true, "allow_publish_for_subscriber": true,
               "allow_history_for_client": true, "allow_recovery": false, "allow_positioning": false},
              {"name": "typing", "history_size": 0}
            ]
          }
        }
        """

    @Test func file_withCentrifugosKeys_isRead() throws {
        let gateway = try Samples.configuration(file: Self.whole).gateway
        #expect(gateway.port == 8000)
        #expect(!gateway.insecure && gateway.allowAnonymous && !gateway.apiKeys.isOpen)
        #expect(gateway.apiKeys.matches(Samples.key))
        #expect(gateway.origins.allows(origins: ["https://a.preview.example"], host: nil))
        let table = gateway.namespaces
        #expect(
            table.withoutNamespace
                == ChannelOptions(
                    historySize: 10, historyTTLMilliseconds: 300_000, subscribe: ClientAccess(forClient: true)))
        #expect(
            try table.resolve("chat:1").get().options
                == ChannelOptions(
                    historySize: 100, historyTTLMilliseconds: 3_600_000, allowPositioning: false,
                    forcePositioning: true,
                    allowRecovery: false, forceRecovery: true,
                    subscribe: ClientAccess(forClient: true, forAnonymous: true),
                    publish: ClientAccess(forSubscriber: true), history: ClientAccess(forClient: true)))
        #expect(try !table.resolve("typing:1").get().options.hasHistory)
        #expect(throws: ChannelRefusal.unknownChannel) { try table.resolve("news:1").get() }
    }

    @Test func slowConsumers_areClosedOrGoWithoutWhatIsEphemeral() throws {
        #expect(try options(#"{"slow_consumer":"drop_ephemeral"}"#) == ChannelOptions(dropsEphemeral: true))
        #expect(try options(#"{"slow_consumer":"close"}"#) == ChannelOptions())
        let sentence = Samples.sentence(file: #"{"channel":{"without_namespace":{"slow_consumer":true}}}"#)
        #expect(sentence?.contains("slow_consumer; accepted is close or drop_ephemeral") == true)
    }

    @Test(arguments: ChannelSection.switchKeys)
    func option_changesExactlyOneThing(key: String) throws {
        let defaults = ChannelOptions()
        let on = try options(#"{"\#(key)":true}"#)
        let off = try options(#"{"\#(key)":false}"#)
        #expect(on != off)
        #expect([on, off].contains(defaults))
        // Every key has an option of its own: no other key leads to the same result.
        for other in ChannelSection.switchKeys where other != key {
            #expect(
                try options(#"{"\#(key)":true,"\#(other)":false}"#) != options(#"{"\#(key)":false,"\#(other)":true}"#))
        }
    }

    private func options(_ text: String) throws -> ChannelOptions? {
        try Samples.parsed(#"{"channel":{"without_namespace":\#(text)}}"#).withoutNamespace
    }

    @Test func namespaces_whenFileIsSilent_allExist() throws {
        let table = try Samples.configuration(file: #"{"port":1}"#).gateway.namespaces
        #expect(try table.resolve("any:1").get().options == .withoutFile)
    }

    @Test func namespaces_whenListed_leaveNamesWithoutOneClosed() throws {
        let table = try Samples.configuration(file: #"{"channel":{"namespaces":[]}}"#).gateway.namespaces
        #expect(try table.resolve("plain").get().options == ChannelOptions())
        #expect(throws: ChannelRefusal.unknownChannel) { try table.resolve("any:1").get() }
    }

    @Test func withoutNamespace_whenAlone_isForEveryName() throws {
        let file = #"{"channel":{"without_namespace":{"history_size":7}}}"#
        let table = try Samples.configuration(file: file).gateway.namespaces
        for name in ["plain", "any:1"] {
            #expect(try table.resolve(name).get().options == ChannelOptions(historySize: 7))
        }
    }

    @Test func file_whenHostile_endsInAnError() {
        let deep = String(repeating: #"{"client":"#, count: 40) + "1" + String(repeating: "}", count: 40)
        #expect(Samples.sentence(file: deep)?.contains("nested too deep") == true)
        #expect(throws: ConfigurationError.self) { try ConfigurationFile([0x7B, 0xFF, 0x7D], file: "a.json") }
        #expect(throws: ConfigurationError.self) {
            try ConfigurationFile([UInt8](repeating: 0x20, count: ConfigurationFile.maximumBytes + 1), file: "a.json")
        }
    }

    @Test(arguments: [
        ("port", "port", 0), ("prot", "port", 1), ("", "abc", 3), ("abc", "", 3), ("client.tokne", "client.token", 1),
        ("kitten", "sitting", 3),
    ])
    func spelling_countsChanges(a: String, b: String, distance: Int) {
        #expect(Spelling.distance(Array(a), Array(b)) == distance)
    }
}
