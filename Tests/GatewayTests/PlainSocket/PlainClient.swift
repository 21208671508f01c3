import HTTPTypes
import JSONBytes
import Store
import TestSupport

@testable import Gateway

/// The other end of a plain WebSocket.
final class PlainClient: Sendable {
    let socket: WebSocketConnection
    private let messages: Box<[String]>

    private init(_ socket: WebSocketConnection, _ messages: Box<[String]>) {
        (self.socket, self.messages) = (socket, messages)
    }

    static func open(
        _ path: String, on rig: StreamRig, headers: [(String, String)] = []
    ) async throws -> PlainClient {
        let messages = Box<[String]>([])
        let socket = try await WebSocketConnection.open(
            port: rig.port, path: path, headers: headers, onText: { text in messages.with { $0.append(text) } })
        return PlainClient(socket, messages)
    }

    /// Opens one that shows positions, and waits until it is live.
    static func follow(
        _ path: String, on rig: StreamRig, since: Position? = nil, headers: [(String, String)] = []
    ) async throws -> PlainClient {
        let query = "envelope=1" + (since.map { "&since=\($0.epoch):\($0.offset)" } ?? "")
        let client = try await open(path + (path.contains("?") ? "&" : "?") + query, on: rig, headers: headers)
        try await eventually("it is live") {
            client.received.contains { ["\"subscribed\"", "\"not-recovered\""].contains($0.member("type")) }
        }
        return client
    }

    /// What came so far.
    var received: [String] { messages.value }

    func say(_ text: String) { socket.send(text) }

    /// Waits until so many messages came, and returns them.
    @discardableResult func wait(forCount count: Int) async throws -> [String] {
        do {
            try await eventually("\(count) messages came") { received.count >= count }
        } catch let error as DeadlinePassed {
            throw DeadlinePassed(what: "\(error.what), but \(received)", limit: error.limit)
        }
        return received
    }

    /// The position that a message shows.
    static func position(in message: String?) -> Position? {
        guard let epoch = message?.member("epoch"), let offset = message?.member("offset").flatMap({ UInt64($0) })
        else { return nil }
        return Position(epoch: String(epoch.dropFirst().dropLast()), offset: offset)
    }
}
