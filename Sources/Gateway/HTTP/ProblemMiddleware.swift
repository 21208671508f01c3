import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import NIOHTTP1

/// Makes every error of the routes a ``Problem``; add it to the router before anything else.
///
/// - Guarantee: an error that nobody foresaw is a 500 without details; the details are in the log.
public struct ProblemMiddleware<Context: RequestContext>: RouterMiddleware {
    /// Creates the middleware.
    public init() {}

    /// Answers with what the rest of the chain answers, errors made uniform.
    public func handle(
        _ request: Request, context: Context, next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPParserError {
            // The connection is beyond repair: the transport answers and closes.
            throw error
        } catch let problem as Problem {
            return problem.response(from: request, context: context)
        } catch let error as HTTPError {
            var problem = Problem(error.status, detail: error.body)
            problem.headers = error.headers
            return problem.response(from: request, context: context)
        } catch let error as any HTTPResponseError {
            return Problem(error.status).response(from: request, context: context)
        } catch {
            context.logger.error("Request failed", metadata: ["error": "\(error)", "path": "\(request.uri.path)"])
            return Problem(.internalServerError).response(from: request, context: context)
        }
    }
}
