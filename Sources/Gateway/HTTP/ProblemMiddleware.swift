import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Makes every error of the routes a ``Problem``; add it to the router before anything else.
///
/// - Guarantee: an error that nobody foresaw is a 500 without details; the details are in the log.
public struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    private let refused: @Sendable (Problem, String) -> Void

    /// Creates the middleware.
    ///
    /// - Parameter refused: told of each problem, and of the path that was asked for.
    public init(refused: @escaping @Sendable (Problem, String) -> Void = { _, _ in }) { self.refused = refused }

    /// Answers with what the rest of the chain answers, errors made uniform.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            // The connection is beyond repair: the transport answers and closes.
            throw error
        } catch {
            let problem = problem(for: error, request, context)
            // A path that no route has is the entry's to tell, which knows whether another method has it.
            if context.endpointPath != "NotFound" { refused(problem, request.uri.path) }
            return problem.response(from: request, context: context)
        }
    }

    private func problem(for error: any Error, _ request: Request, _ context: Context) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let error as HTTPError:
            var problem = Problem(error.status, detail: error.body)
            problem.headers = error.headers
            return problem
        case let error as any HTTPResponseError: return Problem(error.status)
        default:
            context.logger.error("Request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Problem(.internalServerError)
        }
    }
}
