import Gateway

/// Holds the effective text of every setting, each checked against what it accepts.
struct SettingValues: Sendable {
    /// In the order of the table.
    let all: [ResolvedSetting]

    /// Chooses each value: flags over environment over file over defaults.
    ///
    /// - Errors: ``ConfigurationError/badValue(setting:shown:source:)`` for the first value that is not accepted.
    init(
        flags: [SettingName: String], environment: [String: String], file: [SettingName: String]
    ) throws(ConfigurationError) {
        var all: [ResolvedSetting] = []
        for setting in Setting.all {
            let (text, source) = Self.choose(setting, flags: flags, environment: environment, file: file)
            if let text, !setting.accepts(text) {
                let shown = setting.isSecret ? "not usable" : "\"\(text.prefix(80))\""
                throw .badValue(setting: setting.name, shown: shown, source: source)
            }
            all.append(ResolvedSetting(name: setting.name, text: text, source: source))
        }
        self.all = all
    }

    /// The value of a setting; nil when it is not set and has no default.
    func text(_ name: SettingName) -> String? {
        all.first { $0.name == name }?.text
    }

    /// The value of a setting that is a number; 0 when it is not set.
    func integer(_ name: SettingName) -> Int64 {
        text(name).flatMap { Int64($0) } ?? 0
    }

    /// A number that is kept as `Int`; every range in the table fits.
    func int(_ name: SettingName) -> Int { Int(clamping: integer(name)) }

    /// Where a value came from.
    func source(_ name: SettingName) -> ValueSource {
        all.first { $0.name == name }?.source ?? .fallback
    }

    private static func choose(
        _ setting: Setting, flags: [SettingName: String], environment: [String: String], file: [SettingName: String]
    ) -> (String?, ValueSource) {
        if let text = flags[setting.name] { return (text, .flag(setting.name.flag)) }
        // `PORT=` is how a container file says "not set".
        let variables = ([setting.name.rawValue] + setting.aliases).filter {
            environment[$0].map { !$0.isEmpty } ?? false
        }
        if let first = variables.first {
            // Two aliases of a list are two parts of it; of anything else, the first wins.
            if case .origins = setting.kind, first != setting.name.rawValue {
                let text = variables.compactMap { environment[$0] }.joined(separator: ",")
                return (text, .environment(variables.joined(separator: " and ")))
            }
            return (environment[first], .environment(first))
        }
        if let text = file[setting.name] { return (text, .file(key: setting.fileKey)) }
        return (setting.fallback, .fallback)
    }
}

extension Setting {
    /// Says whether a text is a value of this setting.
    func accepts(_ text: String) -> Bool {
        switch kind {
        case .integer(let range): return Self.wholeNumber(text).map(range.contains) ?? false
        case .integerOrOff(let range): return Self.wholeNumber(text).map { $0 == 0 || range.contains($0) } ?? false
        case .choice(let choices): return choices.contains(text)
        case .text, .secret, .address:
            return !text.isEmpty && !text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
        case .origins: return Self.origins(text) != nil
        case .activities: return Self.activities(text) != nil
        case .proxies: return Self.proxies(text) != nil
        }
    }

    /// Reads a list of origins; nil when one of them is none.
    static func origins(_ text: String) -> [OriginPattern]? {
        var patterns: [OriginPattern] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let pattern = OriginPattern(String(part.trimming { $0 == " " })) else { return nil }
            patterns.append(pattern)
        }
        return patterns
    }

    /// Reads a list of activities; nil when one of them can be none.
    static func activities(_ text: String) -> Set<String>? {
        let names = text.split(separator: ",", omittingEmptySubsequences: false)
            .map { String($0.trimming { $0 == " " }) }
        return names.allSatisfy(LinkSettings.isActivity) ? Set(names) : nil
    }

    /// Reads how many proxies there are, or which; nil when it says neither.
    static func proxies(_ text: String) -> TrustedProxies? {
        if let count = wholeNumber(text) {
            guard count <= Int64(TrustedProxies.hopsMax) else { return nil }
            return count == 0 ? TrustedProxies.none : .hops(Int(clamping: count))
        }
        var ranges: [AddressRange] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            guard let range = AddressRange(String(part.trimming { $0 == " " })) else { return nil }
            ranges.append(range)
        }
        return .networks(ranges)
    }

    /// Digits only: `Int64("+5")` would be accepted otherwise.
    private static func wholeNumber(_ text: String) -> Int64? {
        text.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int64(text) : nil
    }
}

extension Substring {
    fileprivate func trimming(_ drop: (Character) -> Bool) -> Substring {
        var text = self.drop(while: drop)
        while let last = text.last, drop(last) { text.removeLast() }
        return text
    }
}
