import Dispatch
import Journal
import Logging
import NIOCore
import Store
import Synchronization

/// The other nodes, as this one's gateway deals with them: carries out what they say, and asks them.
///
/// - Isolation: Sendable; what comes from the lane is only queued: to the engine, to the event loops, or to a queue of its own.
final class Fleet: Sendable {
    /// What came from the lane and could not be used.
    struct Losses: Sendable, Equatable {
        var malformed = 0
        var unknown = 0
    }

    let lane: any FleetLane
    private let engine: Engine
    private let seats: [LoopSeat]
    private let facts: NodeFacts
    private let presence: Presence
    private let logger: Logger
    private let surveys: Surveys
    private let losses = Mutex(Losses())
    /// Where other nodes' questions are answered: going through all channels would hold up the engine.
    private let answering = DispatchQueue(label: "anteroom.fleet")

    /// Begins to listen to the lane.
    init(lane: any FleetLane, engine: Engine, facts: NodeFacts, presence: Presence, logger: Logger) {
        (self.lane, self.engine, self.facts, self.presence, self.logger) = (lane, engine, facts, presence, logger)
        seats = facts.seats
        surveys = Surveys(lane: lane)
        lane.receive { [weak self] sender, bytes in self?.take(bytes, from: sender) }
    }

    /// What was dropped since the start.
    var dropped: Losses { losses.withLock { $0 } }

    /// Tells every other node; lost silently when they can't be reached.
    func send(_ message: FleetMessage) {
        guard let bytes = FleetMessageCoding.encode(message) else { return }
        lane.send(bytes)
    }

    /// Asks every other node.
    ///
    /// - Errors: 100, temporary, when a node that lives does not answer in time.
    func survey(_ subject: SurveyQuestion.Subject) async throws(ServerError) -> [UInt64: [SurveyPage.Content]] {
        guard let loop = seats.first?.eventLoop else { return [:] }
        return try await surveys.ask(subject, on: loop)
    }

    private func take(_ bytes: [UInt8], from sender: UInt64) {
        // A lane that brings a node its own words back must not make it act twice.
        guard sender != lane.origin else { return }
        switch FleetMessageCoding.decode(bytes) {
        case .message(.ephemeral(let message)): engine.submit(message.request)
        case .message(.order(let order)): for seat in seats { seat.eventLoop.execute { seat.carryOut(order) } }
        case .message(.question(let question)): answer(question)
        case .message(.answer(let page)): surveys.take(page, from: sender)
        case .message(.presence(let message)): presence.take(message, from: sender)
        case .unknown: losses.withLock { $0.unknown += 1 }
        case .malformed:
            losses.withLock { $0.malformed += 1 }
            logger.debug("a lane message can't be read", metadata: ["sender": "\(String(sender, radix: 16))"])
        }
    }

    /// Whoever can't answer stays silent: the one who asks then fails, and says so.
    private func answer(_ question: SurveyQuestion) {
        engine.submit(
            .channels(
                Return(loop: nil) { [self] result in
                    guard case .success(let counts) = result else { return }
                    answering.async { [self] in answer(question, counts) }
                }))
    }

    private func answer(_ question: SurveyQuestion, _ counts: [String: Int]) {
        switch question.subject {
        case .channels(let pattern):
            let glob = pattern.isEmpty ? nil : ChannelGlob(pattern)
            let found = counts.filter { name, _ in glob?.matches(name) ?? true }
            for page in SurveyPage.channels(found, id: question.id) ?? [] { send(.answer(page)) }
        case .info:
            guard let loop = seats.first?.eventLoop else { return }
            facts.info(channels: counts, on: loop).whenSuccess { [self] info in
                send(.answer(SurveyPage(id: question.id, page: 0, pages: 1, content: .info(info))))
            }
        }
    }
}

extension LoopSeat {
    /// Carries an order out on this loop. Call it on the loop.
    func carryOut(_ order: UserOrder) {
        for member in hub.value.users.members(of: order.user) { member.take(order) }
    }
}
