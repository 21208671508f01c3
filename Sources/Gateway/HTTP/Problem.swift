import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTP1

/// An error as clients see it: `application/problem+json`.
///
/// - Guarantee: says only what its maker put in; never a Swift error, a path or a stack.
/// - Source: RFC 9457; `code` is an extension member that repeats the last part of `type`.
public struct Problem: HTTPResponseError, Sendable {
    /// The status of the answer.
    public var status: HTTPResponse.Status
    /// Short, stable and fit for a switch: `version-mismatch`.
    public var code: String
    /// One sentence about this occurrence.
    public var detail: String?
    /// Whole seconds after which the request may be repeated.
    public var retryAfter: Int?
    /// Further fields of the answer, such as `Allow`.
    public var headers: HTTPFields

    /// Creates a problem; its title is the status' standard phrase.
    public init(
        _ status: HTTPResponse.Status, code: String, detail: String? = nil, retryAfter: Int? = nil,
        headers: HTTPFields = [:]
    ) {
        self.status = status
        self.code = code
        self.detail = detail
        self.retryAfter = retryAfter
        self.headers = headers
    }

    /// Creates the problem that stands for a bare status.
    public init(_ status: HTTPResponse.Status, detail: String? = nil) {
        let words = Self.title(of: status).lowercased().split { !$0.isLetter && !$0.isNumber }
        self.init(status, code: words.joined(separator: "-"), detail: detail)
    }

    private struct Document: Encodable {
        var type: String
        var title: String
        var status: Int
        var detail: String?
        var code: String
    }

    /// The standard phrase of a status, whatever phrase came with it.
    private static func title(of status: HTTPResponse.Status) -> String {
        let phrase = HTTPResponseStatus(statusCode: status.code).reasonPhrase
        return phrase.isEmpty ? "Status \(status.code)" : phrase
    }

    /// The JSON document.
    package var body: ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let document = Document(
            type: "/errors/\(self.code)", title: Self.title(of: self.status), status: self.status.code,
            detail: self.detail, code: self.code
        )
        // Strings and one integer always encode; an empty body would still carry the right status.
        let data = (try? encoder.encode(document)) ?? Data()
        return ByteBuffer(bytes: data)
    }

    /// The fields of the answer, except its length.
    package var fields: HTTPFields {
        var fields = self.headers
        fields[.contentType] = "application/problem+json"
        fields[.cacheControl] = "no-store"
        if let retryAfter = self.retryAfter { fields[.retryAfter] = String(retryAfter) }
        return fields
    }

    /// The answer.
    public func response(from request: Request, context: some RequestContext) -> Response {
        // A phrase that came with the status may hold anything; the standard one doesn't.
        let status = HTTPResponse.Status(code: self.status.code, reasonPhrase: Self.title(of: self.status))
        guard request.method != .head else { return Response(status: status, headers: self.fields) }
        return Response(status: status, headers: self.fields, body: ResponseBody(byteBuffer: self.body))
    }
}
