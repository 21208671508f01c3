import HTTPTypes
import Hummingbird
import NIOCore
import Store
import Synchronization

/// `/metrics`: what a node counted, for Prometheus.
///
/// - Guarantee: it answers while the engine doesn't, with what is known without it; nothing in it names a user, a channel or a
///   secret.
struct MetricsRoutes: Sendable {
    let core: GatewayCore

    var routes: [GatewayRoute] { [GatewayRoute(.get, "/metrics", needs: .apiKey, respond: metrics)] }

    @Sendable private func metrics(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try RequestIdentity(configuration: core.configuration).requireOperator(request, now: core.engine.now)
        let text = MetricsDocument.text(try await facts())
        var headers = HTTPFields()
        headers[.contentType] = Exposition.mediaType
        headers[.cacheControl] = "no-store"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private func facts() async throws -> MetricsDocument.Facts {
        var facts = MetricsDocument.Facts(health: core.engine.health)
        facts.connections = Surface.allCases.map { ($0, core.connections.count(on: $0)) }
        facts.isDraining = core.isDraining.load(ordering: .relaxed)
        facts.refusals = core.refusals.counts
        (facts.lane, facts.uptime) = (core.fleet?.dropped, core.uptimeSeconds)
        for seat in core.seats {
            let (tally, bytes) = try await seat.eventLoop.submit {
                (seat.hub.value.tally, seat.heartbeat.value.outboundBytes)
            }.get()
            facts.tally.add(tally)
            facts.outboundBytes += bytes
        }
        do throws(EngineError) {
            facts.engine = try await core.engine.ask { .status($0) }
            facts.channels = try await core.engine.ask { .channels($0) }
        } catch {
            // Figures are read when something is wrong, too: those of an engine that can't answer are left out.
        }
        return facts
    }
}
