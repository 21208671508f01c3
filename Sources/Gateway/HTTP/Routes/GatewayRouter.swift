import HTTPTypes
import Hummingbird
import Store

/// All HTTP routes of a node.
public struct GatewayRouter: Sendable {
    let table: [GatewayRoute]
    private let origins: OriginPolicy
    private let proxies: TrustedProxies
    private let engine: Engine
    private let refusals: RefusalTally

    /// The routes over a core; nothing is served yet.
    public init(core: GatewayCore) {
        origins = core.configuration.origins
        proxies = core.configuration.traffic.proxies
        engine = core.engine
        refusals = core.refusals
        table =
            HealthRoutes(core: core).routes + StatusRoutes(core: core).routes + MetricsRoutes(core: core).routes
            + SocketStatsRoutes(core: core).routes
            + SessionRoutes(core: core).routes
            + ImportRoutes(core: core).routes + ServerAPIRoutes(core: core).routes
            + EventStreamRoutes(core: core).routes + PersistentSessionRoutes(core: core).routes
            + WaitingRoomRoutes(core: core).routes + ExampleRoutes(core: core).routes
    }

    /// Method, path and what a caller must show, one line a route: for the start banner and for tests.
    public var rows: [String] { table.map { "\($0.method.rawValue) \($0.path) \($0.needs.rawValue)" } }

    /// A router with the middleware that makes every error a problem, and lets allowed pages read it.
    public func make() -> Router<GatewayRequestContext> {
        let router = Router(context: GatewayRequestContext.self)
        if proxies != .none { router.add(middleware: CallerMiddleware(proxies: proxies)) }
        router.add(middleware: CrossOriginMiddleware(origins: origins))
        router.add(middleware: ProblemMiddleware(refused: refusals.refused))
        for route in table {
            router.on(RouterPath(route.path), method: route.method, use: route.reaching(engine).respond)
        }
        return router
    }
}
