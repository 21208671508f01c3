import Journal
import Store

/// What became of a session that was brought.
public enum ImportOutcome: Sendable, Equatable {
    case imported
    /// A session with this id is there or was until a moment ago; it stays as it is.
    case exists
    case refused(code: String, sentence: String)
}

/// Creates sessions under the ids that they had elsewhere, through the same entries as every other session.
public struct SessionImport: Sendable {
    private let engine: Engine
    private let operations: SessionOperations

    /// An import into an engine.
    public init(engine: Engine, terms: ServiceTerms) {
        self.engine = engine
        operations = SessionOperations(engine: engine, terms: terms)
    }

    /// Creates what isn't there yet and waits until that is durable.
    ///
    /// - Guarantee: one outcome for each session, in order. A session that exists is not touched, so that a repeated import
    ///   changes nothing.
    /// - Errors: the first failure of the engine. Some sessions may have been created then; repeating finds them there.
    public func bring(_ sessions: [ImportedSession]) async throws(EngineError) -> [ImportOutcome] {
        let replies = await engine.answers(
            to: sessions.map { .write(operations.draft(creating: $0.session, owner: "", id: $0.id, key: nil)) })
        var outcomes: [ImportOutcome] = []
        for reply in replies { outcomes.append(try Self.outcome(of: reply)) }
        return outcomes
    }

    private static func outcome(of reply: EngineReply) throws(EngineError) -> ImportOutcome {
        switch reply {
        case .write(.accepted), .write(.duplicate): return .imported
        case .write(.refused(.exists)): return .exists
        case .write(.refused(let refusal)):
            let problem = Problem(refusal)
            return .refused(code: problem.code, sentence: problem.detail ?? problem.code)
        case .failed(let error): throw error
        // A creation is nobody's yet, and the engine answers a write with nothing else.
        case .write(.forbidden), .history, .session, .sent:
            return .refused(code: Problem.sessionForbidden.code, sentence: "The session is not yours.")
        }
    }
}
