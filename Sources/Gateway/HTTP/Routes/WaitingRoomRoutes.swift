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
            changing("admit") { try operations.admit(hash: $0.hash, count: Self.count(in: $1)) },
            changing("pause") { room, _ in operations.admission(hash: room.hash, paused: true) },
            changing("resume") { room, _ in operations.admission(hash: room.hash, paused: false) },
            changing("close") { room, _ in operations.admission(hash: room.hash, closed: true) },
            changing("open") { room, _ in operations.admission(hash: room.hash, closed: false) },
            changing("capacity") { try operations.admission(hash: $0.hash, capacity: Self.places(in: $1)) },
            changing("start") { room, _ in
                guard room.terms.policy != .soloOnly else { throw Problem.soloOnly }
                return operations.start(hash: room.hash, room: room)
            },
            changing("end") { room, _ in room.session.map { operations.end(sessionID: $0) } },
        ]
    }

    /// A row that changes a room and answers with the room after it.
    ///
    /// - Parameter draft: what is done, given the room and the body; nil where nothing is left to do.
    private func changing(
        _ verb: String, _ draft: @escaping @Sendable (WaitingRoom, [UInt8]) throws -> Draft?
    ) -> GatewayRoute {
        GatewayRoute(.post, Self.path + "/{hash}/" + verb, needs: .apiKey) { request, context in
            let before = try await room(request, context)
            guard let draft = try draft(before, try await request.bytes(context)) else { return Self.response(before) }
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

/// What is read from the bodies of operators.
extension WaitingRoomRoutes {
    private static let placesRange = 1...UInt64(WaitingLine.placesMax)

    /// `{"count"}`; without a body the next one.
    private static func count(in body: [UInt8]) throws(Problem) -> UInt64 {
        guard !body.isEmpty else { return 1 }
        guard let count = try number("count", in: body), placesRange.contains(count) else {
            throw Problem(.badRequest, code: "bad-count", detail: "A count is from 1 to \(placesRange.upperBound).")
        }
        return count
    }

    /// `{"places"}`; null is no bound, which the journal has as 0.
    private static func places(in body: [UInt8]) throws(Problem) -> UInt64 {
        let places = try number("places", in: body) ?? 0
        guard places == 0 || placesRange.contains(places) else {
            throw Problem(
                .badRequest, code: "bad-places",
                detail: "places is from 1 to \(placesRange.upperBound), or null for no bound.")
        }
        return places
    }

    private static func number(_ name: String, in body: [UInt8]) throws(Problem) -> UInt64? {
        do throws(JSONError) {
            let text = try JSONText(validating: body)
            guard text.isObject, let member = text.member(name), member != .null else {
                guard text.isObject, text.member(name) != nil else { throw JSONError(.wrongType, offset: 0) }
                return nil
            }
            return try member.bytes.readJSON { (cursor, _) throws(JSONError) in try cursor.readUInt64() }
        } catch {
            throw Problem(
                .badRequest, code: "bad-json", detail: "The body has to be an object with the number \(name).")
        }
    }
}

extension Problem {
    /// Nothing can be started where everybody works alone.
    static var soloOnly: Problem {
        Problem(.conflict, code: "entry-policy-rejected", detail: "Everybody works alone with this link.")
    }
}
