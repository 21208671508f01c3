import Foundation
import TestSupport

/// Somebody at a waiting room, over its own socket.
final class Waiter: Sendable {
    let name: String
    private let socket: WebSocketConnection
    private let messages: Box<[JSONValue]>

    /// Opens a socket. With `role=teacher` it looks on and takes no place.
    init(
        _ name: String, at room: Classroom, port: Int, token: String? = nil, role: String? = nil,
        headers: [(String, String)] = []
    ) async throws {
        let messages = Box<[JSONValue]>([])
        (self.name, self.messages) = (name, messages)
        var query = "hash=\(room.hash)&activityName=\(Classroom.activity)&name=\(name)"
        if let token { query += "&participant=\(token)" }
        if let role { query += "&role=\(role)" }
        socket = try await WebSocketConnection.open(
            port: port, path: "/ws/persistent-session?\(query)", headers: headers,
            onText: { text in
                // What is no JSON is kept as text: a test that looks for it finds it.
                let message = (try? JSONValue(parsing: text)) ?? .string(text)
                messages.with { $0.append(message) }
            })
    }

    func say(_ message: JSONValue) { socket.send(message.text) }

    func drop() { socket.abort() }

    var end: SocketEnd? { socket.end }

    func last(_ type: String) -> JSONValue? { messages.value.last { $0["type"]?.string == type } }

    func all(_ type: String) -> [JSONValue] { messages.value.filter { $0["type"]?.string == type } }

    func count(_ type: String) -> Int { messages.value.count { $0["type"]?.string == type } }

    /// The newest position that it was told.
    var position: Int? {
        messages.value.last { ["welcome", "waiter-count"].contains($0["type"]?.string) }?["position"]?.int
    }

    /// How many wait, as it was told last.
    var size: Int? { (last("waiter-count") ?? last("welcome")).flatMap { $0["count"]?.int ?? $0["size"]?.int } }

    var token: String? { last("welcome")?["participantToken"]?.string }
    var id: String? { last("welcome")?["participantId"]?.string }

    /// Waits for a message of a type.
    func wait(for type: String) async throws -> JSONValue {
        try await eventuallySome("\(name) is told \(type)") { self.last(type) }
    }
}

/// A link for a class.
struct Classroom: Sendable {
    static let activity = "quiz"
    static let code = "open sesame"

    let hash: String
    let cookie: String

    /// Makes a link on a node.
    init(on http: TestHTTP, policy: String? = nil, options: JSONValue? = nil) async throws {
        var body: [String: JSONValue] = [
            "activityName": .string(Self.activity), "teacherCode": .string(Self.code),
        ]
        if let policy { body["entryPolicy"] = .string(policy) }
        if let options { body["selectedOptions"] = options }
        let answer = try await http.post("/api/persistent-session/create", .object(body))
        guard answer.status == 200, let hash = answer.json?["hash"]?.string,
            let cookie = answer.header("set-cookie")?.split(separator: ";").first
        else { throw UnexpectedAnswer(request: "create", answer: answer) }
        (self.hash, self.cookie) = (hash, String(cookie))
    }
}
