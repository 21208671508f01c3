import HTTPTypes
import Hummingbird
import Journal
import Store

/// `Anteroom-Cursor`: the place of a write in the journal, so that whoever shows it to another node reads it there.
enum CursorHeader {
    static let name = "Anteroom-Cursor"

    /// The field of a request; nil without it.
    ///
    /// - Errors: 400 for anything but one cursor.
    static func cursor(of request: Request) throws(Problem) -> Cursor? {
        guard let field = HTTPField.Name(name) else { return nil }
        let values = request.headers[values: field]
        guard let first = values.first else { return nil }
        guard values.count == 1, let cursor = Cursor(first) else {
            throw Problem(
                .badRequest, code: "bad-cursor",
                detail: "\(name) is <lineage>.<sequence>, as the answer to a write carried it, like 1.42.")
        }
        return cursor
    }
}

extension HTTPFields {
    /// Sets the field that says where a write is.
    mutating func set(_ cursor: Cursor?) {
        if let cursor { set(CursorHeader.name, to: cursor.description) }
    }
}

extension GatewayRoute {
    /// The same route, answered at or after the cursor that a request shows.
    ///
    /// - Bounds: ``EngineLimits/reachMilliseconds``, then 503.
    func reaching(_ engine: Engine) -> GatewayRoute {
        // Health must never wait for anything.
        guard needs != .nothing else { return self }
        return GatewayRoute(method, path, needs: needs) { request, context in
            if let cursor = try CursorHeader.cursor(of: request) {
                let intent: Problem.Intent = request.method == .get || request.method == .head ? .read : .write
                try await SessionRoutes.asking(intent) { () async throws(EngineError) in try await engine.reach(cursor)
                }
            }
            return try await respond(request, context)
        }
    }
}
