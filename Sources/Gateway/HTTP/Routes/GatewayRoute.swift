import HTTPTypes
import Hummingbird

/// One row of the route table.
struct GatewayRoute: Sendable {
    /// What a caller must show in production.
    enum Needs: String, Sendable, CaseIterable {
        case nothing
        case apiKey
        /// The API key, or a token that reaches the session.
        case session
        /// What the channel's namespace asks for.
        case channel
        /// Nothing to come in; what is the teacher's alone needs the cookie of the link.
        case link
    }

    let method: HTTPRequest.Method
    let path: String
    let needs: Needs
    let respond: @Sendable (Request, GatewayRequestContext) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, needs: Needs,
        respond: @escaping @Sendable (Request, GatewayRequestContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.needs = needs
        self.respond = respond
    }
}
