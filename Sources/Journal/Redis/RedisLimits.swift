/// Bounds of the connections to Redis.
public struct RedisLimits: Sendable, Equatable {
    /// Commands of one connection that wait for their reply; more are refused as busy.
    public var inFlightMax = 65_536
    /// Bytes of one connection that the kernel has not taken yet; more are refused as busy.
    public var outboundBytesMax = 64 << 20
    /// Bytes of one string in a reply.
    public var stringBytesMax = 64 << 20
    /// Bytes of one whole reply. A reader of the stream must ask for fewer entries when it meets this bound.
    public var replyBytesMax = 256 << 20
    /// Elements of one whole reply, over all its arrays; what an array takes is reserved when its header is read.
    public var elementsMax = 2 << 20
    /// Bytes of a line: a status, an error or a length.
    public var lineBytesMax = 4_096

    /// Arrays inside each other; libhiredis has room for eight.
    public static let nestingMax = 7
    /// Bytes handed to libhiredis at once: it moves what is left of its buffer after each kibibyte of replies.
    static let feedBytes = 16_384
    /// Bytes that libhiredis may keep allocated while idle.
    static let idleBufferBytes = 256 << 10
    /// Nodes of a cluster that are asked for its layout before giving up.
    public static let nodesAskedMax = 16
    /// Nodes of a cluster that are remembered.
    public static let nodesKnownMax = 1_024

    /// The bounds as they stand.
    public init() {}

    /// The bounds that hold unless a caller says otherwise.
    public static let standard = RedisLimits()
}
