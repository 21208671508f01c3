import HTTPTypes
import Logging
import NIOCore
import NIOHTTP1
import NIOHTTPTypes
import NIOHTTPTypesHTTP1

/// Stands between the HTTP codec and the router: opens WebSockets, and keeps what is broken or too big away.
///
/// NIO's own upgrade handlers lose the request when an upgrade is refused (2.101), so that the router could not
/// answer it. This gate forwards such a request untouched. The asynchronous HTTP side is attached only at
/// the first request that needs it: a connection that becomes a WebSocket never pays for it.
///
/// - Isolation: the event loop of its channel.
final class UpgradeGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// What a new connection turned out to be.
    enum Outcome: Sendable {
        /// It speaks HTTP: ``UpgradeGate/attach()`` is awaited, nothing is read until then.
        case http
        /// It became a WebSocket, or ended.
        case done
    }

    enum Phase {
        /// Before the first request.
        case fresh
        /// Parts are held until the HTTP side is attached.
        case held
        case http
        /// Answered for the last time: what still comes in is thrown away.
        case lingering
        case upgraded
    }

    let upgrades: any WebSocketUpgrades
    let limits: TransportLimits
    /// Handlers that only HTTP needs, in the order of their removal.
    let httpOnly: [any RemovableChannelHandler]
    let decoder: ByteToMessageHandler<HTTPRequestDecoder>
    var phase: Phase = .fresh
    var ledger = RequestLedger()
    var accepted: AcceptedUpgrade?
    /// The header's deadline, then the body's, then the lingering.
    var timer: Scheduled<Void>?
    /// Runs while so much is unread that nothing more is written.
    private var stallTimer: Scheduled<Void>?
    private(set) var context: ChannelHandlerContext?
    private var settled: ((Outcome) -> Void)?
    private var held: [HTTPServerRequestPart] = []
    private var heldEvents: [Any] = []
    private var waitingFailure: Problem?
    private var isHTTP10 = false
    /// Of the newest request.
    private var path = ""

    init(
        upgrades: any WebSocketUpgrades, limits: TransportLimits, httpOnly: [any RemovableChannelHandler],
        decoder: ByteToMessageHandler<HTTPRequestDecoder>, settled: @escaping (Outcome) -> Void
    ) {
        self.upgrades = upgrades
        self.limits = limits
        self.httpOnly = httpOnly
        self.decoder = decoder
        self.settled = settled
    }

    /// Adds the HTTP side and hands it what was held.
    func attach() throws -> NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart> {
        guard self.phase == .held, let context = self.context else { throw ChannelError.ioOnClosedChannel }
        let http = try NIOAsyncChannel<HTTPRequestPart, HTTPResponsePart>(
            wrappingChannelSynchronously: context.channel,
            configuration: .init(isOutboundHalfClosureEnabled: true)
        )
        self.phase = .http
        let (parts, events) = (self.held, self.heldEvents)
        self.held = []
        self.heldEvents = []
        for part in parts { context.fireChannelRead(Self.wrapInboundOut(part)) }
        context.fireChannelReadComplete()
        for event in events { context.fireUserInboundEventTriggered(event) }
        self.setAutoRead(true, context)
        return http
    }

    func settle(_ outcome: Outcome) {
        let settled = self.settled
        self.settled = nil
        settled?(outcome)
    }

    func startTimer(_ time: TimeAmount, _ context: ChannelHandlerContext, _ action: @escaping () -> Void) {
        self.timer?.cancel()
        self.timer = context.eventLoop.assumeIsolated().scheduleTask(in: time, action)
    }

    func stopTimer() {
        self.timer?.cancel()
        self.timer = nil
    }

    func setAutoRead(_ value: Bool, _ context: ChannelHandlerContext) {
        // Fails only on a channel that is closed, which reads nothing anyway.
        try? context.channel.syncOptions?.setOption(.autoRead, value: value)
    }

    private func forward(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch self.phase {
        case .http: context.fireChannelRead(Self.wrapInboundOut(part))
        case .held: self.held.append(part)
        case .fresh:
            self.phase = .held
            self.held.append(part)
            self.setAutoRead(false, context)
            self.settle(.http)
        case .lingering, .upgraded: break
        }
    }

    private func take(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        self.path = head.uri
        if let problem = RequestRules.judge(head, maxBodyBytes: self.limits.maxBodyBytes) {
            return self.fail(problem, context)
        }
        if self.ledger.unanswered == 0, !self.ledger.isLast, Handshake.asksForWebSocket(head) {
            guard self.offer(head, context) else { return }
        }
        // The decoder stops behind a request for another protocol, so nothing can follow it.
        let keepsAlive = head.isKeepAlive && !Handshake.asksForUpgrade(head)
        guard self.ledger.headCame(keepsAlive: keepsAlive) == .forward else { return }
        self.isHTTP10 = head.version == .http1_0
        if self.ledger.unanswered == 1, head.headers[canonicalForm: "expect"].contains("100-continue") {
            // The body is within the limit by now, and whatever route gets it may wait for it (RFC 9110 §10.1.1).
            let goOn = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(Self.wrapOutboundOut(.head(goOn)), promise: nil)
        }
        self.forward(.head(head), context)
    }

    /// Answers the request that is being read, or the next one, with an error, in its turn.
    func fail(_ problem: Problem, _ context: ChannelHandlerContext) {
        switch self.ledger.failed() {
        case .answer: self.answer(problem, context)
        case .answerAndForwardError:
            self.answer(problem, context)
            context.fireErrorCaught(HTTPParserError.unknown)
        case .forwardError: context.fireErrorCaught(HTTPParserError.unknown)
        case .wait: self.waitingFailure = problem
        }
    }

    private func answer(_ problem: Problem, _ context: ChannelHandlerContext) {
        self.upgrades.refused(problem, path: self.path)
        let body = problem.body
        var headers = HTTPHeaders(problem.fields)
        headers.add(name: "Content-Length", value: String(body.readableBytes))
        headers.add(name: "Connection", value: "close")
        let status = HTTPResponseStatus(statusCode: problem.status.code)
        context.write(
            Self.wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(Self.wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.write(Self.wrapOutboundOut(.end(nil)), promise: nil)
        self.linger(context)
    }

    /// Closes our side behind what is written, and the rest when the peer had time to read it.
    ///
    /// Closing at once would make the kernel answer unread bytes with a reset, which destroys the response.
    private func linger(_ context: ChannelHandlerContext) {
        self.phase = .lingering
        self.startTimer(self.limits.writeStall, context) { self.context?.close(promise: nil) }
        self.held = []
        self.settle(.done)
        self.setAutoRead(true, context)
        context.flush()
        let closed = context.eventLoop.makePromise(of: Void.self)
        closed.futureResult.assumeIsolated().whenComplete { _ in
            guard let context = self.context else { return }
            self.startTimer(self.limits.lingerTime, context) { self.context?.close(promise: nil) }
        }
        context.close(mode: .output, promise: closed)
    }
}

extension UpgradeGate {
    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        self.startTimer(self.limits.headerDeadline, context) { self.context?.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.stopTimer()
        self.stallTimer?.cancel()
        self.stallTimer = nil
        self.context = nil
        self.accepted = nil
        self.settle(.done)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard self.phase != .lingering else { return }
        let part = Self.unwrapInboundIn(data)
        switch part {
        case .head(let head):
            if self.phase == .fresh { self.stopTimer() }
            self.take(head, context)
        case .body(let bytes):
            switch self.ledger.bodyCame(bytes: bytes.readableBytes, limit: self.limits.maxBodyBytes) {
            case .forward: self.forward(part, context)
            case .drop: break
            case nil: self.fail(RequestRules.bodyTooLarge(self.limits.maxBodyBytes), context)
            }
        case .end:
            if let accepted = self.accepted { return self.openInTurn(accepted, context) }
            if self.ledger.endCame() == .forward {
                self.stopTimer()
                self.forward(part, context)
            }
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if self.phase == .http { context.fireChannelReadComplete() }
        if self.ledger.isReading, self.timer == nil, self.phase != .lingering {
            self.startTimer(self.limits.bodyDeadline, context) {
                guard let context = self.context else { return }
                self.timer = nil
                self.fail(Problem(.requestTimeout, detail: "The body took too long."), context)
            }
        }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        self.stallTimer?.cancel()
        self.stallTimer = nil
        if !context.channel.isWritable {
            self.stallTimer = context.eventLoop.assumeIsolated().scheduleTask(in: self.limits.writeStall) {
                self.context?.close(promise: nil)
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent {
            self.ledger.lastRequestCame()
            self.refuseWhoWaits(context)
        }
        switch (self.phase, event) {
        case (.fresh, ChannelEvent.inputClosed), (.lingering, ChannelEvent.inputClosed): context.close(promise: nil)
        case (.held, _): self.heldEvents.append(event)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard self.phase != .lingering else { return }
        switch error {
        // The client ended in the middle of a header: there is nobody to answer.
        case HTTPParserError.invalidEOFState where !self.ledger.isReading: context.close(promise: nil)
        case let error as HTTPParserError: self.fail(RequestRules.problem(for: error), context)
        // More bytes behind those that broke the parser.
        case is ByteToMessageDecoderError: break
        default: self.phase == .http ? context.fireErrorCaught(error) : context.close(promise: nil)
        }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        // The last word is said: whoever still answers must not fail for it.
        guard self.phase != .lingering else {
            promise?.succeed()
            return
        }
        switch Self.unwrapOutboundIn(data) {
        case .head(var head) where !(100..<200).contains(head.status.code):
            self.ledger.responseBegan()
            if self.ledger.isLastResponse {
                head.headers.replaceOrAdd(name: "Connection", value: "close")
                if self.isHTTP10 { head.version = .http1_0 }
            }
            context.write(Self.wrapOutboundOut(.head(head)), promise: promise)
        case .end:
            context.write(data, promise: promise)
            switch self.ledger.responseEnded() {
            case .proceed: break
            case .close: self.linger(context)
            case .answerFailure: self.answer(self.waitingFailure ?? Problem(.badRequest), context)
            }
        default:
            context.write(data, promise: promise)
        }
    }
}
