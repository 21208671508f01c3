import HTTPTypes
import NIOHTTP1

/// Verdicts on request heads that the parser lets pass.
package enum RequestRules {
    /// Bytes of a request's target: path and query.
    package static let targetBytesMax = 8_192

    /// Judges a head; nil if it may be served.
    ///
    /// - Source: RFC 9112 §3.2 (one Host, the same as in a target with a server in it), §6.1 (only chunked is known; never with a length).
    package static func judge(_ head: HTTPRequestHead, maxBodyBytes: Int) -> Problem? {
        guard head.uri.utf8.count <= Self.targetBytesMax else { return Problem(.uriTooLong) }
        let hosts = head.headers["host"]
        guard hosts.count == 1 || (hosts.isEmpty && head.version == .http1_0) else {
            return Problem(.badRequest, detail: "A request has exactly one Host.")
        }
        guard self.names(hosts.first ?? "", head.uri) else {
            return Problem(.badRequest, detail: "The target and Host name different servers.")
        }
        let codings = head.headers["transfer-encoding"]
        let lengths = head.headers["content-length"]
        if !codings.isEmpty {
            guard codings.count == 1, codings.first?.lowercased() == "chunked", lengths.isEmpty,
                head.version != .http1_0
            else { return Problem(.badRequest, detail: "The length of the body is ambiguous.") }
        } else if let text = lengths.first {
            guard lengths.count == 1, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let length = UInt64(text)
            else { return Problem(.badRequest, detail: "The length of the body is ambiguous.") }
            guard length <= UInt64(maxBodyBytes) else { return self.bodyTooLarge(maxBodyBytes) }
        }
        return nil
    }

    /// Whether a target, where it names a server, names the one of `Host`: two readers of one request must not differ.
    private static func names(_ host: String, _ target: String) -> Bool {
        guard target.utf8.first != UInt8(ascii: "/"), target != "*" else { return true }
        guard let mark = target.firstRange(of: "://") else { return false }
        return target[mark.upperBound...].prefix { !"/?#".contains($0) }.lowercased() == host.lowercased()
    }

    /// The answer to a body over the limit.
    package static func bodyTooLarge(_ limit: Int) -> Problem {
        Problem(.contentTooLarge, detail: "A body has at most \(limit) bytes.")
    }

    /// The answer to bytes that aren't HTTP, or too much of it.
    package static func problem(for error: HTTPParserError) -> Problem {
        switch error {
        case .headerOverflow: Problem(.requestHeaderFieldsTooLarge)
        case .invalidVersion: Problem(.httpVersionNotSupported)
        default: Problem(.badRequest, detail: "The request is malformed.")
        }
    }
}
