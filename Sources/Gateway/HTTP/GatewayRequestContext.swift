import Hummingbird
import Logging
import NIOCore

/// What a route knows about its request besides the request.
public struct GatewayRequestContext: RequestContext {
    /// Hummingbird's part.
    public var coreContext: CoreRequestContextStorage
    /// The caller: the socket's peer, unless a trusted proxy said otherwise.
    public var remoteAddress: SocketAddress?

    /// Creates the context of a request of `source`'s connection.
    public init(source: ApplicationRequestContextSource) {
        self.coreContext = CoreRequestContextStorage(source: source)
        self.remoteAddress = source.channel.remoteAddress
    }

    /// Bytes of a body that is decoded; the transport refuses longer ones before.
    public var maxUploadSize: Int { TransportLimits().maxBodyBytes }
}
