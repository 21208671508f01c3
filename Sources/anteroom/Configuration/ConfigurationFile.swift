import Gateway

/// Is what a configuration file says: JSON with the keys of a Centrifugo configuration.
struct ConfigurationFile: Sendable {
    /// Settings that also have a variable and a flag.
    var settings: [SettingName: String] = [:]
    /// `client.insecure`; nil when the file is silent.
    var insecure: Bool?
    /// `client.allow_anonymous_connect_without_token`; nil when the file is silent.
    var allowAnonymous: Bool?
    /// What the file says of tokens and personal channels beyond the settings.
    var client = ClientSection()
    /// `channel.without_namespace`; nil when the file is silent.
    var withoutNamespace: ChannelOptions?
    /// `channel.namespaces` in the order of the file; nil when the file is silent.
    var namespaces: [ChannelSection]?

    /// Longest file that is read, in bytes.
    static let maximumBytes = 1_048_576

    static let insecureKey = "client.insecure"
    static let anonymousKey = "client.allow_anonymous_connect_without_token"
    static let withoutNamespaceKey = "channel.without_namespace"
    static let namespacesKey = "channel.namespaces"

    /// Every key outside of the options of a channel.
    static let keys: [String] =
        Setting.all.map(\.fileKey) + [insecureKey, anonymousKey, withoutNamespaceKey, namespacesKey]
        + ClientSection.keys

    /// Nothing was said.
    init() {}

    /// Reads the text of a file.
    ///
    /// - Errors: the first thing that is wrong, with the path of its key.
    init(_ bytes: [UInt8], file: String) throws(ConfigurationError) {
        guard bytes.count <= Self.maximumBytes else {
            throw .unreadableFile(file: file, reason: "it is longer than \(Self.maximumBytes) bytes")
        }
        let document: StrictJSON
        do {
            document = try StrictJSON(bytes)
        } catch {
            let before = bytes.prefix(error.offset)
            let line = before.count { $0 == 0x0A } + 1
            let column = error.offset - (before.lastIndex(of: 0x0A).map { $0 + 1 } ?? 0) + 1
            throw .malformedFile(file: file, reason: error.reason, line: line, column: column)
        }
        guard case .object = document else {
            throw .malformedFile(file: file, reason: "is not an object", line: 1, column: 1)
        }
        try read(FileNode(file: file, path: "", value: document))
    }

    private mutating func read(_ node: FileNode) throws(ConfigurationError) {
        for child in try node.members() {
            if Self.keys.contains(child.path) {
                try take(child)
            } else if ClientSection.remoteKeys.contains(child.path) {
                throw .remoteKeys(file: child.file, key: child.path)
            } else if Self.keys.contains(where: { $0.hasPrefix(child.path + ".") }) {
                try read(child)
            } else {
                throw child.unknown(among: Self.keys)
            }
        }
    }

    private mutating func take(_ node: FileNode) throws(ConfigurationError) {
        switch node.path {
        case Self.insecureKey: insecure = try node.boolean()
        case Self.anonymousKey: allowAnonymous = try node.boolean()
        case Self.withoutNamespaceKey: withoutNamespace = try ChannelSection.options(node)
        case Self.namespacesKey: namespaces = try ChannelSection.list(node)
        case _ where ClientSection.keys.contains(node.path): try client.take(node)
        default:
            guard let setting = Setting.all.first(where: { $0.fileKey == node.path }) else { return }
            settings[setting.name] = try node.text(of: setting)
        }
    }
}

/// Is one value of the file with the path that leads to it.
struct FileNode {
    let file: String
    let path: String
    let value: StrictJSON

    /// The keys of an object.
    func members() throws(ConfigurationError) -> [FileNode] {
        guard case .object(let members) = value else { throw wrong("an object") }
        return members.map { member in
            let name = Self.pathPart(member.key)
            return FileNode(file: file, path: path.isEmpty ? name : "\(path).\(name)", value: member.value)
        }
    }

    /// A key as a part of a path. One that holds a dot, or anything that would break the sentence, is quoted: no path
    /// that somebody reads has quotes, so that `{"client.insecure":…}` can't pass for `{"client":{"insecure":…}}`.
    private static func pathPart(_ key: String) -> String {
        let isPlain = !key.isEmpty && key.utf8.allSatisfy { (0x21...0x7E).contains($0) && !".[]\"".utf8.contains($0) }
        return isPlain && key.count <= 80 ? key : StrictJSON.string(String(key.prefix(80))).text
    }

    func boolean() throws(ConfigurationError) -> Bool {
        guard case .boolean(let flag) = value else { throw wrong("true or false") }
        return flag
    }

    /// A setting's value as the text that a variable would hold.
    func text(of setting: Setting) throws(ConfigurationError) -> String {
        let text: String? =
            switch (setting.kind, value) {
            case (.integer, .number(let text)), (.integerOrOff, .number(let text)), (.proxies, .number(let text)): text
            case (.choice, .string(let text)), (.text, .string(let text)), (.secret, .string(let text)),
                (.address, .string(let text)):
                text
            case (.choice, .boolean(let flag)): String(flag)
            case (.origins, .array(let values)), (.activities, .array(let values)),
                (.proxies, .array(let values)):
                Self.joined(values)
            default: nil
            }
        guard let text, setting.accepts(text) else {
            if case .origins = setting.kind { throw wrong("a list of origins like https://app.example.com, * or null") }
            if case .activities = setting.kind {
                throw wrong("a list of names of 1 to 64 letters, digits and any of - _")
            }
            throw wrong(setting.accepted)
        }
        return text
    }

    /// A text that is not empty.
    func text() throws(ConfigurationError) -> String {
        guard case .string(let text) = value, !text.isEmpty else { throw wrong("a text that is not empty") }
        return text
    }

    func wrong(_ accepted: String) -> ConfigurationError {
        .wrongValue(file: file, key: path, accepted: accepted)
    }

    /// The error for a key that nobody reads, with the nearest one that somebody does.
    func unknown(among keys: [String]) -> ConfigurationError {
        guard !path.contains("\"") else { return .unknownKey(file: file, key: path, suggestion: nil) }
        // A prefix is a key of its own: `client.tokne` should lead to `client.token`.
        let depth = path.split(separator: ".").count
        let candidates = Set(keys.map { $0.split(separator: ".").prefix(depth).joined(separator: ".") })
        return .unknownKey(file: file, key: path, suggestion: Spelling.nearest(to: path, among: candidates))
    }

    private static func joined(_ values: [StrictJSON]) -> String? {
        var parts: [String] = []
        for value in values {
            guard case .string(let text) = value, !text.contains(",") else { return nil }
            parts.append(text)
        }
        return parts.isEmpty ? nil : parts.joined(separator: ",")
    }
}
