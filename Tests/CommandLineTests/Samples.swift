import Testing

@testable import anteroom

/// Secrets that nothing in the sources knows, strong enough for production.
enum Samples {
    static let secret = "f3b1c0a97d2e4856b9a1d7c3e5f70812a4c6e8d0"
    static let key = "0e9d8c7b6a59483726150f4e3d2c1b0a99887766"

    /// What production can't do without.
    static let production = [
        "ENVIRONMENT": "production", "JWT_SECRET": secret,
        "PERSISTENT_SESSION_SECRET": "7c1e9f30b5a84d26e0f1a3c59b7d2846e8c0f1d3",
    ]

    /// The public key of RFC 8032 §7.1, test 2.
    static let pem = """
        -----BEGIN PUBLIC KEY-----
        MCowBQYDK2VwAyEAPUAXw+hDiVqStwqnTRt+vJyYLM8uxJaMwM1V8Sr0Zgw=
        -----END PUBLIC KEY-----
        """
    /// The same key as a set.
    static let keySet =
        #"{"keys":[{"kty":"OKP","crv":"Ed25519","kid":"a","x":"PUAXw-hDiVqStwqnTRt-vJyYLM8uxJaMwM1V8Sr0Zgw"}]}"#
    /// A directory with `key.pem` and `keys.json`.
    static let keys = KeyFiles()

    /// Resolves a configuration as a process would.
    static func configuration(
        _ environment: [String: String] = [:], flags: [SettingName: String] = [:], file: String? = nil,
        limit: Int = 20_000
    ) throws -> Configuration {
        try Configuration(
            flags: flags, environment: environment, file: try file.map { try parsed($0) } ?? ConfigurationFile(),
            filePath: file == nil ? nil : "a.json", descriptorLimit: limit)
    }

    static func parsed(_ text: String) throws -> ConfigurationFile {
        try ConfigurationFile(Array(text.utf8), file: "a.json")
    }

    /// The sentence of the error that resolving ends with; nil when it succeeds.
    static func sentence(
        _ environment: [String: String] = [:], flags: [SettingName: String] = [:], file: String? = nil
    ) -> String? {
        do {
            _ = try configuration(environment, flags: flags, file: file)
            return nil
        } catch let error as ConfigurationError {
            return error.description
        } catch {
            return "another error: \(error)"
        }
    }

    /// A value that each setting accepts and that is not its default.
    static func value(of setting: Setting) -> String {
        switch setting.kind {
        case .integer(let range), .integerOrOff(let range): String(range.lowerBound + 1)
        case .choice(let choices): choices.first { $0 != setting.fallback && $0 != "production" } ?? ""
        case .text:
            switch setting.name {
            case .host: "localhost"
            case .tokenKeyFile: keys.entry("key.pem")
            case .tokenKeySetFile: keys.entry("keys.json")
            default: "elsewhere"
            }
        case .address: setting.name == .redisURL ? "redis://elsewhere:6379" : "elsewhere:6379"
        case .secret: "\(setting.name.rawValue)-value"
        case .activities: "raffle"
        case .proxies: "2"
        case .origins: "https://app.example"
        }
    }

    /// The same value as the file writes it.
    static func fileValue(of setting: Setting) -> String {
        switch setting.kind {
        case .integer, .integerOrOff, .proxies: value(of: setting)
        case .choice, .text, .secret, .address: "\"\(value(of: setting))\""
        case .origins, .activities: "[\"\(value(of: setting))\"]"
        }
    }

    /// A file that says one thing.
    static func file(_ key: String, _ value: String) -> String {
        let parts = key.split(separator: ".")
        return parts.map { "{\"\($0)\":" }.joined() + value + String(repeating: "}", count: parts.count)
    }
}
