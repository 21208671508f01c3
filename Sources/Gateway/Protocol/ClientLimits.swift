/// Bounds of a connection of the client protocol.
enum ClientLimits {
    /// Subscriptions of one connection; one more is error 106.
    static let subscriptionsMax = 128
    /// Bytes of publications that wait for the answer to a connect.
    static let heldBytesMax = 1_048_576
    /// Commands and orders that wait for the answer to a connect.
    static let postponedMax = 1_024
    /// Publications that one recovery may carry.
    static let recoveryPublicationsMax = 300
    /// Places in waiting rooms of one connection.
    static let placesMax = 16
    /// Publications that one history reply may carry.
    static let historyPublicationsMax = 300
    /// Commands that wait for the engine; one more is error 111.
    static let inFlightMax = 4_096
    /// Commands that wait for the subscribe of their channel; one more is error 111.
    static let waitingPerChannelMax = 32
    /// Unsent bytes over which a consumer is slow and closed with 3008.
    static let outboundBytesMax = 1_048_576
    /// Unsent bytes over which a consumer goes without ephemeral publications, where its namespace says so.
    static let ephemeralBytesMax = 262_144
    /// Bytes of replies that share a frame.
    static let replyFrameBytes = 32_768
    /// Seconds from the upgrade within which a client must have connected.
    static let staleSeconds: Int64 = 10
    /// Time after the end of its credentials within which a client may still refresh them.
    static let expiryGraceMilliseconds: Int64 = 25_000
    /// Clients that a drain closes at once, on each event loop; the rest follow in pace.
    static let drainBurst = 200
    /// Clients that a drain closes in a second, on each event loop; more if the drain time asks for it.
    static let drainPerSecond = 1_000
}
