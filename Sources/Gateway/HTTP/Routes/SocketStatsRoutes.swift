import Hummingbird
import JSONBytes
import Journal
import NIOCore
import Store

/// `/api/ws/stats` and `/api/health/websocket`: how many are connected, in the shapes that monitors of other services read.
struct SocketStatsRoutes: Sendable {
    let core: GatewayCore

    var routes: [GatewayRoute] {
        [
            GatewayRoute(.get, "/api/ws/stats", needs: .apiKey, respond: stats),
            GatewayRoute(.get, "/api/health/websocket", needs: .apiKey, respond: health),
        ]
    }

    /// This node and, where it shares its journal, the whole fleet; 503 when a node that lives doesn't answer.
    @Sendable private func stats(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try RequestIdentity(configuration: core.configuration).requireOperator(request, now: core.engine.now)
        let calls = FleetCalls(core: core)
        let clients: Int
        let channels: Int
        do throws(ServerError) {
            clients = try await calls.nodes().reduce(0) { $0 &+ $1.clients }
            channels = try await calls.channels("", nil).count
        } catch {
            throw Problem(.serviceUnavailable, code: "unavailable", detail: "\(error.message).", retryAfter: 1)
        }
        var out: [UInt8] = Array("{".utf8)
        out.appendMember("serverId", string: core.facts.uid)
        out.appendMember("localConnections", number: UInt64(clamping: core.connections.total))
        out.appendMember("redisConnections", number: UInt64(clamping: clients))
        out.appendMember("activeRuns", number: UInt64(clamping: channels))
        out.appendMember("uptime", number: core.uptimeSeconds)
        out[out.count - 1] = UInt8(ascii: "}")
        return Response(json: out)
    }

    /// This node only, in words for people.
    @Sendable private func health(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try RequestIdentity(configuration: core.configuration).requireOperator(request, now: core.engine.now)
        let rooms = try await SessionRoutes.asking(.read) { () async throws(EngineError) in
            try await core.engine.ask { .channels($0) }
        }
        var authenticated = 0
        for seat in core.seats {
            authenticated += try await seat.eventLoop.submit { seat.hub.value.users.memberCount }.get()
        }
        var out: [UInt8] = Array("{".utf8)
        out.appendMember("connectedClients", number: UInt64(clamping: core.connections.total))
        out.appendMember("activeRooms", number: UInt64(clamping: rooms.count))
        out.appendMember("authenticatedClients", number: UInt64(clamping: authenticated))
        out.appendMember("uptime", string: Self.text(ofSeconds: core.uptimeSeconds))
        out.appendMember("memoryUsage", string: "\(ProcessFigures().resident / 1_048_576)MB")
        out[out.count - 1] = UInt8(ascii: "}")
        return Response(json: out)
    }

    /// `2h 15m`
    static func text(ofSeconds seconds: Int64) -> String { "\(seconds / 3_600)h \(seconds / 60 % 60)m" }
}
