/// What a namespace says about presence.
public struct PresenceOptions: Sendable, Equatable {
    /// Who is subscribed is kept, and can be asked for.
    public var isOn: Bool
    /// Joins and leaves may be told to subscribers.
    public var joinLeave: Bool
    /// They are told to every subscriber, whether its client asked or not.
    public var forcePushJoinLeave: Bool
    /// Who may ask for presence over a client connection.
    public var access: ClientAccess

    /// Creates options; everything not named is off, and then costs nothing.
    public init(
        isOn: Bool = false, joinLeave: Bool = false, forcePushJoinLeave: Bool = false,
        access: ClientAccess = ClientAccess()
    ) {
        self.isOn = isOn
        self.joinLeave = joinLeave
        self.forcePushJoinLeave = forcePushJoinLeave
        self.access = access
    }

    /// True when something has to be done for each subscription.
    var concernsSubscriptions: Bool { isOn || joinLeave }
}

extension NamespaceTable {
    /// True when presence is on, or joins are told, in any namespace.
    var hasPresence: Bool {
        ([withoutNamespace] + (namespaces.map { Array($0.values) } ?? [])).contains {
            $0.presence.concernsSubscriptions
        }
    }
}
