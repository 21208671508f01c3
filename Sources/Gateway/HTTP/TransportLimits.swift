import NIOCore

/// The bounds of one connection, before the application sees anything.
public struct TransportLimits: Sendable {
    /// Bytes of the request line and all header fields together; one field can't have more either. Over it: 431.
    public var maxHeaderBytes = 16 * 1024
    /// Header fields of one request. Over it: 431.
    public var maxHeaderFields = 100
    /// Bytes of a request's body. Over it: 413.
    public var maxBodyBytes = 1024 * 1024
    /// From the accept to the end of the first request's header, against clients that drip it.
    public var headerDeadline: TimeAmount = .seconds(5)
    /// From the end of a request's header to the end of its body. Over it: 408.
    public var bodyDeadline: TimeAmount = .seconds(30)
    /// How long a kept-alive connection may be silent between requests.
    public var keepAliveIdle: TimeAmount = .seconds(60)
    /// How long a client may leave a response unread before it is dropped.
    public var writeStall: TimeAmount = .seconds(60)
    /// How long a peer may take to close its side after ours is closed.
    public var lingerTime: TimeAmount = .seconds(1)
    /// Connections that the kernel queues before they are accepted.
    public var backlog = 4096
    /// Connections accepted in a row before the event loop turns to others.
    public var acceptsPerTurn = 64

    /// Messages that a socket may send in a minute; 0 for any number.
    public var messagesPerMinute = 0
    /// The line in which sockets wait to open; nil opens each at once.
    package var openings: OpeningLine?
    /// Who is believed about addresses.
    public var proxies = TrustedProxies.none
    /// Counts the sockets of each address; nil counts nobody.
    package var callers: CallerTable?

    /// Receive buffers of all connections, in bytes.
    ///
    /// A connection keeps its buffer for ever, whatever allocator is set later, and most are idle WebSockets: with
    /// NIO's initial 2,048 one takes 4.6 KB, with these 2.8 KB (10,000 connections, November 2026). Busy ones grow.
    static let receiveBuffers = AdaptiveRecvByteBufferAllocator(minimum: 64, initial: 256, maximum: 65536)

    /// The default bounds.
    public init() {}

    /// The bounds of a node's configuration.
    public init(_ core: GatewayCore) {
        let traffic = core.configuration.traffic
        (messagesPerMinute, proxies, callers) = (traffic.messagesPerMinute, traffic.proxies, core.callers)
        openings = traffic.openingsPerSecond > 0 ? OpeningLine(perSecond: traffic.openingsPerSecond) : nil
    }
}
