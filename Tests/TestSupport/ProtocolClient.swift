import NIOCore
import Synchronization

/// (epoch, offset): what a client has seen of a channel.
package struct StreamPosition: Sendable, Hashable {
    package var epoch: String
    package var offset: Int

    /// A position in the channel's numbering of that epoch.
    package init(epoch: String, offset: Int) {
        self.epoch = epoch
        self.offset = offset
    }
}

/// A publication as a subscriber saw it.
package struct SeenPublication: Sendable, Hashable {
    package let channel: String
    package let epoch: String
    /// Nil for a publication without history.
    package let offset: Int?
    package let data: JSONValue
    /// True when it came inside a subscribe reply.
    package let isRecovered: Bool
}

/// The server answered a command with an error.
package struct ErrorReply: Error, Sendable, Hashable {
    package let code: Int
    package let message: String
    package let isTemporary: Bool

    /// The error as a test expects it.
    package init(code: Int, message: String, isTemporary: Bool = false) {
        self.code = code
        self.message = message
        self.isTemporary = isTemporary
    }
}

/// A client of the Centrifuge client protocol v2 (JSON over WebSocket) that keeps its positions over reconnects and
/// records everything into an event log.
///
/// Written from the protocol description alone, so that it shares no code and no mistake with the server.
/// **Isolation**: safe from everywhere; what arrives is recorded on the connection's event loop, in wire order.
/// **Bounds**: every call has a deadline.
package final class ProtocolClient: Sendable {
    package let name: String
    private let log: EventLog
    private let deadline: Duration
    let state = Mutex(ClientRecord())

    /// A client without a connection.
    package init(name: String, log: EventLog = EventLog(), deadline: Duration = .seconds(10)) {
        self.name = name
        self.log = log
        self.deadline = deadline
    }

    /// Opens a connection and sends `connect`.
    ///
    /// **Guarantee**: positions of an earlier connection stay; its subscriptions don't.
    @discardableResult
    package func connect(
        port: Int,
        token: String? = nil,
        path: String = "/connection/websocket",
        headers: [(String, String)] = []
    ) async throws -> JSONValue {
        try await open(port: port, path: path, headers: headers)
        let parameters: JSONValue = token.map { ["token": .string($0)] } ?? [:]
        return try await call("connect", parameters)
    }

    /// Opens the WebSocket only.
    package func open(
        port: Int,
        path: String = "/connection/websocket",
        headers: [(String, String)] = []
    ) async throws {
        failWaiting()
        let connection = state.withLock { $0.beginConnection() }
        let socket = try await WebSocketConnection.open(
            port: port,
            path: path,
            headers: headers,
            onText: { [weak self] in self?.take($0, of: connection) },
            onEnd: { [weak self] in self?.ended($0, connection) },
            afterEnd: { [weak self] in self?.failWaiting(of: connection) }
        )
        state.withLock { $0.socket = socket }
    }

    /// The connection in use, or nil before the first.
    package var socket: WebSocketConnection? { state.withLock { $0.socket } }

    /// How the newest connection ended, or nil while it is open.
    package var end: SocketEnd? { socket?.end }

    /// The close code of the newest connection, or nil while it is open or when it ended without one.
    package var closeCode: Int? { end?.code }

    /// Sends a command and waits for its reply's result.
    ///
    /// Errors: `ErrorReply`; `ConnectionEnded`, after which the outcome is unknown; `DeadlinePassed`.
    package func call(_ method: String, _ parameters: JSONValue) async throws -> JSONValue {
        guard let socket, socket.end == nil else { throw ConnectionEnded() }
        return try await socket.answer(within: deadline, "reply to \(method) of \(name)") { promise in
            let id = state.withLock { $0.expect(method, parameters, promise) }
            socket.send(JSONValue.object(["id": .int(id), method: parameters]).text)
            // The connection may have ended between the look above and the registration: nobody would answer then.
            if socket.end != nil { failWaiting() }
        }
    }

    /// Sends a text as it is.
    package func sendRaw(_ text: String) {
        socket?.send(text)
    }

    /// Ends the connection: with a Close frame, or by dropping TCP.
    package func disconnect(abruptly: Bool = false) {
        if abruptly { socket?.abort() } else { socket?.close() }
    }

    private func take(_ frame: String, of connection: Int) {
        guard state.withLock({ $0.connection == connection }) else { return }
        for line in frame.split(separator: "\n") {
            // Losing the error is safe: what is no JSON is kept, and tests assert that there is none.
            guard let message = try? JSONValue(parsing: String(line)) else {
                state.withLock { $0.strangeFrames.append(String(line)) }
                continue
            }
            take(message)
        }
    }

    private func take(_ message: JSONValue) {
        if let id = message["id"]?.int {
            takeReply(id: id, message)
        } else if let push = message["push"], push.object?.isEmpty == false {
            takePush(push)
        } else {
            if state.withLock({ $0.takePing() }) { socket?.send("{}") }
        }
    }

    private func takeReply(id: Int, _ message: JSONValue) {
        guard let waiting = state.withLock({ $0.waiting.removeValue(forKey: id) }) else { return }
        if let error = message["error"] {
            let reply = ErrorReply(
                code: error["code"]?.int ?? -1,
                message: error["message"]?.string ?? "",
                isTemporary: error["temporary"]?.bool ?? false
            )
            waiting.promise.fail(reply)
            return
        }
        let result = message[waiting.method] ?? .null
        let events = state.withLock { record -> [LogEvent] in
            switch waiting.method {
            case "connect": record.takeConnected(result)
            case "subscribe": record.takeSubscribed(who: name, waiting.parameters, result)
            case "unsubscribe": record.takeUnsubscribed(who: name, waiting.parameters["channel"]?.string ?? "")
            default: []
            }
        }
        events.forEach(log.record)
        waiting.promise.succeed(result)
    }

    private func takePush(_ push: JSONValue) {
        let channel = push["channel"]?.string ?? ""
        let events = state.withLock { record -> [LogEvent] in
            record.pushes.append(push)
            if let publication = push["pub"] {
                return [record.takePublication(who: name, channel, publication, isRecovered: false)].compactMap(\.self)
            }
            if let unsubscribe = push["unsubscribe"] {
                return record.takeUnsubscribed(who: name, channel, code: unsubscribe["code"]?.int)
            }
            return []
        }
        events.forEach(log.record)
    }

    private func ended(_ end: SocketEnd, _ connection: Int) {
        guard state.withLock({ $0.connection == connection }) else { return }
        log.record(LogEvent(.closed, who: name, code: end.code))
    }

    /// Fails the commands in flight: of one connection only, so that a late end never hits its successor's.
    private func failWaiting(of connection: Int? = nil) {
        let waiting = state.withLock { record -> [WaitingCommand] in
            guard connection == nil || connection == record.connection else { return [] }
            defer { record.waiting.removeAll() }
            return Array(record.waiting.values)
        }
        waiting.forEach { $0.promise.fail(ConnectionEnded()) }
    }
}
