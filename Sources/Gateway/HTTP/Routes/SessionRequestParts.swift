import HTTPTypes
import Hummingbird
import Journal
import Store

/// What the session routes read from requests.
extension SessionRoutes {
    static func id(in context: GatewayRequestContext) throws(Problem) -> String {
        guard let id = context.parameters.get("id"), SessionRules.isID(id) else { throw Problem(Refusal.notFound) }
        return id
    }

    static func key(of request: Request) throws(Problem) -> String? {
        guard let key = request.field("idempotency-key") else { return nil }
        do throws(SessionInputFault) { try SessionRules.check(key: key) } catch { throw Problem(error) }
        return key
    }

    static func newSession(_ bytes: [UInt8]) throws(Problem) -> NewSession {
        do throws(SessionInputFault) { return try NewSession(json: bytes) } catch { throw Problem(error) }
    }

    static func tags(_ value: String?) throws(Problem) -> EntityTags? {
        guard let value else { return nil }
        guard let tags = EntityTags(value) else {
            throw Problem(.badRequest, code: "bad-entity-tag", detail: "An entity tag is a version in quotes: \"3\".")
        }
        return tags
    }

    static func tag(_ version: UInt64) -> HTTPFields {
        var headers = HTTPFields()
        headers[.eTag] = EntityTags.text(of: version)
        headers[.cacheControl] = "no-store"
        return headers
    }

    static func limit(_ value: String?) throws(Problem) -> Int {
        guard let value else { return SessionLimits.listedDefault }
        guard let limit = Int(value), (1...EngineLimits.listedSessionsMax).contains(limit) else {
            throw Problem(
                .badRequest, code: "bad-limit", detail: "A limit is from 1 to \(EngineLimits.listedSessionsMax).")
        }
        return limit
    }

    /// Runs something that the engine answers, its failures made problems.
    static func asking<Value: Sendable>(
        _ intent: Problem.Intent, _ body: () async throws(EngineError) -> Value
    ) async throws(Problem) -> Value {
        do throws(EngineError) { return try await body() } catch { throw Problem(error, intent) }
    }
}
