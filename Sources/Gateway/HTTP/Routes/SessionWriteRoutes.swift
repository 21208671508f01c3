import HTTPTypes
import Hummingbird
import JSONBytes
import Journal
import NIOCore
import Store

/// Changes of a session that exists.
extension SessionRoutes {
    @Sendable func put(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try Caller(request, context, self)
        let document = try Self.json(try await request.bytes(context))
        return try written(try await change(.put(document), caller), for: caller.identity, status: .ok)
    }

    @Sendable func patch(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try Caller(request, context, self)
        guard let type = request.mediaType, Self.patchTypes.contains(type) || type == Self.unstatedType else {
            var headers = HTTPFields()
            headers.set("Accept-Patch", to: Self.patchTypes.joined(separator: ", "))
            throw Problem(
                .unsupportedMediaType, code: "unsupported-patch",
                detail: "A patch is a JSON Merge Patch: send Content-Type application/merge-patch+json.",
                headers: headers)
        }
        let patch = try Self.json(try await request.bytes(context))
        return try written(try await change(.patch(patch), caller), for: caller.identity, status: .ok)
    }

    @Sendable func touch(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try Caller(request, context, self)
        guard caller.condition == nil else {
            throw Problem(.badRequest, code: "no-condition", detail: "A touch changes no version: leave If-Match out.")
        }
        let answer = try await change(.touch, caller)
        switch answer {
        case .accepted(let receipt), .duplicate(let receipt):
            guard let session = receipt.session else { throw Problem(Refusal.notFound) }
            var out: [UInt8] = []
            out.appendASCII("{\"expiresAt\":")
            out.appendDecimal(session.deadline)
            out.append(UInt8(ascii: "}"))
            var headers = Self.tag(session.version)
            headers.set(receipt.cursor)
            return Response(json: out, headers: headers)
        case .refused(let refusal): throw Problem(refusal)
        case .forbidden: throw Problem.sessionForbidden
        }
    }

    @Sendable func end(_ request: Request, _ context: GatewayRequestContext) async throws -> Response {
        let caller = try Caller(request, context, self)
        let answer = try await change(.end, caller)
        switch answer {
        case .accepted(let receipt), .duplicate(let receipt):
            var headers = HTTPFields()
            headers.set(receipt.cursor)
            if case .duplicate = answer { headers.set("Idempotency-Replayed", to: "true") }
            return Response(status: .noContent, headers: headers)
        case .refused(let refusal): throw Problem(refusal)
        case .forbidden: throw Problem.sessionForbidden
        }
    }

    private static let patchTypes = ["application/merge-patch+json", "application/json"]
    /// What `curl -d` says when nobody told it a type: taken for a merge patch, so that a short command line works.
    private static let unstatedType = "application/x-www-form-urlencoded"

    /// Who changes which session, under which conditions.
    private struct Caller {
        let identity: Identity
        let id: String
        let access: SessionAccess
        let condition: EntityTags?
        let key: String?

        init(_ request: Request, _ context: GatewayRequestContext, _ routes: SessionRoutes) throws(Problem) {
            identity = try routes.identities.required(of: request, now: routes.core.engine.now)
            id = try SessionRoutes.id(in: context)
            access = SessionAccess(identity, session: id, need: .write)
            condition = try SessionRoutes.tags(request.headers[.ifMatch])
            key = try SessionRoutes.key(of: request)
        }
    }

    private func change(_ change: SessionChange, _ caller: Caller) async throws -> WriteAnswer {
        let version = try await expectedVersion(caller)
        let answer = try await Self.asking(.write) { () async throws(EngineError) in
            try await operations.apply(
                change, to: caller.id, expecting: version, key: caller.key, access: caller.access)
        }
        if case .refused(.versionMismatch) = answer { throw await mismatch(caller) }
        return answer
    }

    /// One version out of those that `If-Match` accepts; the engine compares and sets.
    private func expectedVersion(_ caller: Caller) async throws -> UInt64? {
        guard let accepted = caller.condition?.accepted else { return nil }
        guard accepted.count > 1 else { return accepted.first ?? Self.versionOfNothing }
        // A list: the version that is there now, if listed. A retry with a key must reach the engine in any case.
        let current = try await Self.asking(.read) { () async throws(EngineError) in
            try await operations.read(caller.id, access: caller.access)
        }
        guard case .found(let session) = current, accepted.contains(session.version) else { return accepted.first }
        return session.version
    }

    /// Versions begin at 1: expecting 0 never succeeds.
    private static let versionOfNothing: UInt64 = 0

    /// The refusal with the version that is there now, as far as that can be told.
    private func mismatch(_ caller: Caller) async -> Problem {
        var problem = Problem(Refusal.versionMismatch)
        // The refusal stands either way; without the version the caller reads it for itself.
        if case .found(let session)? = try? await operations.read(caller.id, access: caller.access) {
            problem.detail = "The session is at version \(session.version)."
            problem.headers[.eTag] = EntityTags.text(of: session.version)
        }
        return problem
    }

    private static func json(_ bytes: [UInt8]) throws(Problem) -> JSONText {
        do throws(JSONError) {
            return try JSONText(validating: bytes)
        } catch { throw Problem(SessionInputFault(error)) }
    }
}
