import Foundation
import HTTPTypes
import Hummingbird
import Store
import Synchronization

/// `/events/<channel>` and `/events?channel=a&channel=b`: channels as Server-Sent Events.
///
/// The data of an event is the payload as it was published; with several channels it is
/// `{"channel":…,"offset":…,"data":…}`. `id:` carries the positions of all channels of the stream, so that a browser that
/// comes back, or `curl` with `Last-Event-ID` or `?lastEventId=`, is given what it missed or `event: not-recovered`.
struct EventStreamRoutes: Sendable {
    let core: GatewayCore
    private let identities: RequestIdentity
    private let permissions: ChannelPermissions
    private let nextSeat = NextSeat()

    init(core: GatewayCore) {
        self.core = core
        identities = RequestIdentity(configuration: core.configuration)
        permissions = ChannelPermissions(insecure: core.configuration.insecure)
    }

    var routes: [GatewayRoute] {
        [
            GatewayRoute(.get, "/events/**", needs: .channel) { request, context in
                try await stream(request, context, try Self.channel(inPath: request.uri.path))
            },
            GatewayRoute(.get, "/events", needs: .channel) { request, context in
                try await stream(request, context, request.uri.queryParameters.getAll("channel").map { String($0) })
            },
        ]
    }

    private static func channel(inPath path: String) throws(Problem) -> [String] {
        guard let channel = String(path.dropFirst("/events/".count)).removingPercentEncoding else {
            throw Problem(ChannelRefusal.badRequest)
        }
        return [channel]
    }

    private func stream(
        _ request: Request, _ context: GatewayRequestContext, _ names: [String]
    ) async throws -> Response {
        let now = core.engine.now
        let identity = try identities.identity(of: request, now: now, takesQueryToken: true)
        guard identity != nil || core.configuration.allowAnonymous else {
            throw RequestIdentity.unauthorized("credentials-missing", "Show a token.")
        }
        // A body would have to be read before the end of the connection could be seen behind it.
        guard request.headers[.contentLength] ?? "0" == "0", request.headers[.transferEncoding] == nil else {
            throw Problem(.badRequest, code: "body", detail: "A stream is asked for without a body.")
        }
        guard core.connections.total < core.configuration.maximumConnections else {
            throw Problem(.serviceUnavailable, code: "full", detail: "All connections are taken.", retryAfter: 2)
        }
        guard (1...EventStreamLimits.channelsMax).contains(names.count), Set(names).count == names.count else {
            throw Problem(
                .badRequest, code: "bad-channels",
                detail: "A stream has 1 to \(EventStreamLimits.channelsMax) different channels.")
        }
        // A browser repeats the address it was given first, but its header knows better.
        let lastEventID = request.field("last-event-id") ?? request.query("lastEventId")
        var channels: [EventStreamPlan.Channel] = []
        for name in names {
            channels.append(try await channel(name, identity, isReturning: lastEventID?.isEmpty == false))
        }
        let plan = EventStreamPlan(
            channels: channels, user: identity?.user ?? "",
            lastEventID: lastEventID?.isEmpty == false ? lastEventID : nil,
            heartbeatMilliseconds: core.configuration.pingIntervalMilliseconds,
            lifeMilliseconds: identity?.expiresAt.map { max(0, $0 - now) })
        let place = try place(of: context)
        guard let seat = nextSeat.of(core.seats) else { throw Problem(.serviceUnavailable) }
        let body = EventStreamBody(core: core, plan: plan, seat: seat)
        return Response(
            status: .ok, headers: Self.headers,
            body: ResponseBody { writer in
                try await body.run(request, &writer)
                withExtendedLifetime(place) {}
            })
    }

    /// Counts the stream in among the connections of its address; nil where nobody counts.
    private func place(of context: GatewayRequestContext) throws(Problem) -> CallerTable.Place? {
        switch core.callers.admit(context.remoteAddress) {
        case .free: return nil
        case .counted(let place): return place
        case .tooMany: throw .addressLimit
        }
    }

    private func channel(
        _ text: String, _ identity: Identity?, isReturning: Bool
    ) async throws -> EventStreamPlan.Channel {
        let (name, options) = try core.configuration.namespaces.resolve(text).mapError { Problem($0) }.get()
        let caller = identity ?? .anonymous
        let placed = permissions.position(
            options: options, identity: caller, wantsPositioned: true, wantsRecoverable: true)
        var access = SessionAccess.granted
        switch permissions.decide(.subscribe, on: name, options: options, identity: caller, isSubscribed: false) {
        case .allow: break
        case .deny(let refusal):
            guard identity != nil else {
                throw RequestIdentity.unauthorized("credentials-missing", "This channel needs a token.")
            }
            throw Problem(refusal)
        case .askOwner(.session):
            let id = name.reservedID.map(String.init) ?? ""
            access = SessionAccess(caller, session: id, need: .read)
            try await checkSession(id, access, isReturning: isReturning)
        case .askOwner(.waiting): try await checkRoom(name.reservedID.map(String.init) ?? "")
        case .askOwner:
            guard caller.isOperator else { throw Problem(ChannelRefusal.permissionDenied) }
        }
        return EventStreamPlan.Channel(
            name: text, access: access, isRecoverable: placed.recoverable, dropsEphemeral: options.dropsEphemeral)
    }

    /// Statuses can only be told before the stream begins; whether it may be joined is decided by the engine again.
    private func checkSession(_ id: String, _ access: SessionAccess, isReturning: Bool) async throws {
        let answer = try await SessionRoutes.asking(.read) { () async throws(EngineError) in
            try await core.engine.ask { .readSession(id: id, access, $0) }
        }
        switch answer {
        case .found: break
        // Whoever comes back is still told how the session ended.
        case .ended: if !isReturning { throw Problem(.gone, code: "session-ended", detail: "The session has ended.") }
        case .notFound:
            throw Problem(.notFound, code: "session-not-found", detail: "There is no such session.")
        case .forbidden: throw Problem.sessionForbidden
        }
    }

    private func checkRoom(_ hash: String) async throws {
        let room = try await SessionRoutes.asking(.read) { () async throws(EngineError) in
            try await core.engine.ask { .readRoom(hash: hash, $0) }
        }
        guard room != nil else { throw Problem(.notFound, code: "link-not-found", detail: "There is no such link.") }
    }

    private static var headers: HTTPFields {
        var headers = HTTPFields()
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-store"
        headers.set("X-Accel-Buffering", to: "no")
        return headers
    }
}

/// Spreads streams over the event loops, which a route doesn't know its own of.
private final class NextSeat: Sendable {
    private let count = Atomic<Int>(0)

    func of(_ seats: [LoopSeat]) -> LoopSeat? {
        guard !seats.isEmpty else { return nil }
        let (number, _) = count.wrappingAdd(1, ordering: .relaxed)
        return seats[Int(UInt(bitPattern: number) % UInt(seats.count))]
    }
}
