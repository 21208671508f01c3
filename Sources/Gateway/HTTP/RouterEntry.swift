import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// The way from a connection into a router and back.
struct RouterEntry<Context: RequestContext>: Sendable where Context.Source == ApplicationRequestContextSource {
    private let responder: RouterResponder<Context>
    private let methods: AllowedMethods
    private let logger: Logger
    private let date = DateStamp()
    private let refused: @Sendable (Problem, String) -> Void

    /// - Parameter refused: told of each error that no route made, and of the path that was asked for.
    init(router: Router<Context>, logger: Logger, refused: @escaping @Sendable (Problem, String) -> Void) {
        self.refused = refused
        self.responder = router.buildResponder()
        self.methods = AllowedMethods(router.routes.map { ($0.path, $0.method) })
        self.logger = logger
    }

    /// Answers one request.
    @Sendable func respond(
        to request: Request, writer: consuming ResponseWriter, channel: any Channel
    ) async throws {
        var logger = self.logger
        logger[metadataKey: "hb.request.id"] = .stringConvertible(RequestID())
        let context = Context(source: ApplicationRequestContextSource(channel: channel, logger: logger))
        var response = try await self.response(to: request, context: context)
        response.headers[.date] = self.date.now
        do {
            try await writer.write(response: response.head, body: response.body)
        } catch is HTTPParserError {
            // As a parser error it would be answered by a second response, in the middle of this one.
            throw InterruptedResponse()
        }
    }

    /// A request broke while its response was being written.
    private struct InterruptedResponse: Error {}

    private func response(to request: Request, context: Context) async throws -> Response {
        do {
            let response = try await self.responder.respond(to: request, context: context)
            // The name that Hummingbird gives to requests that no route matches.
            guard response.status == .notFound, context.endpointPath == "NotFound" else { return response }
            let allowed = self.methods.of(path: request.uri.path)
            guard !allowed.isEmpty else { return refuse(Problem(.notFound), request, context) }
            let problem = Problem(.methodNotAllowed, detail: "This path answers to \(allowed).")
            var answer = refuse(problem, request, context)
            answer.headers[.allow] = allowed
            return answer
        } catch let error as HTTPParserError {
            throw error
        } catch {
            context.logger.error("Request failed", metadata: ["error": "\(error)"])
            return refuse(Problem(.internalServerError), request, context)
        }
    }

    private func refuse(_ problem: Problem, _ request: Request, _ context: Context) -> Response {
        self.refused(problem, request.uri.path)
        return problem.response(from: request, context: context)
    }
}

/// Which methods a path has: a router that finds none for a method only says "not found".
struct AllowedMethods: Sendable {
    private let routes: [(path: RouterPath, method: HTTPRequest.Method)]

    init(_ routes: [(RouterPath, HTTPRequest.Method)]) {
        self.routes = routes.map { (path: $0.0, method: $0.1) }
    }

    /// The value of `Allow` for a path, empty if no route matches it.
    func of(path: String) -> String {
        let parts = path.split(separator: "/")
        let methods = self.routes.filter { Self.matches($0.path, parts) }.map(\.method.rawValue)
        return Set(methods).sorted().joined(separator: ", ")
    }

    private static func matches(_ path: RouterPath, _ parts: [Substring]) -> Bool {
        var rest = parts[...]
        for component in path.components {
            if component == .recursiveWildcard { return true }
            guard let part = rest.popFirst(), component ~= part else { return false }
        }
        return rest.isEmpty
    }
}

/// The `Date` of responses, formatted once a second.
final class DateStamp: Sendable {
    private let cached = Mutex<(second: Int, text: String)>((0, ""))

    /// The current time as HTTP writes it, RFC 9110 §5.6.7.
    var now: String {
        let second = Int(Date().timeIntervalSince1970)
        return self.cached.withLock { cached in
            if cached.second != second { cached = (second, Self.text(of: second)) }
            return cached.text
        }
    }

    static func text(of second: Int) -> String {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(secondsFromGMT: 0)
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        return formatter.string(from: Date(timeIntervalSince1970: TimeInterval(second)))
    }
}
