import HTTPTypes
import JSONBytes
import Store

/// An error of the server API, by its number.
///
/// - Source: Centrifugo's server API; 104 and 113 mean other things than in the client protocol.
struct ServerError: Error, Sendable, Equatable {
    let code: Int
    let message: String
    /// The engine could not do it: the same command may succeed later.
    var isTemporary = false

    static let unknownChannel = ServerError(code: 102, message: "unknown channel")
    static let permissionDenied = ServerError(code: 103, message: "permission denied")
    static let methodNotFound = ServerError(code: 104, message: "method not found")
    static let notFound = ServerError(code: 104, message: "not found")
    static let notAvailable = ServerError(code: 108, message: "not available")
    static let unrecoverablePosition = ServerError(code: 112, message: "unrecoverable position")
    static let conflict = ServerError(code: 113, message: "conflict")

    static func badRequest(_ why: String) -> ServerError { ServerError(code: 107, message: "bad request: \(why)") }

    init(code: Int, message: String, isTemporary: Bool = false) {
        self.code = code
        self.message = message
        self.isTemporary = isTemporary
    }

    /// What the client protocol has for it; sessions and rooms are the same over both.
    init(_ error: ReplyError) {
        self.init(code: Int(error.rawValue), message: error.message, isTemporary: error.isTemporary)
    }

    /// A failure of the engine, with what became of the write.
    init(_ error: EngineError, _ intent: Problem.Intent) {
        let detail = Problem(error, intent).detail ?? error.message
        self.init(code: 100, message: "\(error.code.rawValue): \(detail)", isTemporary: true)
    }

    init(_ refusal: ChannelRefusal) {
        switch refusal {
        case .unknownChannel: self = .unknownChannel
        case .permissionDenied: self = .permissionDenied
        case .badRequest: self = .badRequest("a channel has 1 to \(ChannelName.maximumBytes) printable characters")
        case .notAvailable: self = .notAvailable
        }
    }

    /// The status in transport mode, where the error itself is the body.
    var transportStatus: HTTPResponse.Status {
        switch code {
        case 100 where isTemporary: .serviceUnavailable
        case 102, 104: .notFound
        case 107, 108: .badRequest
        case 112: .rangeNotSatisfiable
        case 113: .conflict
        // Codes of sessions and rooms are those of HTTP.
        case 400..<500: HTTPResponse.Status(code: code)
        default: .internalServerError
        }
    }

    /// Appends `{"code":…,"message":…}`.
    func append(to out: inout [UInt8]) {
        out.appendASCII("{\"code\":")
        out.appendDecimal(code)
        out.appendASCII(",\"message\":")
        out.appendJSONString(message)
        out.append(UInt8(ascii: "}"))
    }
}
