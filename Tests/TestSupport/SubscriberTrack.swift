/// What one subscriber of one channel may see next.
struct SubscriberTrack {
    /// The newest event that has a position.
    private(set) var last: LogEvent?
    private(set) var isLive = false

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
