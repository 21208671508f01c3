import HTTPTypes
import NIOCore
import Store
import Synchronization

/// Decides which requests become sockets, and what is spoken over them.
public struct ClientUpgrades: WebSocketUpgrades {
    /// The path of the client protocol.
    public static let path = "/connection/websocket"
    /// The path of waiting rooms.
    public static let waitingPath = "/ws/persistent-session"
    private static let subprotocol = "centrifuge-json"

    private let core: GatewayCore

    /// Upgrades for one gateway.
    public init(core: GatewayCore) { self.core = core }

    /// Refuses while draining, over the connection limit, and pages of foreign origins; other paths pass to the router.
    public func upgrade(_ head: HTTPRequest, remote: SocketAddress?) -> UpgradeDecision {
        let path = (head.path ?? "/").prefix { $0 != "?" }
        guard let surface = SocketSurface.of(path: path) else { return .pass }
        guard !core.isDraining.load(ordering: .relaxed) else {
            return .refuse(.draining)
        }
        guard core.connections.total < core.configuration.maximumConnections else {
            return .refuse(
                Problem(
                    .serviceUnavailable, code: "connection-limit",
                    detail: "This node has as many connections as it takes.", retryAfter: 5))
        }
        let origins = head.headerFields[values: .origin]
        guard core.configuration.origins.allows(origins: origins, host: head.authority) else {
            return .refuse(Problem(.forbidden, code: "origin", detail: "Pages of this origin may not connect."))
        }
        return switch surface {
        case .client: client(head)
        case .waiting: waiting(head, remote)
        case .plain: plain(head)
        }
    }

    private func plain(_ head: HTTPRequest) -> UpgradeDecision {
        let plan: PlainPlan
        do throws(Problem) { plan = try PlainPlan(head, core.configuration, now: core.engine.now) } catch {
            return .refuse(error)
        }
        return .accept(subprotocol: nil, maxMessageBytes: core.configuration.maximumPayloadBytes) { [core] loop in
            guard let seat = core.seat(of: loop) else { return ClosedConversation() }
            return PlainConversation(core: core, seat: seat, plan: plan)
        }
    }

    /// Counts and logs what was refused.
    public func refused(_ problem: Problem, path: String) { core.refusals.refused(problem, path: path) }

    private func waiting(_ head: HTTPRequest, _ remote: SocketAddress?) -> UpgradeDecision {
        let ask = WaitingAsk(
            head, remote: remote, secrets: core.configuration.links.secrets, now: core.engine.now)
        return .accept(subprotocol: nil, maxMessageBytes: WaitingAsk.messageBytesMax) { [core] loop in
            guard let seat = core.seat(of: loop) else { return ClosedConversation() }
            return WaitingConversation(core: core, seat: seat, ask: ask)
        }
    }

    private func client(_ head: HTTPRequest) -> UpgradeDecision {
        // JSON clients offer nothing, and then nothing may be echoed.
        let isOffered = head.headerFields[values: .secWebSocketProtocol].contains { field in
            field.split(separator: ",").contains { $0.filter { $0 != " " } == Self.subprotocol }
        }
        let chosen = isOffered ? Self.subprotocol : nil
        return .accept(subprotocol: chosen, maxMessageBytes: core.configuration.maximumPayloadBytes) { [core] loop in
            guard let seat = core.seat(of: loop) else { return ClosedConversation() }
            return ClientConnection(core: core, seat: seat)
        }
    }
}

extension Problem {
    /// The answer to new sockets of a node that is about to end.
    static let draining = Problem(
        .serviceUnavailable, code: "draining", detail: "This node is stopping.", retryAfter: 1)
}

/// The conversation of a connection on an event loop that has no hub: it ends at once.
private final class ClosedConversation: WebSocketConversation {
    func opened(_ socket: WebSocketHandler) {
        socket.close(code: Disconnect.internalError.rawValue, reason: Disconnect.internalError.reason, flushing: true)
    }
    func received(text: ByteBuffer) {}
    func received(binary: ByteBuffer) {}
    func receivedPong() {}
    func readCompleted() {}
    func writabilityChanged(isWritable: Bool) {}
    func closed() {}
}
