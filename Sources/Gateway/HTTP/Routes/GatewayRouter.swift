import HTTPTypes
import Hummingbird

/// All HTTP routes of a node.
public struct GatewayRouter: Sendable {
    let table: [GatewayRoute]
    private let origins: OriginPolicy

    /// The routes over a core; nothing is served yet.
    public init(core: GatewayCore) {
        origins = core.configuration.origins
        table =
            HealthRoutes(core: core).routes + StatusRoutes(core: core).routes + SessionRoutes(core: core).routes
            + ImportRoutes(core: core).routes + ServerAPIRoutes(core: core).routes
            + EventStreamRoutes(core: core).routes
    }

    /// Method, path and what a caller must show, one line a route: for the start banner and for tests.
    public var rows: [String] { table.map { "\($0.method.rawValue) \($0.path) \($0.needs.rawValue)" } }

    /// A router with the middleware that makes every error a problem, and lets allowed pages read it.
    public func make() -> Router<GatewayRequestContext> {
        let router = Router(context: GatewayRequestContext.self)
        router.add(middleware: CrossOriginMiddleware(origins: origins))
        router.add(middleware: ProblemMiddleware())
        for route in table {
            router.on(RouterPath(route.path), method: route.method, use: route.respond)
        }
        return router
    }
}
