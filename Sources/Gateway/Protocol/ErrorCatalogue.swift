import Journal
import Store

/// Every error that a command of the client protocol or the server API can be answered with.
///
/// - Source: client-protocol reference, section 11.1. The numbers never move; `data/errors.json` is the golden list.
public enum ReplyError: UInt32, Error, Sendable, CaseIterable {
    case internalError = 100
    case unauthorized = 101
    case unknownChannel = 102
    case permissionDenied = 103
    case methodNotFound = 104
    case alreadySubscribed = 105
    case limitExceeded = 106
    case badRequest = 107
    case notAvailable = 108
    case tokenExpired = 109
    case expired = 110
    case tooManyRequests = 111
    case unrecoverablePosition = 112
    case conflict = 113
    /// From here on codes of our own (400–1999 belong to applications): those of session calls, numbered as over HTTP.
    case sessionNotFound = 404
    case idempotencyConflict = 409
    case sessionEnded = 410
    case versionMismatch = 412
    case documentTooLarge = 413
    case badPatch = 422

    /// The sentence that goes with the number.
    public var message: String {
        switch self {
        case .internalError: "internal server error"
        case .unauthorized: "unauthorized"
        case .unknownChannel: "unknown channel"
        case .permissionDenied: "permission denied"
        case .methodNotFound: "method not found"
        case .alreadySubscribed: "already subscribed"
        case .limitExceeded: "limit exceeded"
        case .badRequest: "bad request"
        case .notAvailable: "not available"
        case .tokenExpired: "token expired"
        case .expired: "expired"
        case .tooManyRequests: "too many requests"
        case .unrecoverablePosition: "unrecoverable position"
        case .conflict: "conflict"
        case .sessionNotFound: "session not found"
        case .idempotencyConflict: "idempotency conflict"
        case .sessionEnded: "session ended"
        case .versionMismatch: "version mismatch"
        case .documentTooLarge: "document too large"
        case .badPatch: "bad patch"
        }
    }

    /// True when the same command may succeed later; SDKs then retry by themselves.
    public var isTemporary: Bool { self == .internalError || self == .tooManyRequests }

    /// What a failure of the engine means to a client.
    init(_ error: EngineError) { self = error.code == .busy ? .tooManyRequests : .internalError }

    /// What a refused session entry means to a client.
    init(_ refusal: Refusal) {
        switch refusal {
        case .notFound: self = .sessionNotFound
        case .ended: self = .sessionEnded
        case .versionMismatch: self = .versionMismatch
        case .keyConflict: self = .idempotencyConflict
        case .tooLarge: self = .documentTooLarge
        case .badPatch: self = .badPatch
        case .busy, .limited: self = .tooManyRequests
        case .forbidden: self = .permissionDenied
        case .exists, .duplicate, .stale, .notDue, .full, .live, .outdated: self = .conflict
        }
    }

    /// What a refused channel operation means to a client.
    init(_ refusal: ChannelRefusal) {
        switch refusal {
        case .unknownChannel: self = .unknownChannel
        case .permissionDenied: self = .permissionDenied
        case .badRequest: self = .badRequest
        case .notAvailable: self = .notAvailable
        }
    }
}
