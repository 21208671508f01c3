import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import Store

/// What is for everybody who comes through a link.
extension PersistentSessionRoutes {
    /// Words of 8 random bytes in a token that hands values over.
    private static let tokenWords = 3

    @Sendable func status(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let hash = try hash(in: context)
        let room = try await room(hash, activity: request.query("activityName"))
        let reading = cookie(of: request)
        return respond { out in
            out.appendMember("activityName", string: room.activity)
            out.appendMember("entryPolicy", string: room.terms.policy.rawValue)
            out.appendMember("hasTeacherCookie", flag: isTeacher(request, of: room, hash))
            out.appendMember("cookieCorrupted", flag: reading == .corrupted)
            out.appendMember("isStarted", flag: room.isStarted)
            out.appendMember("sessionId", optional: room.session)
            out.appendMember("queryParams", json: room.terms.options.json)
        }
    }

    /// Where the caller is taken now.
    @Sendable func entry(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let hash = try hash(in: context)
        let room = try await room(hash, activity: request.query("activityName"))
        let (policy, isTeacher) = (room.terms.policy, isTeacher(request, of: room, hash))
        let decision = EntryDecision.decide(
            policy: policy, role: isTeacher ? .teacher : .student, isStarted: room.isStarted)
        return respond { out in
            out.appendMember("activityName", string: room.activity)
            out.appendMember("hash", string: hash.text)
            out.appendMember("entryPolicy", string: policy.rawValue)
            out.appendMember("hasTeacherCookie", flag: isTeacher)
            out.appendMember("isStarted", flag: room.isStarted)
            out.appendMember("sessionId", optional: room.session)
            out.appendMember("resolvedRole", string: decision.role.rawValue)
            out.appendMember("entryOutcome", string: decision.outcome.rawValue)
            out.appendMember("presentationMode", string: decision.presentation.rawValue)
            out.appendMember("waitingRoomFieldCount", number: 0 as UInt64)
        }
    }

    /// Leaves what somebody typed into the waiting room for the activity behind it.
    @Sendable func offer(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let hash = try hash(in: context)
        let input = try LinkInput.EntryParticipant(json: try await request.bytes(context))
        _ = try await apply(operations.offering(address: address(context)))
        let token = (0..<Self.tokenWords).map { _ in HexText.encode(UInt64.random(in: .min ... .max)) }.joined()
        let receipt = try await apply(operations.offer(hash: hash.text, token: token, values: input.values.bytes))
        return respond(cursor: receipt.cursor) { out in
            out.appendMember("entryParticipantToken", string: token)
            out.appendMember("values", json: input.values.bytes)
        }
    }

    /// Takes it up, once, and makes the browser that participant.
    @Sendable func consume(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let hash = try hash(in: context)
        let input = try LinkInput.Consume(json: try await request.bytes(context))
        _ = try await room(hash, activity: nil)
        let waiting = try await SessionRoutes.asking(.read) { () async throws(EngineError) in
            try await operations.offered(hash: hash.text, token: input.token)
        }
        // Whether it is too old is decided by the journal, below.
        guard let values = waiting else { throw LinkRefusal.spentToken }
        let answer = try await answer(operations.take(hash: hash.text, token: input.token))
        if case .refused(.notFound) = answer { throw LinkRefusal.spentToken }
        if case .refused(let refusal) = answer { throw LinkRefusal(refusal) }
        var response = respond(cursor: answer.receipt?.cursor) { $0.appendMember("values", json: values) }
        response.headers[.setCookie] = participant(of: request, in: hash.text)
            .setCookie(secrets: settings.secrets, isSecure: settings.secureCookies)
        return response
    }

    /// The participant that this browser is already, or a new one.
    private func participant(of request: Request, in scope: String) -> ParticipantCookie {
        let value = CookieText.value(of: ParticipantCookie.name(scope: scope), in: request.headers[.cookie])
        return ParticipantCookie(value, scope: scope, secrets: settings.secrets) ?? ParticipantCookie(newIn: scope)
    }

    private func isTeacher(_ request: Request, of room: WaitingRoom, _ hash: LinkHash) -> Bool {
        links(of: request).entry(activity: room.activity, hash: hash) != nil
    }
}
