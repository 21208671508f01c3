import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// A connection that passed the gate as HTTP.
package struct GatedConnection: ServerChildChannelValue {
    /// The connection.
    package let channel: any Channel
    /// False if it became a WebSocket or ended: there is nothing to do for it.
    let speaksHTTP: Bool
}

/// Builds the pipeline of a connection: HTTP codec, ``UpgradeGate``, and Hummingbird behind it.
package struct GatedChannel: HTTPChannelHandler {
    /// Answers the requests that are no upgrades.
    package let responder: Responder
    let upgrades: any WebSocketUpgrades
    let limits: TransportLimits

    /// Creates the pipeline's plan.
    package init(responder: @escaping Responder, upgrades: any WebSocketUpgrades, limits: TransportLimits) {
        self.responder = responder
        self.upgrades = upgrades
        self.limits = limits
    }

    /// Adds the handlers; `settled` is called once, when the connection turned out to be HTTP, a WebSocket or nothing.
    func install(on channel: any Channel, logger: Logger, settled: @escaping (GatedConnection) -> Void) throws {
        var bounds = NIOHTTPDecoderLimitConfiguration()
        bounds.maxHeaderFieldSize = self.limits.maxHeaderBytes
        bounds.maxHeaderListSize = self.limits.maxHeaderBytes
        bounds.maxHeaderFieldCount = self.limits.maxHeaderFields
        let encoder = HTTPResponseEncoder()
        let decoder = ByteToMessageHandler(
            HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes, limitConfiguration: bounds)
        )
        let codec = HTTP1ToHTTPServerCodec(secure: false)
        let idle = HTTPConnectionStateHandler(idleTimeout: Duration(self.limits.keepAliveIdle), logger: logger)
        let gate = UpgradeGate(
            upgrades: self.upgrades, limits: self.limits, httpOnly: [encoder, codec, idle], decoder: decoder
        ) { outcome in
            settled(GatedConnection(channel: channel, speaksHTTP: outcome == .http))
        }
        let pipeline = channel.pipeline.syncOperations
        try pipeline.addHandler(encoder)
        try pipeline.addHandler(decoder)
        try pipeline.addHandler(gate)
        try pipeline.addHandler(codec)
        try pipeline.addHandler(idle)
    }

    /// Adds the handlers, for Hummingbird's own server and its TLS wrapper.
    package func setup(channel: any Channel, logger: Logger) -> EventLoopFuture<GatedConnection> {
        let promise = channel.eventLoop.makePromise(of: GatedConnection.self)
        do {
            try self.install(on: channel, logger: logger) { promise.succeed($0) }
        } catch {
            promise.fail(error)
        }
        return promise.futureResult
    }

    /// Serves the requests of one connection until it ends.
    package func handle(value connection: GatedConnection, logger: Logger) async {
        guard connection.speaksHTTP else { return }
        let channel = connection.channel
        do {
            let http = try await channel.eventLoop.submit {
                try channel.pipeline.syncOperations.handler(type: UpgradeGate.self).attach()
            }.get()
            await self.handleHTTP(asyncChannel: http, logger: logger)
        } catch {
            logger.debug("Connection ended before its first request", metadata: ["error": "\(error)"])
        }
    }
}
