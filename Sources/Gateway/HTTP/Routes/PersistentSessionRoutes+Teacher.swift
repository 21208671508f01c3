import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import Store

/// What teachers do with their links.
extension PersistentSessionRoutes {
    /// Salts that are tried for a new link: two links of one code differ in 32 bits only.
    private static let saltsMax = 3

    @Sendable func create(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let input = try LinkInput.Create(json: try await request.bytes(context))
        if let allowed = settings.activities, !allowed.contains(input.activity) {
            throw LinkRefusal.foreign(allowed: allowed)
        }
        _ = try await apply(operations.creation(address: address(context)))
        let (hash, cursor) = try await newLink(input)
        var cookie = links(of: request)
        cookie.insert(activity: input.activity, hash: hash, terms: input.terms, now: core.engine.now)
        return respond(cookie: cookie, cursor: cursor) { out in
            out.appendMember("url", string: url(input.activity, hash, input.terms))
            out.appendMember("hash", string: hash.text)
        }
    }

    private func newLink(_ input: LinkInput.Create) async throws -> (LinkHash, Cursor) {
        for _ in 0..<Self.saltsMax {
            let hash = LinkHash.make(activity: input.activity, code: input.code, secrets: settings.secrets)
            let draft = operations.create(hash: hash.text, activity: input.activity, terms: input.terms)
            let answer = try await answer(draft)
            if case .refused(.exists) = answer { continue }
            if let receipt = answer.receipt { return (hash, receipt.cursor) }
            if case .refused(let refusal) = answer { throw LinkRefusal(refusal) }
        }
        throw LinkRefusal(Refusal.exists)
    }

    /// Every code costs an attempt before it is looked at, so that whoever has none left learns nothing.
    @Sendable func authenticate(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let input = try LinkInput.Authenticate(json: try await request.bytes(context))
        let attempt = try await apply(operations.attempt(hash: input.hash.text, address: address(context)))
        guard input.hash.verifies(activity: input.activity, code: input.code, secrets: settings.secrets) else {
            throw LinkRefusal.wrongCode
        }
        let (room, cursor) = try await genuineRoom(input)
        guard room.activity == input.activity else { throw LinkRefusal.otherActivity }
        let terms = room.terms
        guard terms.policy != .soloOnly else { throw LinkRefusal.soloOnly }
        var cookie = links(of: request)
        cookie.insert(activity: room.activity, hash: input.hash, terms: terms, now: core.engine.now)
        return respond(cookie: cookie, cursor: cursor ?? attempt.cursor) { out in
            out.appendMember("success", flag: true)
            out.appendMember("isStarted", flag: room.isStarted)
            out.appendMember("sessionId", optional: room.session)
        }
    }

    /// The room of a link whose code was right. A link proves itself, so that one which was forgotten here, or handed out
    /// by another service with the same secret, is made again with the terms that its URL carries signed.
    private func genuineRoom(_ input: LinkInput.Authenticate) async throws -> (WaitingRoom, Cursor?) {
        if let room = try await found(input.hash) { return (room, nil) }
        if let allowed = settings.activities, !allowed.contains(input.activity) {
            throw LinkRefusal.foreign(allowed: allowed)
        }
        let terms = input.claimed.verified(of: input.hash, urlHash: input.urlHash, secrets: settings.secrets)
        let answer = try await answer(
            operations.create(hash: input.hash.text, activity: input.activity, terms: terms))
        if let receipt = answer.receipt, let room = receipt.room { return (room, receipt.cursor) }
        if case .refused(let refusal) = answer, refusal != .exists { throw LinkRefusal(refusal) }
        return (try await room(input.hash, activity: nil), nil)
    }

    @Sendable func update(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let input = try LinkInput.Update(json: try await request.bytes(context))
        var cookie = links(of: request)
        guard cookie.entry(activity: input.activity, hash: input.hash) != nil else { throw LinkRefusal.noProof }
        let room = try await room(input.hash, activity: input.activity)
        let terms = input.terms(after: room.terms)
        let receipt = try await apply(operations.update(hash: input.hash.text, terms: terms))
        cookie.update(activity: input.activity, hash: input.hash, terms: terms)
        return respond(cookie: cookie, cursor: receipt.cursor) { out in
            out.appendMember("url", string: url(input.activity, input.hash, terms))
            out.appendMember("hash", string: input.hash.text)
        }
    }

    /// Takes a link back. What is live goes on until it ends or runs out.
    @Sendable func remove(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let input = try LinkInput.Remove(json: try await request.bytes(context))
        var cookie = links(of: request)
        guard cookie.entry(activity: input.activity, hash: input.hash) != nil else { throw LinkRefusal.noProof }
        let answer = try await answer(operations.remove(hash: input.hash.text))
        // One that is gone already is as removed as it can be, and leaves the cookie like the others.
        if case .refused(let refusal) = answer, refusal != .notFound { throw LinkRefusal(refusal) }
        cookie.remove(activity: input.activity, hash: input.hash)
        return respond(cookie: cookie, cursor: answer.receipt?.cursor) { $0.appendMember("success", flag: true) }
    }

    /// The links that this browser is the teacher of, as its cookie has them.
    @Sendable func list(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let origin = "\(settings.secureCookies ? "https" : "http")://\(request.head.authority ?? "")"
        var sessions: [UInt8] = Array("[".utf8)
        for (index, entry) in links(of: request).entries.enumerated() {
            let url = url(entry.activity, entry.hash, entry.terms)
            if index > 0 { sessions.append(UInt8(ascii: ",")) }
            sessions.append(UInt8(ascii: "{"))
            sessions.appendMember("activityName", string: entry.activity)
            sessions.appendMember("hash", string: entry.hash.text)
            sessions.appendMember("entryPolicy", string: entry.terms.policy.rawValue)
            sessions.appendMember("selectedOptions", json: entry.terms.options.json)
            sessions.appendMember("url", string: url)
            sessions.appendMember("fullUrl", string: origin + url)
            sessions[sessions.count - 1] = UInt8(ascii: "}")
        }
        sessions.append(UInt8(ascii: "]"))
        return respond { $0.appendMember("sessions", json: sessions) }
    }

    /// However many press at once, on however many nodes, there is one session, and all are told which.
    @Sendable func start(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let room = try await ownRoom(request, context)
        guard room.terms.policy != .soloOnly else { throw LinkRefusal.soloOnly }
        let receipt = try await apply(operations.start(hash: room.hash, room: room))
        guard let session = receipt.room?.session ?? receipt.session?.id else { throw LinkRefusal.noLink }
        return respond(cursor: receipt.cursor) { $0.appendMember("sessionId", string: session) }
    }

    @Sendable func end(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let room = try await ownRoom(request, context)
        var cursor: Cursor?
        if let session = room.session {
            let answer = try await answer(operations.end(sessionID: session))
            // What ended meanwhile is as ended as it can be.
            if case .refused(let refusal) = answer, refusal != .ended, refusal != .notFound {
                throw LinkRefusal(refusal)
            }
            cursor = answer.receipt?.cursor
        }
        return respond(cursor: cursor) { $0.appendMember("success", flag: true) }
    }

    /// The room of a path, if the caller's browser is its teacher's.
    private func ownRoom(_ request: Request, _ context: GatewayRequestContext) async throws -> WaitingRoom {
        let hash = try hash(in: context)
        let room = try await room(hash, activity: nil)
        guard links(of: request).entry(activity: room.activity, hash: hash) != nil else {
            throw LinkRefusal.notTheTeacher
        }
        return room
    }
}
