/// The events of a log, sorted into what each invariant looks at.
struct LogIndex {
    struct Place: Hashable {
        let channel: String
        let epoch: String
        let offset: Int
    }

    struct KeyPlace: Hashable {
        let channel: String
        let epoch: String
        let key: String
    }

    struct Subscriber: Hashable {
        let who: String
        let channel: String
    }

    private(set) var acks: [LogEvent] = []
    /// What is readable at the end, per channel, in the order of reading.
    private(set) var reads: [String: [LogEvent]] = [:]
    /// The epoch of a channel at the end, also of an empty one (a `read` without an offset).
    private(set) var finalEpochs: [String: String] = [:]
    private(set) var deliveries: [LogEvent] = []
    /// Every event that puts a content at an offset.
    private(set) var placed: [(Place, LogEvent)] = []
    private(set) var sentKeys: [String: Set<String>] = [:]
    private var readPlaces: [Place: LogEvent] = [:]

    init(_ events: [LogEvent]) {
        for event in events {
            add(event)
            if let channel = event.channel, let epoch = event.epoch, let offset = event.offset,
                [.ack, .recv, .read].contains(event.kind)
            {
                let place = Place(channel: channel, epoch: epoch, offset: offset)
                placed.append((place, event))
                if event.kind == .read { readPlaces[place] = event }
            }
        }
    }

    /// What is readable where an acknowledgement says that it is: at its offset, or anywhere when it names none.
    func candidates(for ack: LogEvent) -> [LogEvent] {
        let channel = ack.channel ?? ""
        guard let epoch = ack.epoch, let offset = ack.offset else { return reads[channel] ?? [] }
        return readPlaces[Place(channel: channel, epoch: epoch, offset: offset)].map { [$0] } ?? []
    }

    private mutating func add(_ event: LogEvent) {
        let channel = event.channel ?? ""
        switch event.kind {
        case .ack: acks.append(event)
        case .read:
            if event.offset != nil { reads[channel, default: []].append(event) }
            finalEpochs[channel] = event.epoch
        case .send:
            if let key = event.key { sentKeys[channel, default: []].insert(key) }
        case .recv, .subscribed, .recovered, .resync, .closed: deliveries.append(event)
        case .nack: break
        }
    }
}

/// What one subscriber of one channel may see next.
struct SubscriberTrack {
    private var last: LogEvent?
    private var isLive = false

    /// Takes the end of the subscription; the position stays.
    mutating func close() {
        isLive = false
    }

    /// Takes the next event, and says what is wrong with it.
    mutating func take(_ event: LogEvent) -> Violation? {
        switch event.kind {
        case .closed:
            close()
            return nil
        case .subscribed, .resync:
            last = event
            isLive = true
            return nil
        case .recovered:
            defer {
                last = event
                isLive = true
            }
            guard let last, last.offset != event.offset || last.epoch != event.epoch else { return nil }
            return violation("recovered at another position than the last one seen", last, event)
        case .recv:
            defer { last = event }
            guard isLive, let last else { return violation("a publication outside of a subscription", last, event) }
            // Never traps: an offset comes from a server under test and may be anything.
            let expected = last.offset.map { $0.addingReportingOverflow(1).partialValue }
            if event.epoch != last.epoch { return violation("a publication of another epoch", last, event) }
            if event.offset != expected { return violation("a gap or a repetition", last, event) }
            return nil
        case .send, .ack, .nack, .read:
            return nil
        }
    }

    private func violation(_ sentence: String, _ last: LogEvent?, _ event: LogEvent) -> Violation {
        Violation(
            invariant: .contiguousSubscriber,
            sentence: "\(sentence), to \(event.who) on \(event.channel ?? "")",
            excerpt: [last, event].compactMap(\.self)
        )
    }
}
