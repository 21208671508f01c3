import Foundation
import HTTPTypes
import Hummingbird
import Journal
import NIOCore

extension Request {
    /// The whole body.
    ///
    /// - Errors: 413 over the bound of the context.
    func bytes(_ context: GatewayRequestContext) async throws -> [UInt8] {
        Array(try await body.collect(upTo: context.maxUploadSize).readableBytesView)
    }

    /// A query value, percent-decoded.
    func query(_ name: Substring) -> String? {
        uri.queryParameters[name].map(String.init)
    }

    /// The value of a field that has no name in HTTPTypes; `name` in lower case.
    func field(_ name: String) -> String? {
        headers.first { $0.name.canonicalName == name }?.value
    }

    /// The media type without its parameters, in lower case.
    var mediaType: String? {
        headers[.contentType]?.split(separator: ";", maxSplits: 1).first.map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
    }
}

extension HTTPFields {
    /// Sets a field that has no name in HTTPTypes.
    mutating func set(_ name: String, to value: String) {
        guard let name = HTTPField.Name(name) else { return }
        self[name] = value
    }
}

extension Response {
    /// `{"<name>":[…],"next":…}`: a page of a list. Rows may have gone a moment ago: only an empty page is surely the last.
    init<Row>(
        page name: StaticString, of rows: [Row], next: (Row) -> String, _ append: (Row, inout [UInt8]) -> Void
    ) {
        var list: [UInt8] = [UInt8(ascii: "[")]
        for (index, row) in rows.enumerated() {
            if index > 0 { list.append(UInt8(ascii: ",")) }
            append(row, &list)
        }
        list.append(UInt8(ascii: "]"))
        var out: [UInt8] = [UInt8(ascii: "{")]
        out.appendMember(name, json: list)
        if let last = rows.last { out.appendMember("next", string: next(last)) }
        out[out.count - 1] = UInt8(ascii: "}")
        self.init(json: out)
    }

    /// JSON that must not be kept by caches.
    init(json bytes: [UInt8], status: HTTPResponse.Status = .ok, headers: HTTPFields = [:]) {
        var headers = headers
        headers[.contentType] = "application/json"
        headers[.cacheControl] = "no-store"
        self.init(status: status, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }
}
