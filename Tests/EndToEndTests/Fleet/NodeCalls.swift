import TestSupport
import Testing

extension TestHTTP {
    /// Publishes and returns the position that was acknowledged.
    ///
    /// Errors: `UnexpectedAnswer` when it was not acknowledged.
    @discardableResult
    func publish(_ channel: String, _ data: JSONValue, key: String? = nil) async throws -> StreamPosition {
        var request: [String: JSONValue] = ["channel": .string(channel), "data": data]
        if let key { request["idempotency_key"] = .string(key) }
        let answer = try await post("/api/publish", .object(request))
        guard let result = answer.json?["result"], let epoch = result["epoch"]?.string,
            let offset = result["offset"]?.int
        else { throw UnexpectedAnswer(request: "publish to \(channel)", answer: answer) }
        return StreamPosition(epoch: epoch, offset: offset)
    }

    /// What can be read of a channel: its top, and the publications.
    func history(_ channel: String) async throws -> (top: StreamPosition, publications: [JSONValue]) {
        let answer = try await post("/api/history", ["channel": .string(channel), "limit": -1])
        guard let result = answer.json?["result"], let epoch = result["epoch"]?.string,
            let offset = result["offset"]?.int
        else { throw UnexpectedAnswer(request: "history of \(channel)", answer: answer) }
        return (StreamPosition(epoch: epoch, offset: offset), result["publications"]?.array ?? [])
    }

    /// Creates a session and returns its id.
    func createSession(_ document: JSONValue) async throws -> String {
        let answer = try await post("/api/sessions", ["type": "test", "document": document])
        guard answer.status == 201, let id = answer.json?["id"]?.string else {
            throw UnexpectedAnswer(request: "create", answer: answer)
        }
        return id
    }

    /// Version and document of a session, as JSON; the times beside them may be told a little differently.
    func session(_ id: String) async throws -> [JSONValue?] {
        let answer = try await get("/api/sessions/\(id)")
        guard answer.status == 200 else { throw UnexpectedAnswer(request: "read \(id)", answer: answer) }
        return [answer.json?["version"], answer.json?["document"]]
    }

    /// The same of several.
    func documents(_ sessions: [String]) async throws -> [[JSONValue?]] {
        var found: [[JSONValue?]] = []
        for id in sessions { found.append(try await session(id)) }
        return found
    }
}

/// Comes back to a node with a position, for a moment: what the subscribe reply said.
func comeBack(to port: Int, _ channel: String, at position: StreamPosition) async throws -> Subscription {
    let client = ProtocolClient(name: "returning")
    try await client.connect(port: port)
    defer { client.disconnect() }
    return try await client.subscribe(channel, recover: position)
}
