/// Decides what is open without a key, and whether a server may start like that at all.
///
/// In development, on loopback, what has no key is open; a key that is set is asked for. Everywhere else keys are needed:
/// an open server that other machines can reach never starts by accident.
struct OpenAccess {
    private static let pairs: [(SettingName, SettingName)] = [
        (.tokenSecretPrevious, .tokenSecret), (.apiKeyPrevious, .apiKey), (.linkSecretPrevious, .linkSecret),
    ]

    let insecure: Bool
    let allowAnonymous: Bool
    let apiIsOpen: Bool

    /// - Parameter hasTokenKey: whether there is a key for connection tokens, of whatever kind.
    init(
        _ values: SettingValues, file: ConfigurationFile, isProduction: Bool, hasTokenKey: Bool
    ) throws(ConfigurationError) {
        let host = values.text(.host) ?? ""
        let isLocal = Self.isLoopback(host)
        try Self.checkPairs(values)
        if isProduction || !isLocal { try Self.checkStrength(values, file.client) }
        if isProduction {
            if file.insecure == true { throw .insecureInProduction(key: ConfigurationFile.insecureKey) }
            guard hasTokenKey else { throw .missingSecret(.tokenSecret) }
            // A drawn one would end every link at each deploy, and no node would know the links of another.
            guard values.text(.linkSecret) != nil else { throw .missingSecret(.linkSecret) }
        }
        let open = !isProduction && !hasTokenKey
        insecure = file.insecure ?? open
        allowAnonymous = file.allowAnonymous ?? open
        apiIsOpen = !isProduction && isLocal && values.text(.apiKey) == nil
        if !isLocal, insecure {
            throw .exposed(host: host, key: file.insecure == true ? ConfigurationFile.insecureKey : nil)
        }
    }

    private static func checkPairs(_ values: SettingValues) throws(ConfigurationError) {
        for (previous, current) in Self.pairs
        where values.text(previous) != nil && values.text(current) == nil {
            throw ConfigurationError.previousAlone(setting: previous, current: current)
        }
    }

    private static func checkStrength(
        _ values: SettingValues, _ section: ClientSection
    ) throws(ConfigurationError) {
        for (name, secret) in section.secrets {
            if let reason = SecretStrength.weakness(secret) { throw ConfigurationError.weakKey(name, reason: reason) }
        }
        for setting in Setting.all where setting.isKey {
            if let secret = values.text(setting.name), let reason = SecretStrength.weakness(secret) {
                throw ConfigurationError.weakSecret(setting: setting.name, reason: reason)
            }
        }
    }

    /// `localhost`, `::1` and 127.0.0.0/8; a name that merely starts with 127 is not loopback.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" || host == "::1" || host == "[::1]" { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127"
            && parts.allSatisfy { part in part.utf8.allSatisfy { (0x30...0x39).contains($0) } && UInt8(part) != nil }
    }
}
