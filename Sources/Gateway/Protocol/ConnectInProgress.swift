import NIOCore
import Store

/// A connect whose subscriptions the engine has yet to answer, and what happened since.
///
/// - Bounds: `ClientLimits.postponedMax` commands and orders, `ClientLimits.heldBytesMax` bytes of publications.
/// - Isolation: the event loop of its connection.
final class ConnectInProgress {
    /// What is carried out once the connect is answered, in order.
    enum Postponed {
        case command(Command)
        case order(UserOrder)
    }

    /// Why the connect fails.
    struct Failure {
        let error: ReplyError
        var reason: String?
    }

    let id: UInt32
    let plans: [SubscriptionPlan]
    private var answers: [SubscribeAnswer?]
    private var left: Int
    /// The first reason for which it fails; nil as long as it may succeed.
    private(set) var failure: Failure?
    private(set) var postponed: [Postponed] = []
    /// Frames with publications that came before the reply could be written.
    private(set) var held = ByteBuffer()

    init(id: UInt32, plans: [SubscriptionPlan]) {
        (self.id, self.plans) = (id, plans)
        answers = Array(repeating: nil, count: plans.count)
        left = plans.count
    }

    /// True when every subscription was answered.
    var isComplete: Bool { left == 0 }

    /// Notes that a subscription was opened.
    func opened(_ index: Int, _ answer: SubscribeAnswer) {
        answers[index] = answer
        left -= 1
    }

    /// Notes that a subscription was not; with a failure the connect fails.
    func missed(_ failure: Failure?) {
        self.failure = self.failure ?? failure
        left -= 1
    }

    /// The subscriptions that were opened.
    var subscriptions: [(plan: SubscriptionPlan, answer: SubscribeAnswer)] {
        zip(plans, answers).compactMap { plan, answer in answer.map { (plan, $0) } }
    }

    /// Keeps something for later; false when too much waits.
    func postpone(_ item: Postponed) -> Bool {
        guard postponed.count < ClientLimits.postponedMax else { return false }
        postponed.append(item)
        return true
    }

    /// Keeps frames for later; false when too much waits.
    func hold(_ frames: ByteBuffer) -> Bool {
        guard held.readableBytes + frames.readableBytes <= ClientLimits.heldBytesMax else { return false }
        held.writeImmutableBuffer(frames)
        return true
    }
}
