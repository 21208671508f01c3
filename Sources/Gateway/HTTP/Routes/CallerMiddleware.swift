import HTTPTypes
import Hummingbird

/// Finds the caller of a request behind trusted proxies.
struct CallerMiddleware: RouterMiddleware {
    typealias Context = GatewayRequestContext

    let proxies: TrustedProxies

    func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        var context = context
        let forwarded = request.headers.filter { $0.name.canonicalName == Self.field }.map(\.value)
        context.remoteAddress = proxies.caller(forwarded: forwarded, peer: context.remoteAddress)
        return try await next(request, context)
    }

    private static let field = TrustedProxies.field.lowercased()
}
