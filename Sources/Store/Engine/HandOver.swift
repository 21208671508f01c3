/// Receives what the engine made for one event loop.
public protocol RoundReceiver: AnyObject, Sendable {
    /// Takes one round's hand-over. Called on the engine's thread in round order; must only enqueue.
    func receive(_ handOver: HandOver)
}

/// One round's ordered batch for one event loop: publications to fan out, answers to give.
///
/// - Guarantee: a subscribe answer comes after every publication that it includes and before every one that follows it.
public struct HandOver: Sendable {
    /// One thing to do.
    public enum Item: Sendable {
        /// Publications of one channel, in order.
        case publications(channel: String, [Publication])
        /// Call with nil: the round is durable. Called with an error instead when it is not.
        case answer(@Sendable (EngineError?) -> Void)
        /// Every epoch is new from here on: all subscriptions that the loop has are over, before anything that follows.
        case epochsChanged
    }

    /// What to do, in order.
    public let items: [Item]
    /// Set when the round failed: all items are then answers.
    public let error: EngineError?
}

/// Collects a round's hand-overs, one per event loop.
///
/// Publications of a channel join one group until a subscription to the channel is opened on the loop: whoever subscribes
/// in the middle of a round must not get what came before.
struct HandOverBuilder {
    private enum Item {
        case group(Int)
        case answer(@Sendable (EngineError?) -> Void)
        case epochsChanged
    }

    private var items: [Item] = []
    private var groups: [(channel: String, publications: [Publication])] = []
    private var openGroups: [String: Int] = [:]

    var isEmpty: Bool { items.isEmpty }

    mutating func publish(_ publication: Publication, to channel: String) {
        if let group = openGroups[channel] {
            groups[group].publications.append(publication)
        } else {
            openGroups[channel] = groups.count
            items.append(.group(groups.count))
            groups.append((channel, [publication]))
        }
    }

    mutating func answer(_ body: @escaping @Sendable (EngineError?) -> Void) { items.append(.answer(body)) }

    /// Ends all subscriptions of the loop.
    mutating func endSubscriptions() {
        openGroups.removeAll(keepingCapacity: true)
        items.append(.epochsChanged)
    }

    /// Later publications of the channel come after what is in the batch now.
    mutating func seal(_ channel: String) { openGroups[channel] = nil }

    /// Takes the batch out and starts anew.
    mutating func take(failed error: EngineError?) -> HandOver {
        defer { self = HandOverBuilder() }
        let made: [HandOver.Item] = items.compactMap { item in
            switch item {
            case .group(let index):
                error == nil ? .publications(channel: groups[index].channel, groups[index].publications) : nil
            case .answer(let body): .answer(body)
            // A round that failed changed nothing.
            case .epochsChanged: error == nil ? .epochsChanged : nil
            }
        }
        return HandOver(items: made, error: error)
    }
}
