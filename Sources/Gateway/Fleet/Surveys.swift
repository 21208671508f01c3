import Journal
import NIOCore
import Synchronization

/// The surveys of this node that wait for answers.
///
/// - Bounds: ``FleetLimits/surveysMax`` at once, each ``FleetLimits/surveyMilliseconds`` long.
final class Surveys: Sendable {
    private typealias Outcome = Result<[UInt64: [SurveyPage.Content]], ServerError>

    private struct Open {
        var machine: SurveyStateMachine
        let continuation: CheckedContinuation<Outcome, Never>
    }

    private let lane: any FleetLane
    private let open = Mutex<[UInt64: Open]>([:])

    init(lane: any FleetLane) { self.lane = lane }

    /// Asks all others and waits.
    ///
    /// - Errors: 100, temporary, when somebody does not answer in time, or too many surveys wait.
    func ask(
        _ subject: SurveyQuestion.Subject, on loop: any EventLoop
    ) async throws(ServerError) -> [UInt64: [SurveyPage.Content]] {
        let others = lane.members.subtracting([lane.origin])
        guard !others.isEmpty else { return [:] }
        var generator = SystemRandomNumberGenerator()
        let question = SurveyQuestion(id: generator.next(), subject: subject)
        guard let bytes = FleetMessageCoding.encode(.question(question)) else {
            throw .badRequest("the question is too long")
        }
        let outcome: Outcome = await withCheckedContinuation { continuation in
            let isTaken = open.withLock { open in
                guard open.count < FleetLimits.surveysMax else { return false }
                open[question.id] = Open(machine: SurveyStateMachine(asked: others), continuation: continuation)
                return true
            }
            guard isTaken else { return continuation.resume(returning: .failure(Self.busy)) }
            lane.send(bytes)
            watch(question.id, on: loop)
        }
        return try outcome.get()
    }

    /// Takes a page of an answer; one that nobody waits for is ignored.
    func take(_ page: SurveyPage, from member: UInt64) { handle(.page(from: member, page), of: page.id) }

    /// Looks who left, and ends the survey at its deadline.
    private func watch(_ id: UInt64, on loop: any EventLoop) {
        let step = TimeAmount.milliseconds(FleetLimits.membershipMilliseconds)
        let deadline = NIODeadline.now() + .milliseconds(FleetLimits.surveyMilliseconds)
        loop.scheduleRepeatedTask(initialDelay: step, delay: step) { [self] task in
            handle(.members(lane.members), of: id)
            if NIODeadline.now() >= deadline { handle(.deadline, of: id) }
            if open.withLock({ $0[id] == nil }) { task.cancel() }
        }
    }

    private func handle(_ event: SurveyStateMachine.Event, of id: UInt64) {
        let ended: (CheckedContinuation<Outcome, Never>, Outcome)? = open.withLock { open in
            guard let action = open[id]?.machine.handle(event) else { return nil }
            let outcome: Outcome
            switch action {
            case .wait: return nil
            case .finish(let answers): outcome = .success(answers)
            case .fail(let silent): outcome = .failure(Self.unavailable(silent))
            }
            return open.removeValue(forKey: id).map { ($0.continuation, outcome) }
        }
        if let (continuation, outcome) = ended { continuation.resume(returning: outcome) }
    }

    private static func unavailable(_ silent: Set<UInt64>) -> ServerError {
        let names = silent.sorted().map { String($0, radix: 16) }.joined(separator: ", ")
        return ServerError(
            code: 100, message: "unavailable: no answer in time from node \(names); try again", isTemporary: true)
    }

    private static var busy: ServerError {
        ServerError(code: 100, message: "busy: too many questions to the fleet wait; try again", isTemporary: true)
    }
}
