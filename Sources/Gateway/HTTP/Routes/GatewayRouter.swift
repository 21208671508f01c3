import Hummingbird

/// All routes.
public enum GatewayRouter {
    /// Makes the router.
    public static func make(_ core: GatewayCore) -> Router<GatewayRequestContext> {
        Router(context: GatewayRequestContext.self)
    }
}
