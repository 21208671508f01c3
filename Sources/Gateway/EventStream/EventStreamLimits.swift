/// Bounds of one event stream.
enum EventStreamLimits {
    /// Channels of one stream.
    static let channelsMax = 32
    /// Encoded bytes of live events that wait for a slow reader; over it the stream ends, and its client comes back with
    /// its positions.
    static let waitingBytesMax = 1_048_576
    /// Bytes of live events that wait, over which a reader goes without ephemeral ones, where the namespace says so.
    static let ephemeralBytesMax = 262_144
    /// Publications of one channel that a returning client is given; the engine bounds their bytes.
    static let recoveredMax = 10_000
    /// What clients are told to wait before they come back, in milliseconds.
    static let retryMilliseconds = 2_000
}
