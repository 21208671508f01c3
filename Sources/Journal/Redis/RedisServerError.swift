/// An error reply of Redis: its first word and the rest.
public struct RedisServerError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The first word, `ERR` for most.
    public let code: String
    /// The text after the code.
    public let message: String

    /// What the error means to us; only this decides.
    public enum Kind: Sendable, Equatable {
        case noAuthentication, wrongPassword, noPermission
        case wrongType, outOfMemory, noScript, executionAborted
        /// A replica, or a primary that was demoted.
        case readOnly
        /// Redis is reading its file, runs a script, or can't persist: later it may answer.
        case loading, busyScript, cannotPersist
        /// The slot is served by another node.
        case moved(slot: UInt16, host: String, port: Int)
        /// The slot is being moved to another node.
        case ask(slot: UInt16, host: String, port: Int)
        /// A blocking command ended because the role of the server changed.
        case unblocked
        case primaryDown, clusterDown, tryAgain, crossSlot, tooFewReplicas
        /// XADD with a lineage that is not the newest.
        case fenced
        case other
    }

    /// Makes an error of its parts.
    public init(code: String, message: String) {
        self.code = code
        self.message = message
    }

    /// Reads the text of an error reply.
    public init(_ text: String) {
        let parts = text.split(separator: " ", maxSplits: 1)
        let isCode = parts.first.map { $0.allSatisfy { $0.isASCII && ($0.isUppercase || $0.isNumber || $0 == "-") } }
        guard let first = parts.first, isCode == true else {
            self.init(code: "ERR", message: text)
            return
        }
        self.init(code: String(first), message: parts.count > 1 ? String(parts[1]) : "")
    }

    public var description: String { message.isEmpty ? code : "\(code) \(message)" }

    /// What the error means to us.
    public var kind: Kind {
        switch code {
        case "NOAUTH": .noAuthentication
        case "WRONGPASS": .wrongPassword
        case "NOPERM": .noPermission
        case "WRONGTYPE": .wrongType
        case "OOM": .outOfMemory
        case "NOSCRIPT": .noScript
        case "EXECABORT": .executionAborted
        case "READONLY": .readOnly
        case "LOADING": .loading
        case "BUSY": .busyScript
        case "MISCONF": .cannotPersist
        case "UNBLOCKED": .unblocked
        case "MASTERDOWN": .primaryDown
        case "CLUSTERDOWN": .clusterDown
        case "TRYAGAIN": .tryAgain
        case "CROSSSLOT": .crossSlot
        case "NOREPLICAS": .tooFewReplicas
        case "MOVED", "ASK": redirection
        case "ERR": plainKind
        default: .other
        }
    }

    /// Errors without a code of their own are known by their text.
    private var plainKind: Kind {
        if message.contains("equal or smaller than the target stream top item") { return .fenced }
        if message.contains("without any password configured") || message.contains("invalid password") {
            return .wrongPassword
        }
        return .other
    }

    /// `MOVED 3999 127.0.0.1:6381`; the host may be empty (the node that was asked) or IPv6 without brackets.
    private var redirection: Kind {
        let words = message.split(separator: " ")
        guard words.count >= 2, let slot = UInt16(words[0]), slot < ClusterSlot.count,
            let colon = words[1].lastIndex(of: ":"), let port = Int(words[1][colon...].dropFirst()),
            (1...65_535).contains(port)
        else { return .other }
        let host = String(words[1][..<colon])
        return code == "MOVED"
            ? .moved(slot: slot, host: host, port: port) : .ask(slot: slot, host: host, port: port)
    }
}
