import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypesHTTP1

extension UpgradeGate {
    /// An upgrade that waits for the end of its request.
    struct AcceptedUpgrade {
        var key: String
        var subprotocol: String?
        var maxMessageBytes: Int
        var conversation: @Sendable (any EventLoop) -> any WebSocketConversation
    }

    /// Offers a request for a WebSocket to the application; true if it is the router's.
    func offer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> Bool {
        // A head that HTTPTypes can't express is answered as any other such request is.
        guard let request = try? HTTPRequest(head, secure: false, splitCookie: false) else { return true }
        switch self.upgrades.upgrade(request, remote: context.remoteAddress) {
        case .pass: return true
        case .refuse(let problem): self.fail(problem, context)
        case .accept(let subprotocol, let maxMessageBytes, let conversation):
            switch Handshake.acceptKey(for: head) {
            case .failure(let fault): self.fail(fault.problem, context)
            case .success(let key):
                self.accepted = AcceptedUpgrade(
                    key: key, subprotocol: subprotocol, maxMessageBytes: maxMessageBytes, conversation: conversation
                )
            }
        }
        return false
    }

    /// Answers the handshake and leaves the pipeline to a ``WebSocketHandler``.
    func open(_ upgrade: AcceptedUpgrade, _ context: ChannelHandlerContext) {
        self.accepted = nil
        self.stopTimer()
        var headers: HTTPHeaders = [
            "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": upgrade.key,
        ]
        if let subprotocol = upgrade.subprotocol { headers.add(name: "Sec-WebSocket-Protocol", value: subprotocol) }
        let head = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
        context.write(Self.wrapOutboundOut(.head(head)), promise: nil)
        context.writeAndFlush(Self.wrapOutboundOut(.end(nil)), promise: nil)
        self.phase = .upgraded

        let channel = context.channel
        let pipeline = context.pipeline.syncOperations
        let socket = WebSocketHandler(
            eventLoop: context.eventLoop, maxMessageBytes: upgrade.maxMessageBytes,
            conversation: upgrade.conversation(context.eventLoop)
        )
        do {
            try pipeline.addHandler(socket, position: .after(self))
        } catch {
            // The connection broke during the handshake.
            return context.close(promise: nil)
        }
        for handler in self.httpOnly { pipeline.removeHandler(handler, promise: nil) }
        let decoderLeft = pipeline.removeHandler(self.decoder)
        pipeline.removeHandler(context: context, promise: nil)
        socket.start()
        // Leaving, the decoder hands on the frames that came right behind the handshake, but no end of the read.
        decoderLeft.assumeIsolated().whenComplete { _ in channel.pipeline.fireChannelReadComplete() }
    }
}
