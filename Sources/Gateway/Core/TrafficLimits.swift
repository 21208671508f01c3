/// How much clients may ask of a node, together and each.
public struct TrafficLimits: Sendable {
    /// Who is believed about the addresses of callers.
    public var proxies: TrustedProxies
    /// Connections from which on the node is not ready: a balancer sends new ones elsewhere.
    public var softConnections: Int
    /// Connections of one address; 0 for any number. Loopback is never counted.
    public var connectionsPerAddress: Int
    /// Messages that a WebSocket may send in a minute; 0 for any number.
    public var messagesPerMinute: Int

    /// How long a connection of the client protocol may say and be told nothing but pings; 0 for ever. Units: milliseconds.
    public var idleMilliseconds: Int64

    /// WebSockets that open in a second, on all event loops together; more wait in line. 0 for any number.
    public var openingsPerSecond: Int

    /// Limits; those that are not named are off.
    public init(
        proxies: TrustedProxies = .none, softConnections: Int = .max, connectionsPerAddress: Int = 0,
        messagesPerMinute: Int = 0, idleMilliseconds: Int64 = 0, openingsPerSecond: Int = 0
    ) {
        self.proxies = proxies
        self.softConnections = softConnections
        self.connectionsPerAddress = connectionsPerAddress
        self.messagesPerMinute = messagesPerMinute
        self.idleMilliseconds = idleMilliseconds
        self.openingsPerSecond = openingsPerSecond
    }
}
