import Journal
import Store

/// What became of a record that was brought.
public enum ImportOutcome: Sendable, Equatable {
    case imported
    /// A session with this id is there or was until a moment ago, or such a link is there; it stays as it is.
    case exists
    case refused(code: String, sentence: String)
}

/// Creates sessions under the ids that they had elsewhere, and links under their hashes, through the same entries as all others.
public struct RecordImport: Sendable {
    private let engine: Engine
    private let sessions: SessionOperations
    private let rooms: RoomOperations

    /// An import into an engine.
    public init(engine: Engine, terms: ServiceTerms) {
        self.engine = engine
        sessions = SessionOperations(engine: engine, terms: terms)
        // Nothing of an import is signed here.
        rooms = RoomOperations(engine: engine, settings: LinkSettings(), terms: terms)
    }

    /// Creates what isn't there yet and waits until that is durable.
    ///
    /// - Guarantee: one outcome for each record, in order. What exists is not touched, so that a repeated import changes
    ///   nothing. A link that comes after its session is live in it.
    /// - Errors: the first failure of the engine. Some records may have been created then; repeating finds them there.
    public func bring(_ records: [ImportedRecord]) async throws(EngineError) -> [ImportOutcome] {
        let replies = await engine.answers(to: records.map { .write(draft(creating: $0)) })
        var outcomes: [ImportOutcome] = []
        for (record, reply) in zip(records, replies) { outcomes.append(try Self.outcome(of: reply, record)) }
        return outcomes
    }

    private func draft(creating record: ImportedRecord) -> Draft {
        switch record {
        case .session(let session): sessions.draft(creating: session.session, owner: "", id: session.id, key: nil)
        case .link(let link):
            rooms.create(hash: link.hash, activity: link.activity, terms: link.terms, session: link.session)
        }
    }

    private static func outcome(
        of reply: EngineReply, _ record: ImportedRecord
    ) throws(EngineError) -> ImportOutcome {
        switch reply {
        case .write(.accepted), .write(.duplicate): return .imported
        case .write(.refused(.exists)): return .exists
        case .write(.refused(let refusal)):
            let problem = record.isLink ? Problem(room: refusal) : Problem(refusal)
            return .refused(code: problem.code, sentence: problem.detail ?? problem.code)
        case .failed(let error): throw error
        // A creation is nobody's yet, and the engine answers a write with nothing else.
        case .write(.forbidden), .history, .session, .sent:
            return .refused(code: Problem.sessionForbidden.code, sentence: "The session is not yours.")
        }
    }
}
