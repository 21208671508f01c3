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
        var terms: SocketTerms
        var conversation: @Sendable (any EventLoop) -> any WebSocketConversation
    }

    /// Offers a request for a WebSocket to the application; true if it is the router's.
    func offer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) -> Bool {
        // A head that HTTPTypes can't express is answered as any other such request is.
        guard let request = try? HTTPRequest(head, secure: false, splitCookie: false) else { return true }
        let peer = context.remoteAddress
        let caller = self.limits.proxies.caller(forwarded: head.headers[TrustedProxies.field], peer: peer)
        switch self.upgrades.upgrade(request, remote: caller) {
        case .pass: return true
        case .refuse(let problem): self.fail(problem, context)
        case .accept(let subprotocol, let maxMessageBytes, let conversation):
            switch Handshake.acceptKey(for: head) {
            case .failure(let fault): self.fail(fault.problem, context)
            case .success(let key):
                guard let terms = self.terms(of: caller, peer: peer) else {
                    self.fail(.addressLimit, context)
                    break
                }
                self.accepted = AcceptedUpgrade(
                    key: key, subprotocol: subprotocol, maxMessageBytes: maxMessageBytes, terms: terms,
                    conversation: conversation
                )
            }
        }
        return false
    }

    /// Counts a socket in; nil if its address has as many as it may.
    private func terms(of caller: SocketAddress?, peer: SocketAddress?) -> SocketTerms? {
        var terms = SocketTerms(
            caller: caller == peer ? nil : caller, messagesPerMinute: self.limits.messagesPerMinute)
        switch self.limits.callers?.admit(caller) {
        case .free, nil: break
        case .counted(let place): terms.place = place
        case .tooMany: return nil
        }
        return terms
    }

    /// Opens a socket when its turn has come.
    func openInTurn(_ upgrade: AcceptedUpgrade, _ context: ChannelHandlerContext) {
        guard let line = self.limits.openings else { return self.open(upgrade, context) }
        guard let wait = line.wait(now: context.eventLoop.now) else {
            self.accepted = nil
            return self.fail(.tooManyOpenings, context)
        }
        guard wait > .zero else { return self.open(upgrade, context) }
        // What the client sends meanwhile stays with the kernel.
        self.setAutoRead(false, context)
        self.startTimer(wait, context) {
            guard let context = self.context, let accepted = self.accepted else { return }
            self.open(accepted, context)
            self.setAutoRead(true, context)
        }
    }

    /// The server shuts down: a socket that opened now would not be told.
    func refuseWhoWaits(_ context: ChannelHandlerContext) {
        guard self.accepted != nil else { return }
        self.accepted = nil
        self.stopTimer()
        self.fail(.draining, context)
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
            eventLoop: context.eventLoop, maxMessageBytes: upgrade.maxMessageBytes, terms: upgrade.terms,
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
