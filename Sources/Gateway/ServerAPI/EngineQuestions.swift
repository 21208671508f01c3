import Store
import Synchronization

/// One thing to ask of the engine, its answer made uniform so that several can be asked in one go.
struct EngineQuestion: Sendable {
    private let make: @Sendable (@escaping @Sendable (EngineReply) -> Void) -> Request
    /// False for what the engine doesn't answer.
    let isAnswered: Bool
    /// What other nodes are told as well.
    let message: EphemeralMessage?

    static func write(_ draft: Draft) -> EngineQuestion {
        EngineQuestion { reply in
            .write(draft, .granted, Return(loop: nil) { reply(EngineReply($0) { .write($0) }) })
        }
    }

    static func ephemeral(_ message: EphemeralMessage) -> EngineQuestion {
        EngineQuestion(isAnswered: false, message: message) { _ in message.request }
    }

    static func history(of channel: String, _ filter: HistoryFilter, limitMax: Int) -> EngineQuestion {
        EngineQuestion { reply in
            .history(
                channel: channel, filter, limitMax: limitMax, .granted,
                Return(loop: nil) { reply(EngineReply($0) { .history($0) }) })
        }
    }

    static func session(_ id: String) -> EngineQuestion {
        EngineQuestion { reply in
            .readSession(id: id, .granted, Return(loop: nil) { reply(EngineReply($0) { .session($0) }) })
        }
    }

    private init(
        isAnswered: Bool = true, message: EphemeralMessage? = nil,
        _ make: @escaping @Sendable (@escaping @Sendable (EngineReply) -> Void) -> Request
    ) {
        (self.isAnswered, self.message) = (isAnswered, message)
        self.make = make
    }

    fileprivate func request(_ reply: @escaping @Sendable (EngineReply) -> Void) -> Request { make(reply) }
}

/// What the engine said.
enum EngineReply: Sendable {
    case write(WriteAnswer)
    case history(HistoryAnswer)
    case session(SessionAnswer)
    /// There was nothing to wait for.
    case sent
    case failed(EngineError)

    init<Value>(_ result: Result<Value, EngineError>, _ wrap: (Value) -> EngineReply) {
        switch result {
        case .success(let value): self = wrap(value)
        case .failure(let error): self = .failed(error)
        }
    }
}

extension Engine {
    /// Questions that are in the queue at once: more would push others out of it.
    private static let questionsAtOnce = 256

    /// Asks in order and returns the replies in the same order.
    func answers(to questions: [EngineQuestion]) async -> [EngineReply] {
        var replies: [EngineReply] = []
        var rest = questions[...]
        while !rest.isEmpty {
            replies.append(contentsOf: await answersAtOnce(to: Array(rest.prefix(Self.questionsAtOnce))))
            rest = rest.dropFirst(Self.questionsAtOnce)
        }
        return replies
    }

    private func answersAtOnce(to questions: [EngineQuestion]) async -> [EngineReply] {
        await withCheckedContinuation { continuation in
            let gathering = Gathering(questions) { continuation.resume(returning: $0) }
            submit(questions.enumerated().map { index, question in question.request { gathering.take($0, at: index) } })
            gathering.take(nil, at: questions.count)
        }
    }
}

/// Collects replies that come in any order, and hands them over once.
private final class Gathering: Sendable {
    private struct State {
        var replies: [EngineReply]
        var missing: Int
    }

    private let state: Mutex<State>
    private let whenAll: @Sendable ([EngineReply]) -> Void

    init(_ questions: [EngineQuestion], _ whenAll: @escaping @Sendable ([EngineReply]) -> Void) {
        // One more than there are questions: the asking itself, so that nothing is handed over before all were asked.
        let missing = questions.count { $0.isAnswered } + 1
        state = Mutex(State(replies: questions.map { _ in .sent }, missing: missing))
        self.whenAll = whenAll
    }

    func take(_ reply: EngineReply?, at index: Int) {
        let all: [EngineReply]? = state.withLock { state in
            if let reply { state.replies[index] = reply }
            state.missing -= 1
            return state.missing == 0 ? state.replies : nil
        }
        if let all { whenAll(all) }
    }
}
