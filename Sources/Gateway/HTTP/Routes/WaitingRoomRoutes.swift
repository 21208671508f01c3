import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import Store

/// `/api/waiting-rooms`: all links and their lines, for operators and for the host's own server.
struct WaitingRoomRoutes: Sendable {
    private let core: GatewayCore
    private let operations: RoomOperations
    private let identities: RequestIdentity

    static let path = "/api/waiting-rooms"

    init(core: GatewayCore) {
        self.core = core
        operations = RoomOperations(core)
        identities = RequestIdentity(configuration: core.configuration)
    }

    var routes: [GatewayRoute] {
        let one = Self.path + "/{hash}"
        return [
            GatewayRoute(.get, Self.path, needs: .apiKey, respond: list),
            GatewayRoute(.get, one, needs: .apiKey) { Self.response(try await room($0, $1)) },
            GatewayRoute(.delete, one, needs: .apiKey, respond: remove),
        ] + RoomOrder.allCases.map(changing)
    }

    /// A row that changes a room and answers with the room after it.
    private func changing(_ order: RoomOrder) -> GatewayRoute {
        GatewayRoute(.post, Self.path + "/{hash}/" + order.rawValue, needs: .apiKey) { request, context in
            let before = try await room(request, context)
            let body = try await request.bytes(context)
            guard let draft = try order.draft(for: before, body, operations) else { return Self.response(before) }
            let receipt = try await apply(draft)
            // The end of a session is a write to the session: its room is read after it.
            if let room = receipt?.room { return Self.response(room, cursor: receipt?.cursor) }
            guard let room = try await found(before.hash) else { throw Problem(room: .notFound) }
            return Self.response(room, cursor: receipt?.cursor)
        }
    }

    @Sendable private func list(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try identities.requireOperator(request, now: core.engine.now)
        let limit = try SessionRoutes.limit(request.query("limit"))
        let after = request.query("after") ?? ""
        let rooms = try await SessionRoutes.asking(.read) { () async throws(EngineError) in
            try await operations.list(after: after, limit: limit)
        }
        return Response(page: "waitingRooms", of: rooms, next: \.hash) { WaitingRoomRepresentation.append($0, to: &$1) }
    }

    @Sendable private func remove(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let room = try await room(request, context)
        guard let receipt = try await apply(operations.remove(hash: room.hash)) else {
            throw Problem(room: .notFound)
        }
        var headers = HTTPFields()
        headers.set(receipt.cursor)
        return Response(status: .noContent, headers: headers)
    }

    /// The room that a path names, for whoever shows the API key.
    private func room(_ request: Request, _ context: GatewayRequestContext) async throws -> WaitingRoom {
        try identities.requireOperator(request, now: core.engine.now)
        guard let room = try await found(context.parameters.get("hash") ?? "") else { throw Problem(room: .notFound) }
        return room
    }

    private func found(_ hash: String) async throws(Problem) -> WaitingRoom? {
        try await SessionRoutes.asking(.read) { () async throws(EngineError) in try await operations.read(hash) }
    }

    /// The receipt; nil where a session was over already.
    private func apply(_ draft: Draft) async throws(Problem) -> Receipt? {
        let answer = try await SessionRoutes.asking(.write) { () async throws(EngineError) in
            try await operations.apply(draft)
        }
        switch answer {
        case .accepted(let receipt), .duplicate(let receipt): return receipt
        case .refused(.ended): return nil
        case .refused(.notFound) where draft.kind == .sessionEnd: return nil
        case .refused(let refusal): throw Problem(room: refusal)
        case .forbidden: throw Problem.sessionForbidden
        }
    }

    private static func response(_ room: WaitingRoom, cursor: Cursor? = nil) -> Response {
        var headers = HTTPFields()
        headers.set(cursor)
        var out: [UInt8] = []
        WaitingRoomRepresentation.append(room, to: &out)
        return Response(json: out, headers: headers)
    }
}
