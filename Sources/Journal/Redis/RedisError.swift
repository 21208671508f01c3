/// Why Redis could not be used; its description is one sentence without secrets.
public enum RedisError: Error, Sendable, Equatable, CustomStringConvertible {
    /// A Redis URL or list of nodes is malformed.
    case badAddress(String)
    /// No connection could be opened: refused, unresolvable, TLS failed, or closed before the first reply; or nobody in a
    /// cluster serves the journal's slot.
    case unreachable(String)
    /// The password or user is missing or wrong.
    case authentication(String)
    /// What arrived is not the protocol, or went over a bound of it.
    case protocolViolation(String)
    /// A deadline passed: whether the command took effect is unknown.
    case timedOut(String)
    /// The connection ended: whether commands in flight took effect is unknown.
    case closed(String)
    /// Too much is in flight: the command was not sent.
    case busy(String)
    /// Redis refused the command.
    case server(RedisServerError)
    /// Older than what the journal needs.
    case unsupportedVersion(String)
    /// A node of a cluster was given as a single server.
    case clusterWithoutFlag(String)
    /// A single server was given as a node of a cluster.
    case noCluster(String)
    /// A replica where the primary was needed.
    case notAPrimary(String)

    public var description: String {
        switch self {
        case .server(let error): "Redis refused the command: \(error.description)"
        case .badAddress(let text), .unreachable(let text), .authentication(let text), .protocolViolation(let text),
            .timedOut(let text), .closed(let text), .busy(let text), .unsupportedVersion(let text),
            .clusterWithoutFlag(let text), .noCluster(let text), .notAPrimary(let text):
            text
        }
    }

    /// What Redis refused for, or nil when the failure is not an error reply.
    public var serverKind: RedisServerError.Kind? {
        guard case .server(let error) = self else { return nil }
        return error.kind
    }

    /// Whether the command was certainly not carried out.
    ///
    /// False means unknown: it may have been.
    public var isCertainlyNotDone: Bool {
        switch self {
        case .timedOut, .closed, .protocolViolation: false
        case .server(let error): error.kind != .unblocked
        default: true
        }
    }

    /// Any failure of a future as one of ours.
    init(_ error: any Error) {
        self = error as? RedisError ?? .closed("the connection to Redis ended: \(error)")
    }
}
