import Foundation
import HTTPTypes
import Hummingbird
import Store

/// `/api/status`: everything an operator wants to see at once.
struct StatusRoutes: Sendable {
    let core: GatewayCore

    /// Sessions that are listed; the counts by type are over them.
    static let listedMax = 200

    var routes: [GatewayRoute] {
        [
            GatewayRoute(.get, "/api/status", needs: .apiKey, respond: status),
            // The page says nothing by itself: what it shows it asks for with the key.
            GatewayRoute(.get, "/status", needs: .nothing) { _, _ in StatusPage.response },
        ]
    }

    @Sendable func status(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        try RequestIdentity(configuration: core.configuration).requireOperator(request, now: core.engine.now)
        return try encode(await document())
    }

    private func document() async -> StatusDocument {
        let engine = core.engine
        do throws(EngineError) {
            // Listing writes a checkpoint first, so that the count after it is of the same sessions.
            let sessions = try await engine.ask { .listSessions(type: nil, after: "", limit: Self.listedMax, $0) }
            let status = try await engine.ask { .status($0) }
            let channels = try await engine.ask { .channels($0) }
            return StatusDocument(core, status, channels: channels, sessions: sessions)
        } catch {
            // A status page is read when something is wrong: what can be told without the engine is told.
            return StatusDocument(core, failure: error)
        }
    }

    private func encode(_ document: StatusDocument) throws(Problem) -> Response {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // The document holds strings and finite numbers, which always encode.
        guard let data = try? encoder.encode(document) else { throw Problem(.internalServerError) }
        return Response(json: [UInt8](data))
    }
}
