/// Says how clients are subscribed to a channel of their user: `#7`, or `ns:#7` with a namespace.
public struct PersonalChannel: Sendable, Equatable {
    /// "" for none.
    public var namespace: String
    /// Whoever connects ends the user's older connections.
    public var isSingle: Bool

    /// Creates settings.
    public init(namespace: String = "", isSingle: Bool = false) {
        self.namespace = namespace
        self.isSingle = isSingle
    }

    /// The channel of a user; nil for the anonymous one.
    func channel(of user: String) -> String? {
        guard !user.isEmpty else { return nil }
        return namespace.isEmpty ? "#\(user)" : "\(namespace):#\(user)"
    }
}
