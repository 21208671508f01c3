/// Is where a value came from.
enum ValueSource: Sendable, Equatable {
    case flag(String)
    case environment(String)
    case file(key: String)
    case fallback

    /// Short form for the table of `anteroom config`.
    var label: String {
        switch self {
        case .flag(let name): "flag \(name)"
        case .environment(let name): "environment \(name)"
        case .file(let key): "file \(key)"
        case .fallback: "default"
        }
    }

    /// Form for the start of a sentence.
    func phrase(for setting: SettingName) -> String {
        switch self {
        case .flag(let name): "The flag \(name)"
        case .environment(let name): "\(name) in the environment"
        case .file(let key): "\(key) in the configuration file"
        case .fallback: "The default of \(setting.rawValue)"
        }
    }
}

/// Is the effective value of one setting with its source.
struct ResolvedSetting: Sendable, Equatable {
    let name: SettingName
    /// Nil when nobody set it and there is no default.
    let text: String?
    let source: ValueSource

    /// The value as it may be shown: secrets give away neither their content nor their length.
    var shown: String {
        guard let setting = Setting.of(name) else { return "" }
        guard let text else { return setting.absent }
        return setting.isSecret ? "••••••••" : text
    }
}
