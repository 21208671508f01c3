import Foundation
import NIOCore

/// Why the server can't listen, each in one sentence for the operator.
public enum GatewayServerError: Error, Equatable, CustomStringConvertible {
    case portTaken(host: String, port: Int)
    case portForbidden(host: String, port: Int)
    case portOutOfRange(Int)
    case hostUnknown(String)
    case hostNotOurs(String)
    case cannotListen(host: String, port: Int, reason: String)

    /// The sentence.
    public var description: String {
        switch self {
        case .portTaken(let host, let port):
            "port \(port) on \(host) is taken by another program: stop it, or choose another port with PORT or --port"
        case .portForbidden(let host, let port):
            "port \(port) on \(host) needs more rights than this process has: choose a port above 1023"
        case .portOutOfRange(let port): "port \(port) does not exist: choose one from 0 to 65535"
        case .hostUnknown(let host):
            "host \(host) can't be resolved: use 127.0.0.1, 0.0.0.0 or an address of this machine"
        case .hostNotOurs(let host): "host \(host) is no address of this machine: use 127.0.0.1, 0.0.0.0 or one that is"
        case .cannotListen(let host, let port, let reason): "can't listen on port \(port) of \(host): \(reason)"
        }
    }

    /// What a failed bind means.
    public init(_ error: any Error, host: String, port: Int) {
        switch error {
        case let error as IOError where error.errnoCode == EADDRINUSE: self = .portTaken(host: host, port: port)
        case let error as IOError where error.errnoCode == EACCES: self = .portForbidden(host: host, port: port)
        case let error as IOError where error.errnoCode == EADDRNOTAVAIL: self = .hostNotOurs(host)
        case let error as IOError:
            self = .cannotListen(host: host, port: port, reason: String(cString: strerror(error.errnoCode)))
        case is SocketAddressError, is SocketAddressError.UnknownHost: self = .hostUnknown(host)
        default: self = .cannotListen(host: host, port: port, reason: "\(error)")
        }
    }
}
