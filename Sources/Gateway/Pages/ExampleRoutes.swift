import Foundation
import HTTPTypes
import Hummingbird
import NIOCore

/// `/examples/**`: the pages of the folder of the examples, read anew for each request so that an edit shows at once.
///
/// It is for trying things out: in production the route doesn't exist.
///
/// - Bounds: files of ``bytesMax``; what is larger isn't there.
struct ExampleRoutes: Sendable {
    static let bytesMax = 1 << 20

    private let directory: String?

    init(core: GatewayCore) {
        directory = core.configuration.examplesDirectory
    }

    var routes: [GatewayRoute] {
        guard let directory else { return [] }
        return [
            GatewayRoute(.get, "/examples/**", needs: .nothing) { request, _ in
                try Self.page(at: request.uri.path, in: directory)
            }
        ]
    }

    private static func page(at path: String, in directory: String) throws(Problem) -> Response {
        guard let path = ExamplePath(path), let bytes = content(of: directory + "/" + path.file) else {
            throw Problem(.notFound)
        }
        var headers = HTTPFields()
        headers[.contentType] = path.type
        headers[.cacheControl] = "no-cache"
        headers[.contentSecurityPolicy] = "default-src 'self'; connect-src 'self' ws: wss:"
        headers[.xContentTypeOptions] = "nosniff"
        return Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    /// The bytes of a regular file, or nil: a folder, a link and a device are no pages.
    private static func content(of path: String) -> Data? {
        // Losing the error is safe: what can't be looked at isn't there.
        let attributes = try? FileManager.default.attributesOfItem(atPath: path)
        guard attributes?[.type] as? FileAttributeType == .typeRegular,
            let size = attributes?[.size] as? NSNumber, size.intValue <= bytesMax
        else { return nil }
        return FileManager.default.contents(atPath: path)
    }
}
