/// Is why the configuration can't be used, told in one sentence.
enum ConfigurationError: Error, Equatable {
    /// A value is outside of what its setting accepts.
    case badValue(setting: SettingName, shown: String, source: ValueSource)
    /// The file could not be read.
    case unreadableFile(file: String, reason: String)
    /// The file is not JSON.
    case malformedFile(file: String, reason: String, line: Int, column: Int)
    /// The file has a key that nobody reads.
    case unknownKey(file: String, key: String, suggestion: String?)
    /// A key of the file has a value of the wrong shape.
    case wrongValue(file: String, key: String, accepted: String)
    /// Production without a key that it needs.
    case missingSecret(SettingName)
    /// A secret that can be guessed.
    case weakSecret(setting: SettingName, reason: String)
    /// The same, in the configuration file.
    case weakKey(String, reason: String)
    /// `…_PREVIOUS` is set, but what it precedes is not.
    case previousAlone(setting: SettingName, current: SettingName)
    /// Everything is open, by default or by a key of the file, and the address is not loopback.
    case exposed(host: String, key: String?)
    /// Two settings of which one may be set.
    case contradiction(SettingName, SettingName)
    /// One of two settings that only work together.
    case alone(SettingName, without: SettingName)
    /// An address of Redis, or a name of its keys, can't be used.
    case badAddress(setting: SettingName, reason: String)
    /// A key, or the file that it is in, can't be used.
    case badKey(name: String, reason: String)
    /// Two keys for the same tokens.
    case severalKeys([String])
    /// A key of Centrifugo that would make the server fetch something.
    case remoteKeys(file: String, key: String)
    /// `client.insecure` in production.
    case insecureInProduction(key: String)
}

extension ConfigurationError: CustomStringConvertible {
    private static let make = "make one with `openssl rand -hex 32`"

    var description: String {
        switch self {
        case .badValue(let setting, let shown, let source):
            "\(source.phrase(for: setting)) is \(shown); accepted is \(Setting.of(setting)?.accepted ?? "something else")."
        case .unreadableFile(let file, let reason):
            "The configuration file \(file) can't be read: \(reason)."
        case .malformedFile(let file, let reason, let line, let column):
            "The configuration file \(file) \(reason) (line \(line), column \(column)); accepted is one JSON object."
        case .unknownKey(let file, let key, let suggestion):
            "The configuration file \(file) has the unknown key \(key)"
                + (suggestion.map { "; did you mean \($0)?" } ?? "; `anteroom config --keys` lists those that exist.")
        case .wrongValue(let file, let key, let accepted):
            "The configuration file \(file) has a wrong value at \(key); accepted is \(accepted)."
        case .missingSecret(let setting):
            "\(setting.rawValue) is not set, which ENVIRONMENT=production needs; \(Self.make)."
        case .weakSecret(let setting, let reason):
            "\(setting.rawValue) is too weak: it \(reason); \(Self.make)."
        case .weakKey(let key, let reason):
            "\(key) is too weak: it \(reason); \(Self.make)."
        case .previousAlone(let setting, let current):
            "\(setting.rawValue) is set without \(current.rawValue); set \(current.rawValue) too, or neither."
        case .exposed(let host, nil):
            "HOST=\(host) can be reached from other machines, but without JWT_SECRET everything is open; "
                + "set JWT_SECRET (\(Self.make)), or listen on HOST=127.0.0.1."
        case .exposed(let host, let key?):
            "HOST=\(host) can be reached from other machines, but \(key) in the configuration file opens everything; "
                + "remove it, or listen on HOST=127.0.0.1."
        case .contradiction(let first, let second):
            "\(first.rawValue) and \(second.rawValue) are both set; accepted is one of them."
        case .alone(let setting, let other):
            "\(setting.rawValue) is set without \(other.rawValue); accepted are both or neither."
        case .badAddress(let setting, let reason):
            "\(setting.rawValue) can't be used: \(reason)."
        case .badKey(let name, let reason):
            "\(name) can't be used: \(reason)."
        case .severalKeys(let names):
            "\(names.joined(separator: " and ")) are both set; accepted is one of them, so that tokens have one kind of signature."
        case .remoteKeys(let file, let key):
            "The configuration file \(file) has \(key), but keys are never fetched over the network; "
                + "save them to a file and name it with JWT_JWKS_FILE."
        case .insecureInProduction(let key):
            "\(key) is true in the configuration file, which ENVIRONMENT=production does not accept; remove it."
        }
    }
}
