import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import NIOCore
import Store

/// `/api/persistent-session`: permanent links, for the browsers of teachers and of those who come through them.
///
/// What proves a teacher is a cookie that is given out for the code; the code itself is kept nowhere. Reading a link makes
/// none, and a store that fails is 503: only a link that isn't there is "not found".
///
/// - Source: ActiveBits, whose paths and shapes these are.
struct PersistentSessionRoutes: Sendable {
    let core: GatewayCore
    let operations: RoomOperations
    let settings: LinkSettings
    private let identities: RequestIdentity

    static let path = "/api/persistent-session"

    init(core: GatewayCore) {
        self.core = core
        settings = core.configuration.links
        operations = RoomOperations(core)
        identities = RequestIdentity(configuration: core.configuration)
    }

    var routes: [GatewayRoute] {
        let one = "/{hash}"
        return [
            route(.post, "/create", create), route(.post, "/authenticate", authenticate),
            route(.post, "/update", update), route(.post, "/remove", remove),
            route(.get, "/list", list), route(.get, one, status), route(.get, one + "/entry", entry),
            route(.get, one + "/teacher-code") { _, _ in throw LinkRefusal.codeIsGone },
            route(.post, one + "/start", start), route(.post, one + "/end", end),
            route(.post, one + "/entry-participant", offer),
            route(.post, one + "/entry-participant/consume", consume),
        ]
    }

    /// A row whose errors all have the one shape, and which pages of foreign origins can't use.
    private func route(
        _ method: HTTPRequest.Method, _ path: String,
        _ respond: @escaping @Sendable (Request, GatewayRequestContext) async throws -> Response
    ) -> GatewayRoute {
        GatewayRoute(method, Self.path + path, needs: .link) { request, context in
            do {
                try identities.checkOrigin(of: request)
                return try await respond(request, context)
            } catch {
                guard let refusal = LinkRefusal(of: error) else { throw error }
                core.refusals.refused(
                    refusal.code ?? "refused", status: refusal.status.code, path: request.uri.path)
                return refusal.response
            }
        }
    }
}

/// What the routes of links share.
extension PersistentSessionRoutes {
    /// The link that a path names.
    func hash(in context: GatewayRequestContext) throws(LinkFault) -> LinkHash {
        try LinkHash(context.parameters.get("hash") ?? "")
    }

    /// A link, which is there and leads to the activity that was asked for, if one was.
    func room(_ hash: LinkHash, activity: String?) async throws -> WaitingRoom {
        guard let room = try await found(hash) else { throw LinkRefusal.noLink }
        guard activity == nil || activity == room.activity else { throw LinkRefusal.otherActivity }
        return room
    }

    func found(_ hash: LinkHash) async throws(Problem) -> WaitingRoom? {
        try await SessionRoutes.asking(.read) { () async throws(EngineError) in try await operations.read(hash.text) }
    }

    /// Carries a draft out; throws what was refused.
    func apply(_ draft: Draft) async throws -> Receipt {
        switch try await answer(draft) {
        case .accepted(let receipt), .duplicate(let receipt): return receipt
        case .refused(.limited): throw LinkRefusal(Problem.limited(waiting: try await wait(for: draft)))
        case .refused(let refusal): throw LinkRefusal(refusal)
        case .forbidden: throw LinkRefusal.notTheTeacher
        }
    }

    func answer(_ draft: Draft) async throws(Problem) -> WriteAnswer {
        try await SessionRoutes.asking(.write) { () async throws(EngineError) in try await operations.apply(draft) }
    }

    private func wait(for attempt: Draft) async throws(Problem) -> Int64 {
        try await SessionRoutes.asking(.read) { () async throws(EngineError) in try await operations.wait(for: attempt)
        }
    }

    func address(_ context: GatewayRequestContext) -> String { CallerAddress.text(of: context.remoteAddress) }

    func cookie(of request: Request) -> LinkCookie.Reading {
        let value = CookieText.value(of: LinkCookie.name, in: request.headers[.cookie])
        return LinkCookie.read(value, secrets: settings.secrets, now: core.engine.now)
    }

    /// What counts of the cookie; one that can't be read is as good as none.
    func links(of request: Request) -> LinkCookie {
        switch cookie(of: request) {
        case .cookie(let cookie): cookie
        case .corrupted: LinkCookie()
        }
    }

    /// The path that a teacher hands out.
    func url(_ activity: String, _ hash: LinkHash, _ terms: LinkTerms) -> String {
        LinkURL(activity: activity, hash: hash, terms: terms).path(secrets: settings.secrets)
    }

    /// An answer out of members that each have a comma behind them.
    func respond(cookie: LinkCookie? = nil, cursor: Cursor? = nil, _ members: (inout [UInt8]) -> Void) -> Response {
        var headers = HTTPFields()
        headers.set(cursor)
        if let cookie {
            headers[.setCookie] = cookie.setCookie(secrets: settings.secrets, isSecure: settings.secureCookies)
        }
        var out: [UInt8] = Array("{".utf8)
        members(&out)
        out[out.count - 1] = UInt8(ascii: "}")
        return Response(json: out, headers: headers)
    }
}
