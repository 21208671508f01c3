import HTTPTypes
import Hummingbird

/// Lets pages of the allowed origins read answers, and answers their preflights.
///
/// It refuses nobody: that is for the routes, which know what they protect.
///
/// - Source: WHATWG Fetch, "CORS protocol".
struct CrossOriginMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    let origins: OriginPolicy

    private static let preflightSeconds = 600
    private static let methods = "GET, HEAD, POST, PUT, PATCH, DELETE"
    private static let asked =
        "Anteroom-Cursor, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-API-Key"
    private static let shown = "Anteroom-Cursor, ETag, Location, Retry-After, Idempotency-Replayed"

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        guard let origin = request.headers[.origin],
            origins.allows(origins: request.headers[values: .origin], host: request.head.authority)
        else { return try await next(request, context) }
        var response: Response
        if request.method == .options, request.headers[.accessControlRequestMethod] != nil {
            response = Response(status: .noContent)
            response.headers[.accessControlAllowMethods] = Self.methods
            response.headers[.accessControlAllowHeaders] = Self.asked
            response.headers[.accessControlMaxAge] = String(Self.preflightSeconds)
        } else {
            response = try await next(request, context)
            response.headers[.accessControlExposeHeaders] = Self.shown
        }
        response.headers[.accessControlAllowOrigin] = origin
        response.headers[.vary] = "Origin"
        return response
    }
}
