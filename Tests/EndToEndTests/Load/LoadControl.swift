import Synchronization
import TestSupport

/// Tells the drivers of a load when to stop, and collects what they saw beside the event log.
final class LoadControl: Sendable {
    private struct State {
        var isStopping = false
        var endCodes: [Int?] = []
        var reconnectCount = 0
    }

    private let state = Mutex(State())
    /// Whether a temporary error is an answer that drivers bear by trying again, elsewhere too.
    let bearsOutages: Bool

    init(bearsOutages: Bool = false) { self.bearsOutages = bearsOutages }

    var isStopping: Bool { state.withLock { $0.isStopping } }
    /// The close codes of the subscribers' connections, in order; nil for a connection that just broke.
    var endCodes: [Int?] { state.withLock { $0.endCodes } }
    /// How often a subscriber came back with its positions.
    var reconnectCount: Int { state.withLock { $0.reconnectCount } }

    func stop() { state.withLock { $0.isStopping = true } }
    func noteEnd(_ code: Int?) { state.withLock { $0.endCodes.append(code) } }
    func noteReconnect() { state.withLock { $0.reconnectCount += 1 } }

    /// Runs one attempt: nil when its connection broke under it, or, where outages are borne, it was refused for now.
    func attempt<Value>(
        isolation: isolated (any Actor)? = #isolation,
        _ attempt: () async throws -> Value
    ) async throws -> Value? {
        do {
            return try await unlessDisconnected(attempt)
        } catch let error as ErrorReply where error.isTemporary && bearsOutages {
            return nil
        }
    }
}

/// An answer that no promise of the service allows.
struct UnexpectedAnswer: Error, CustomStringConvertible {
    let request: String
    let answer: HTTPAnswer

    var description: String { "\(request): \(answer.status) \(answer.body.prefix(500))" }
}

/// Runs one attempt whose connection may break under it: nil then, because the outcome is unknown.
///
/// Errors: what is no broken connection stays an error: an answer that should not be, a deadline that passed.
func unlessDisconnected<Value>(
    isolation: isolated (any Actor)? = #isolation,
    _ attempt: () async throws -> Value
) async throws -> Value? {
    do {
        return try await attempt()
    } catch let error as DeadlinePassed {
        throw error
    } catch let error as UnexpectedAnswer {
        throw error
    } catch let error as ErrorReply {
        throw error
    } catch is CancellationError {
        throw CancellationError()
    } catch {
        return nil
    }
}
