/// Bounds of a plain WebSocket.
enum PlainLimits {
    /// Publications that a returning client is given; the engine bounds their bytes.
    static let recoveredMax = 10_000
    /// Messages that wait for the engine; one more is error 111.
    static let inFlightMax = 1_024
    /// Unsent bytes over which a consumer is slow and closed with 3008.
    static let outboundBytesMax = 1_048_576
    /// Unsent bytes over which a consumer goes without ephemeral publications, where its namespace says so.
    static let ephemeralBytesMax = 262_144
}
