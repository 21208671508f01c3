import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import NIOCore
import Store

/// `/api/sessions`: sessions over HTTP.
struct SessionRoutes: Sendable {
    let core: GatewayCore
    let operations: SessionOperations
    let identities: RequestIdentity

    static let path = "/api/sessions"

    init(core: GatewayCore) {
        self.core = core
        operations = SessionOperations(engine: core.engine, terms: core.terms)
        identities = RequestIdentity(configuration: core.configuration)
    }

    var routes: [GatewayRoute] {
        let one = Self.path + "/{id}"
        return [
            GatewayRoute(.post, Self.path, needs: .session, respond: create),
            GatewayRoute(.get, Self.path, needs: .apiKey, respond: list),
            GatewayRoute(.get, one, needs: .session, respond: read),
            GatewayRoute(.head, one, needs: .session) { try await read($0, $1).createHeadResponse() },
            GatewayRoute(.put, one, needs: .session, respond: put),
            GatewayRoute(.patch, one, needs: .session, respond: patch),
            GatewayRoute(.delete, one, needs: .session, respond: end),
            GatewayRoute(.post, one + "/touch", needs: .session, respond: touch),
        ]
    }

    @Sendable func create(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let identity = try identities.required(of: request, now: core.engine.now)
        guard identity.isOperator || !identity.user.isEmpty else {
            throw Problem(.forbidden, code: "anonymous", detail: "A token without a user can't make sessions.")
        }
        let key = try Self.key(of: request)
        let new = try Self.newSession(try await request.bytes(context))
        if let owner = new.owner, !identity.isOperator, owner != identity.user {
            throw Problem(.forbidden, code: "foreign-owner", detail: "Only the API key may make sessions for others.")
        }
        let owner = new.owner ?? identity.user
        let id = operations.newID(key: key, identity: identity)
        let answer = try await Self.asking(.write) { () async throws(EngineError) in
            try await operations.create(new, owner: owner, id: id, key: key)
        }
        var response = try written(answer, for: identity, status: .created)
        response.headers[.location] = Self.path + "/" + id
        return response
    }

    @Sendable func read(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let identity = try identities.required(of: request, now: core.engine.now)
        let id = try Self.id(in: context)
        let condition = try Self.tags(request.headers[.ifNoneMatch])
        let session = try await found(id, SessionAccess(identity, session: id, need: .read))
        if let condition, condition.includes(version: session.version) {
            return Response(status: .notModified, headers: Self.tag(session.version))
        }
        return represent(session, for: identity, status: .ok)
    }

    @Sendable func list(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try identities.requireOperator(request, now: core.engine.now)
        let limit = try Self.limit(request.query("limit"))
        let (type, after) = (request.query("type"), request.query("after") ?? "")
        let sessions = try await Self.asking(.read) { () async throws(EngineError) in
            try await operations.list(type: type, after: after, limit: limit)
        }
        return Response(page: "sessions", of: sessions, next: \.id) {
            SessionRepresentation.append($0, showsOwner: true, to: &$1)
        }
    }

    /// Reads a live session or throws what the caller is told.
    func found(_ id: String, _ access: SessionAccess) async throws -> Session {
        let answer = try await Self.asking(.read) { () async throws(EngineError) in
            try await operations.read(id, access: access)
        }
        switch answer {
        case .found(let session): return session
        case .notFound: throw Problem(Refusal.notFound)
        case .ended: throw Problem(Refusal.ended)
        case .forbidden: throw Problem.sessionForbidden
        }
    }

    /// The session after a write.
    func written(_ answer: WriteAnswer, for identity: Identity, status: HTTPResponse.Status) throws(Problem) -> Response
    {
        switch answer {
        case .accepted(let receipt), .duplicate(let receipt):
            guard let session = receipt.session else { throw Problem(Refusal.notFound) }
            guard session.endedAt == nil else { throw Problem(Refusal.ended) }
            var response = represent(session, for: identity, status: status)
            if case .duplicate = answer { response.headers.set("Idempotency-Replayed", to: "true") }
            response.headers.set(receipt.cursor)
            return response
        case .refused(let refusal): throw Problem(refusal)
        case .forbidden: throw .sessionForbidden
        }
    }

    func represent(_ session: Session, for identity: Identity, status: HTTPResponse.Status) -> Response {
        var out: [UInt8] = []
        let showsOwner = SessionRepresentation.showsOwner(of: session, to: identity)
        SessionRepresentation.append(session, showsOwner: showsOwner, to: &out)
        return Response(json: out, status: status, headers: Self.tag(session.version))
    }
}
