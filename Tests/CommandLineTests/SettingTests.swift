import ArgumentParser
import Gateway
import Testing

@testable import anteroom

@Suite struct SettingTests {
    @Test func table_describesEverySettingOnce() {
        #expect(Set(Setting.all.map(\.name)) == Set(SettingName.allCases))
        #expect(Setting.all.count == SettingName.allCases.count)
        #expect(Set(ConfigurationFile.keys).count == ConfigurationFile.keys.count)
        let variables = Setting.all.flatMap { [$0.name.rawValue] + $0.aliases }
        #expect(Set(variables).count == variables.count)
    }

    @Test(arguments: Setting.all.map(\.name))
    func fallback_isAccepted(name: SettingName) throws {
        let setting = try #require(Setting.of(name))
        if let fallback = setting.fallback { #expect(setting.accepts(fallback)) }
        #expect(setting.accepts(Samples.value(of: setting)))
        #expect(!setting.accepts(""))
    }

    @Test(arguments: SettingName.allCases)
    func everySetting_isReadFromFlagEnvironmentAndFile_inThisOrder(name: SettingName) throws {
        let setting = try #require(Setting.of(name))
        let value = Samples.value(of: setting)
        // `…_PREVIOUS` needs the key that it precedes, and a certificate its key.
        let base: [String: String] =
            switch name {
            case .tokenSecretPrevious: ["JWT_SECRET": "x"]
            case .apiKeyPrevious: ["API_KEY": "x"]
            case .tlsCertificate: ["TLS_KEY_FILE": "x"]
            case .tlsKey: ["TLS_CERT_FILE": "x"]
            case .linkSecretPrevious: ["PERSISTENT_SESSION_SECRET": "x"]
            default: [:]
            }
        let file = Samples.file(setting.fileKey, Samples.fileValue(of: setting))
        let fromFile = try Samples.configuration(base, file: file).values
        #expect(fromFile.text(name) == value)
        #expect(fromFile.source(name) == .file(key: setting.fileKey))

        let other = setting.fallback ?? value
        for variable in [name.rawValue] + setting.aliases {
            let values = try Samples.configuration(base.merging([variable: other]) { $1 }, file: file).values
            #expect(values.text(name) == other)
            #expect(values.source(name) == .environment(variable))
        }
        let flags = try SettingFlags.parse([name.flag, value])
        #expect(flags.given == [name: value])
        let environment = base.merging([name.rawValue: other]) { $1 }
        let fromFlag = try Samples.configuration(environment, flags: flags.given, file: file).values
        #expect(fromFlag.text(name) == value)
        #expect(fromFlag.source(name) == .flag(name.flag))
        // Without its key a certificate would be set alone.
        let rest = name == .tlsCertificate || name == .tlsKey ? [:] : base
        #expect(try Samples.configuration(rest).values.source(name) == .fallback)
    }

    @Test(arguments: ["true", "false"]) func switch_inTheFile_mayBeABoolean(value: String) throws {
        let file = Samples.file("ready_requires_journal", value)
        #expect(try Samples.configuration(file: file).values.text(.readyRequiresJournal) == value)
        #expect(Samples.sentence(file: Samples.file("durability", value)) != nil)
    }

    @Test func alias_whenTheVariableIsSetToo_loses() throws {
        let values = try Samples.configuration(["PORT": "1", "WS_PORT": "2", "NODE_ENV": "test"]).values
        #expect(values.text(.port) == "1")
        #expect(values.text(.environment) == "test")
        #expect(values.source(.environment) == .environment("NODE_ENV"))
    }

    @Test func emptyVariable_isNotSet() throws {
        let values = try Samples.configuration(["PORT": "", "WS_PORT": "2", "JWT_SECRET": ""]).values
        #expect(values.text(.port) == "2")
        #expect(values.text(.tokenSecret) == nil)
    }

    @Test func origins_fromBothAliases_areJoined() throws {
        let both = ["FRONTEND_URL": "https://a.example/", "REPL_URL": "https://b.example"]
        let configuration = try Samples.configuration(both)
        #expect(configuration.values.source(.allowedOrigins) == .environment("FRONTEND_URL and REPL_URL"))
        let origins = configuration.gateway.origins
        for origin in ["https://a.example", "https://b.example"] {
            #expect(origins.allows(origins: [origin], host: nil))
        }
        #expect(!origins.allows(origins: ["https://c.example"], host: "c.example"))
        let canonical = try Samples.configuration(both.merging(["ALLOWED_ORIGINS": "https://c.example"]) { $1 })
        #expect(!canonical.gateway.origins.allows(origins: ["https://a.example"], host: nil))
        #expect(canonical.gateway.origins.allows(origins: ["https://c.example"], host: nil))
    }

    @Test(arguments: [
        ("PORT", "65535", true), ("PORT", "0", true), ("PORT", "65536", false), ("PORT", "-1", false),
        ("PORT", "+80", false),
        ("PORT", "80 ", false), ("PORT", "3e3", false), ("PORT", "99999999999999999999", false), ("PORT", "٣", false),
        ("WS_PING_INTERVAL", "0", true), ("WS_PING_INTERVAL", "999", false), ("WS_PING_INTERVAL", "1000", true),
        ("DURABILITY", "os", true), ("DURABILITY", "DISK", false), ("LOG_LEVEL", "verbose", false),
        ("LOG_FORMAT", "xml", false),
        ("ENVIRONMENT", "staging", false), ("JWT_ALGORITHM", "none", false), ("JWT_ALGORITHM", "RS256", false),
        ("JWT_ALGORITHM", "HS512", true), ("ALLOWED_ORIGINS", "https://a.example, https://b.example", true),
        ("ALLOWED_ORIGINS", "a.example", false), ("ALLOWED_ORIGINS", "https://a.example,", false),
        ("DATA_DIR", "a\nb", false),
        ("FLUSH_INTERVAL_MS", "9", false), ("STATE_CACHE_BYTES", "256MiB", false), ("SESSION_TTL_MS", "0", false),
        ("READY_REQUIRES_JOURNAL", "false", true), ("READY_REQUIRES_JOURNAL", "yes", false),
        ("WAITING_ROOM_GRACE_MS", "0", true), ("WAITING_ROOM_GRACE_MS", "86400001", false),
        ("WAITING_ROOM_TTL_MS", "999", false), ("WAITING_ROOM_ACTIVITIES", "raffle, java-string_2", true),
        ("WAITING_ROOM_ACTIVITIES", "raffle,", false), ("WAITING_ROOM_ACTIVITIES", "a b", false),
        ("WAITING_ROOM_ACTIVITIES", String(repeating: "a", count: 65), false),
    ])
    func value_isCheckedAgainstItsRange(variable: String, text: String, isAccepted: Bool) {
        #expect((Samples.sentence([variable: text]) == nil) == isAccepted)
    }
}
