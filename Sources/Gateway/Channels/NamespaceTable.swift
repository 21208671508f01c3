/// Finds the options of a channel by its namespace.
public struct NamespaceTable: Sendable, Equatable {
    /// Options of names without a namespace and, while `namespaces` is nil, of every name.
    public let withoutNamespace: ChannelOptions
    /// The listed namespaces; nil when no list was given, and then every namespace exists.
    public let namespaces: [String: ChannelOptions]?

    /// Creates a table.
    public init(withoutNamespace: ChannelOptions = .withoutFile, namespaces: [String: ChannelOptions]? = nil) {
        self.withoutNamespace = withoutNamespace
        self.namespaces = namespaces
    }

    /// Returns the options of a channel; nil means error 102, unknown channel.
    public func options(of channel: ChannelName) -> ChannelOptions? {
        if channel.reserved != nil { return .reserved }
        guard let namespace = channel.namespace, let namespaces else { return withoutNamespace }
        return namespaces[namespace]
    }

    /// Whether slow consumers of a channel go without ephemeral publications.
    func dropsEphemeral(in channel: String) -> Bool {
        if case .success(let found) = resolve(channel) { found.options.dropsEphemeral } else { false }
    }

    /// Returns the name and its options, or the reply error that a client gets: 107 or 102.
    public func resolve(_ text: String) -> Result<(name: ChannelName, options: ChannelOptions), ChannelRefusal> {
        guard let name = ChannelName(text) else { return .failure(.badRequest) }
        guard let options = options(of: name) else { return .failure(.unknownChannel) }
        if let pattern = options.pattern, !pattern.matches(name.rest) { return .failure(.badRequest) }
        return .success((name, options))
    }
}

/// Is why a channel operation is refused; the raw value is the reply error's code.
public enum ChannelRefusal: Int, Error, Sendable {
    /// No such namespace.
    case unknownChannel = 102
    /// This client may not do that here.
    case permissionDenied = 103
    /// The name breaks the name rules, those of its namespace included.
    case badRequest = 107
    /// The namespace has no history.
    case notAvailable = 108
}
