import Gateway

/// Renders a configuration without its secrets.
struct ConfigurationReport {
    /// Is one line: a name, what it is, and who said so.
    struct Row: Equatable {
        let name: String
        let value: String
        let source: String
    }

    let rows: [Row]

    init(_ configuration: Configuration) {
        var rows = configuration.values.all.map { value in
            var shown = value.shown
            if value.name == .connections, value.text == nil {
                shown = String(configuration.gateway.maximumConnections)
            }
            if value.name == .softConnections, value.text == nil {
                shown = String(configuration.gateway.traffic.softConnections)
            }
            return Row(name: value.name.rawValue, value: shown, source: value.source.label)
        }
        let file = configuration.file
        func add(_ key: String, _ value: String, fromFile: Bool) {
            rows.append(Row(name: key, value: value, source: fromFile ? "file \(key)" : "default"))
        }
        add(ConfigurationFile.insecureKey, String(configuration.gateway.insecure), fromFile: file.insecure != nil)
        add(
            ConfigurationFile.anonymousKey, String(configuration.gateway.allowAnonymous),
            fromFile: file.allowAnonymous != nil)
        add(
            ClientSection.anonymousTokensKey, String(!configuration.gateway.allowAnonymousTokens),
            fromFile: file.client.refusesAnonymousTokens)
        add(
            ClientSection.subscriptionKey,
            configuration.gateway.subscriptionTokens == nil ? "the keys of connection tokens" : "keys of their own",
            fromFile: file.client.hasSubscriptionKeys)
        add(
            ClientSection.personalKey, configuration.gateway.personalChannel.map(Self.describe) ?? "off",
            fromFile: file.client.hasPersonalChannel)
        let table = configuration.gateway.namespaces
        add(
            ConfigurationFile.withoutNamespaceKey, Self.describe(table.withoutNamespace),
            fromFile: file.withoutNamespace != nil)
        if let sections = file.namespaces {
            for section in sections {
                add(
                    "\(ConfigurationFile.namespacesKey).\(section.name)", Self.describe(section.options), fromFile: true
                )
            }
        } else {
            add(ConfigurationFile.namespacesKey, "every name, with the options above", fromFile: false)
        }
        self.rows = rows
    }

    /// Columns for people.
    var table: String { Self.columns([["SETTING", "VALUE", "FROM"]] + rows.map { [$0.name, $0.value, $0.source] }) }

    /// A list of objects for programs.
    var json: String {
        let values = rows.map { row in
            StrictJSON.object([
                .init("name", .string(row.name)), .init("value", .string(row.value)),
                .init("source", .string(row.source)),
            ])
        }
        return "[\n  " + values.map(\.text).joined(separator: ",\n  ") + "\n]"
    }

    /// What can be set, and how.
    static func keys() -> String {
        let settings = Setting.all.map { setting in
            [
                ([setting.name.rawValue] + setting.aliases).joined(separator: ", "), setting.fileKey,
                setting.fallback ?? setting.absent, setting.meaning,
            ]
        }
        let others = [
            ["–", ConfigurationFile.insecureKey, "false", "opens every permission of clients; development only"],
            ["–", ConfigurationFile.anonymousKey, "false", "clients may connect without a token"],
            ["–", ConfigurationFile.withoutNamespaceKey, "–", "options of channels without a namespace"],
            [
                "–", ConfigurationFile.namespacesKey, "every name",
                "a list of objects with a name and options; others do not exist",
            ],
        ]
        let client = ClientSection.meanings.map { ["–", $0.key, "–", $0.meaning] }
        return columns([["VARIABLE", "KEY OF THE FILE", "DEFAULT", "MEANING"]] + settings + client + others)
            + "\n\nThe flag of VARIABLE_NAME is --variable-name. Options of channels: "
            + ChannelSection.optionKeys.joined(separator: ", ") + "."
    }

    private static func describe(_ channel: PersonalChannel) -> String {
        (channel.namespace.isEmpty ? "#user" : "\(channel.namespace):#user")
            + (channel.isSingle ? ", one connection a user" : "")
    }

    static func describe(_ options: ChannelOptions) -> String {
        var parts = [
            options.hasHistory ? "history \(options.historySize)/\(options.historyTTLMilliseconds) ms" : "no history"
        ]
        if options.forceRecovery {
            parts.append("recovery forced")
        } else if options.allowRecovery {
            parts.append("recovery")
        }
        if options.forcePositioning { parts.append("positioning forced") }
        if options.dropsEphemeral { parts.append("slow consumers go without ephemeral publications") }
        if options.allowUserLimitedChannels { parts.append("users in the name") }
        if let pattern = options.pattern { parts.append("names like \(pattern.text)") }
        for (verb, access) in [
            ("subscribe", options.subscribe), ("publish", options.publish), ("history", options.history),
        ] {
            var who: [String] = []
            if access.forClient { who.append("client") }
            if access.forSubscriber { who.append("subscriber") }
            if access.forAnonymous { who.append("anonymous") }
            if !who.isEmpty { parts.append("\(verb): \(who.joined(separator: "+"))") }
        }
        return parts.joined(separator: ", ")
    }

    private static func columns(_ lines: [[String]]) -> String {
        let count = lines.map(\.count).max() ?? 0
        let widths = (0..<count).map { column in lines.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0 }
        return lines.map { line in
            zip(line, widths).enumerated().map { index, cell in
                index == line.count - 1
                    ? cell.0 : cell.0 + String(repeating: " ", count: max(0, cell.1 - cell.0.count))
            }.joined(separator: "  ")
        }.joined(separator: "\n")
    }
}
