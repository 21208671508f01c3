import Gateway

/// Is one entry of `channel.namespaces`.
struct ChannelSection: Sendable, Equatable {
    let name: String
    let options: ChannelOptions

    /// Most namespaces that a file may list.
    static let maximumCount = 1000
    /// Largest history of one channel, in publications.
    static let maximumHistory: Int64 = 1_000_000

    private static let nameRule =
        "a name of 2 to 64 letters, digits and any of - _ . that is not session, waiting or presence"

    private static let switches: [(key: String, path: any (WritableKeyPath<ChannelOptions, Bool> & Sendable))] = [
        ("allow_positioning", \.allowPositioning),
        ("force_positioning", \.forcePositioning),
        ("allow_recovery", \.allowRecovery),
        ("force_recovery", \.forceRecovery),
        ("allow_user_limited_channels", \.allowUserLimitedChannels),
        ("allow_subscribe_for_client", \.subscribe.forClient),
        ("allow_subscribe_for_anonymous", \.subscribe.forAnonymous),
        ("allow_publish_for_client", \.publish.forClient),
        ("allow_publish_for_subscriber", \.publish.forSubscriber),
        ("allow_publish_for_anonymous", \.publish.forAnonymous),
        ("allow_history_for_client", \.history.forClient),
        ("allow_history_for_subscriber", \.history.forSubscriber),
        ("allow_history_for_anonymous", \.history.forAnonymous),
        ("presence", \.presence.isOn),
        ("join_leave", \.presence.joinLeave),
        ("force_push_join_leave", \.presence.forcePushJoinLeave),
        ("allow_presence_for_client", \.presence.access.forClient),
        ("allow_presence_for_subscriber", \.presence.access.forSubscriber),
        ("allow_presence_for_anonymous", \.presence.access.forAnonymous),
    ]

    /// The options that a channel can have.
    static let optionKeys = ["history_size", "history_ttl", "slow_consumer", "channel_regex"] + switchKeys
    /// Those that are true or false.
    static let switchKeys = switches.map(\.key)

    /// Reads the options of one namespace; what is not named keeps its default.
    static func options(_ node: FileNode) throws(ConfigurationError) -> ChannelOptions {
        try options(node, alsoAllowed: [])
    }

    /// Reads `channel.namespaces`.
    static func list(_ node: FileNode) throws(ConfigurationError) -> [ChannelSection] {
        guard case .array(let values) = node.value, values.count <= maximumCount else {
            throw node.wrong("a list of at most \(maximumCount) objects")
        }
        var sections: [ChannelSection] = []
        for (index, value) in values.enumerated() {
            let entry = FileNode(file: node.file, path: "\(node.path)[\(index)]", value: value)
            let options = try options(entry, alsoAllowed: ["name"])
            let name = FileNode(file: node.file, path: entry.path + ".name", value: value["name"] ?? .null)
            guard case .string(let text) = name.value, isName(text) else { throw name.wrong(nameRule) }
            guard !sections.contains(where: { $0.name == text }) else {
                throw name.wrong("a name that is not listed twice")
            }
            sections.append(ChannelSection(name: text, options: options))
        }
        return sections
    }

    private static func options(
        _ node: FileNode, alsoAllowed: [String]
    ) throws(ConfigurationError) -> ChannelOptions {
        var options = ChannelOptions()
        for child in try node.members() {
            let key = String(child.path.dropFirst(node.path.count + 1))
            switch key {
            case "history_size": options.historySize = try count(child)
            case "history_ttl": options.historyTTLMilliseconds = try span(child)
            case "slow_consumer": options.dropsEphemeral = try dropsEphemeral(child)
            case "channel_regex": options.pattern = try pattern(child)
            case _ where alsoAllowed.contains(key): continue
            default:
                guard let entry = switches.first(where: { $0.key == key }) else {
                    throw child.unknown(among: (optionKeys + alsoAllowed).map { "\(node.path).\($0)" })
                }
                options[keyPath: entry.path] = try child.boolean()
            }
        }
        return options
    }

    private static func count(_ node: FileNode) throws(ConfigurationError) -> Int {
        guard case .number(let text) = node.value, let count = Int64(text), (0...maximumHistory).contains(count) else {
            throw node.wrong("a whole number from 0 to \(maximumHistory)")
        }
        return Int(clamping: count)
    }

    private static func dropsEphemeral(_ node: FileNode) throws(ConfigurationError) -> Bool {
        switch node.value {
        case .string("close"): return false
        case .string("drop_ephemeral"): return true
        default: throw node.wrong("close or drop_ephemeral")
        }
    }

    private static func pattern(_ node: FileNode) throws(ConfigurationError) -> ChannelPattern {
        guard case .string(let text) = node.value, let pattern = ChannelPattern(text) else {
            throw node.wrong("a regular expression like \"^[a-z0-9]+$\"")
        }
        return pattern
    }

    private static func span(_ node: FileNode) throws(ConfigurationError) -> Int64 {
        guard case .string(let text) = node.value, let span = SpanText.milliseconds(text) else {
            throw node.wrong("a span of time like \"300s\", \"24h\" or \"0\"")
        }
        return span
    }

    private static func isName(_ text: String) -> Bool {
        (2...64).contains(text.utf8.count) && ReservedNamespace(rawValue: text) == nil
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
                case UInt8(ascii: "0")...UInt8(ascii: "9"): true
                default: "-_.".utf8.contains(byte)
                }
            }
    }
}
