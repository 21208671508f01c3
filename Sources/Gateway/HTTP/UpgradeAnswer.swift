import HTTPTypes
import NIOCore

/// What becomes of a request that asks for a WebSocket.
public enum UpgradeDecision: Sendable {
    /// Open one. The conversation is made on the connection's event loop, once the handshake is found valid.
    case accept(
        subprotocol: String?, maxMessageBytes: Int,
        conversation: @Sendable (any EventLoop) -> any WebSocketConversation
    )
    /// Not a WebSocket's path: the router answers, as if no upgrade had been asked for.
    case pass
    /// Answer with an error, and close.
    case refuse(Problem)
}

/// Decides about requests that ask for a WebSocket.
public protocol WebSocketUpgrades: Sendable {
    /// Decides about one request.
    ///
    /// The decision itself should have no effects: an accepted request may still fail for a broken handshake.
    ///
    /// - Parameter remote: the caller: the socket's peer, unless a trusted proxy said otherwise.
    /// - Isolation: the connection's event loop; must not block.
    func upgrade(_ head: HTTPRequest, remote: SocketAddress?) -> UpgradeDecision

    /// Takes note of an answer that is an error and that no route made, for the figures.
    ///
    /// - Isolation: any thread; must not block.
    func refused(_ problem: Problem, path: String)
}

extension WebSocketUpgrades {
    /// Takes no note.
    public func refused(_ problem: Problem, path: String) {}
}
