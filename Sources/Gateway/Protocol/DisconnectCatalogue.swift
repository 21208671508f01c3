/// Every code with which a connection of the client protocol is closed.
///
/// The range is the retry policy: clients come back after 3000–3499, and stay away after 3500–3999.
///
/// - Source: client-protocol reference, section 11.3.
public enum Disconnect: UInt16, Sendable, CaseIterable {
    case shutdown = 3001
    case internalError = 3004
    case connectionExpired = 3005
    case subscriptionExpired = 3006
    case slow = 3008
    case insufficientState = 3010
    /// Nothing was said for long: a client that still wants its subscriptions comes back.
    case forceReconnect = 3011
    case noPong = 3012
    case tooManyRequests = 3013
    case invalidToken = 3500
    case badRequest = 3501
    case stale = 3502
    case forced = 3503
    case connectionLimit = 3504
    case channelLimit = 3505
    case inappropriateProtocol = 3506
    case permissionDenied = 3507
    case notAvailable = 3508

    /// At most 123 bytes, and never valid JSON by itself: an SDK would then read it as an object of the old protocol.
    public var reason: String {
        switch self {
        case .shutdown: "shutdown"
        case .internalError: "internal server error"
        case .connectionExpired: "connection expired"
        case .subscriptionExpired: "subscription expired"
        case .slow: "slow"
        case .insufficientState: "insufficient state"
        case .forceReconnect: "force reconnect"
        case .noPong: "no pong"
        case .tooManyRequests: "too many requests"
        case .invalidToken: "invalid token"
        case .badRequest: "bad request"
        case .stale: "stale"
        case .forced: "force disconnect"
        case .connectionLimit: "connection limit"
        case .channelLimit: "channel limit"
        case .inappropriateProtocol: "inappropriate protocol"
        case .permissionDenied: "permission denied"
        case .notAvailable: "not available"
        }
    }
}
