/// A broken promise, with the shortest excerpt of the log that shows it.
package struct Violation: Sendable, Hashable, CustomStringConvertible {
    /// The rules of the check, by their number in its output.
    package enum Invariant: String, Sendable {
        /// Every acknowledged write is readable.
        case acknowledgedReadable = "I1"
        /// One offset has one content.
        case oneContent = "I2"
        /// The offsets of a channel are contiguous.
        case contiguousJournal = "I3"
        /// A subscriber gets every offset after its position, once and in order, until it is told otherwise.
        case contiguousSubscriber = "I4"
        /// All readers see a content at the same offset.
        case agreement = "I5"
        /// Nothing arrives that was never sent.
        case noInvention = "I6"
        /// One idempotency key takes effect once.
        case onceOnly = "I7"
        /// Whoever follows a channel when its epoch changes is told, and follows the new one.
        case told = "I8"
        /// The epoch of a channel stays.
        case epochKept = "epoch"
        /// The log itself is complete.
        case completeLog = "log"
    }

    package let invariant: Invariant
    package let sentence: String
    package let excerpt: [LogEvent]

    package var description: String {
        (["\(invariant.rawValue): \(sentence)"] + excerpt.map { "    " + $0.line }).joined(separator: "\n")
    }
}

/// What may happen to a channel's numbering between a write and the final reading.
package enum EpochPromise: Sendable {
    /// Epochs stay: kill and restart, for example.
    case kept
    /// Epochs may change, and then what was acknowledged before may be gone: a damaged file, for example.
    case keptOrTold
    /// Epochs may change, and what was acknowledged is still there under the last epoch, for one reader at least: a
    /// fleet that outlives its Redis, for example. (Of what Redis lost, a node that had not read it all has a part of the
    /// history only; its clients are told.)
    case carriedOver
    /// Epochs may change, and then what was acknowledged before may be gone; under the last epoch one reader at least has
    /// it. So where Redis is trimmed behind the nodes' backs: a node that has to join anew can't have the older history, and
    /// says so to whom it concerns.
    case trimmed
}

/// The offline check of an event log: pure, knows nothing of servers.
///
/// `read` events are the channels as they are readable at the end; the rest is what drivers did and saw on the way.
package struct Checker: Sendable {
    private let promise: EpochPromise

    /// A check of a log whose server made that promise.
    package init(_ promise: EpochPromise = .kept) {
        self.promise = promise
    }

    /// Every violation in the log, at most `violationsMax` of them.
    package func violations(in log: EventLog) -> [Violation] {
        let lost = log.lostCount
        let complete: [Violation] =
            lost == 0 ? [] : [Violation(invariant: .completeLog, sentence: "\(lost) events did not fit", excerpt: [])]
        return complete + violations(in: log.events)
    }

    /// Every violation in the events, at most `violationsMax` of them.
    package func violations(in events: [LogEvent]) -> [Violation] {
        let index = LogIndex(events)
        let all =
            acknowledged(index) + contents(index) + journals(index) + subscribers(index)
            + agreement(index) + inventions(index)
        return Array(all.prefix(Self.violationsMax))
    }

    /// How many violations are reported: the first ones tell the most.
    package static let violationsMax = 10

    private func acknowledged(_ index: LogIndex) -> [Violation] {
        // Without a reader nothing is readable.
        let readings = index.readings.isEmpty ? [LogIndex.Reading()] : Array(index.readings.values)
        return index.acks.flatMap { position, ack in
            readings.compactMap { acknowledged(ack, position, $0, index) }
        }
    }

    private func acknowledged(
        _ ack: LogEvent, _ position: Int, _ reading: LogIndex.Reading, _ index: LogIndex
    ) -> Violation? {
        let channel = ack.channel ?? ""
        let reads = reading.reads[channel] ?? []
        var candidates = reading.candidates(for: ack)
        if let last = reading.epochs[channel] {
            let hasOtherEpoch = ack.epoch.map { $0 != last } ?? index.changed(channel, to: last, after: position)
            switch promise {
            case .kept where hasOtherEpoch && ack.epoch != nil:
                return Violation(
                    invariant: .epochKept,
                    sentence: "\(channel) was acknowledged in epoch \(ack.epoch ?? "") and is read in \(last)",
                    excerpt: [ack] + reads.suffix(1)
                )
            case .keptOrTold where hasOtherEpoch, .trimmed where hasOtherEpoch: return nil
            case .carriedOver:
                candidates = index.readings.values.flatMap {
                    hasOtherEpoch ? $0.anywhere(ack) : $0.candidates(for: ack)
                }
            case .trimmed: candidates = index.readings.values.flatMap { $0.candidates(for: ack) }
            case .kept, .keptOrTold: break
            }
        }
        let isThere = candidates.contains { read in
            (ack.key == nil || ack.key == read.key) && (ack.digest == nil || ack.digest == read.digest)
        }
        if isThere { return nil }
        let near = reads.filter { read in
            (ack.offset != nil && read.offset == ack.offset) || (ack.key != nil && read.key == ack.key)
        }
        return Violation(
            invariant: .acknowledgedReadable,
            sentence: "an acknowledged write to \(channel) is not readable",
            excerpt: [ack] + (near.isEmpty ? Array(reads.suffix(1)) : near)
        )
    }

    private func contents(_ index: LogIndex) -> [Violation] {
        var first: [LogIndex.Place: LogEvent] = [:]
        return index.placed.compactMap { place, event in
            guard let earlier = first[place] else {
                first[place] = event
                return nil
            }
            guard let one = earlier.digest, let other = event.digest, one != other else { return nil }
            return Violation(
                invariant: .oneContent,
                sentence: "offset \(place.offset) of \(place.channel) has two contents in epoch \(place.epoch)",
                excerpt: [earlier, event]
            )
        }
    }

    private func journals(_ index: LogIndex) -> [Violation] {
        index.readings.values.flatMap(\.reads.values).flatMap { reads in
            zip(reads, reads.dropFirst()).compactMap { earlier, later in
                guard earlier.epoch == later.epoch, let before = earlier.offset, let after = later.offset,
                    after != before + 1
                else { return nil }
                return Violation(
                    invariant: .contiguousJournal,
                    sentence: "offset \(after) of \(later.channel ?? "") follows \(before)",
                    excerpt: [earlier, later]
                )
            }
        }
    }

    private func subscribers(_ index: LogIndex) -> [Violation] {
        var violations: [Violation] = []
        var tracks: [LogIndex.Subscriber: SubscriberTrack] = [:]
        var present: Set<LogIndex.Subscriber> = []
        for (number, event) in index.deliveries.enumerated() {
            if number == index.deliveriesBeforeTheEnd { present = Self.live(tracks) }
            guard let channel = event.channel else {
                // The whole connection ended: every subscription of this client did.
                for key in tracks.keys where key.who == event.who { tracks[key]?.close() }
                continue
            }
            let key = LogIndex.Subscriber(who: event.who, channel: channel)
            if let violation = tracks[key, default: SubscriberTrack()].take(event) { violations.append(violation) }
        }
        present.formUnion(Self.live(tracks))
        return violations + present.compactMap { told(tracks[$0]?.last, index) }
    }

    private static func live(_ tracks: [LogIndex.Subscriber: SubscriberTrack]) -> Set<LogIndex.Subscriber> {
        Set(tracks.filter { $0.value.isLive }.keys)
    }

    /// Who is there at the end is in the epoch that the channel has then.
    private func told(_ last: LogEvent?, _ index: LogIndex) -> Violation? {
        guard let last, let channel = last.channel else { return nil }
        let epochs = index.readings.values.compactMap { $0.epochs[channel] }
        guard let other = epochs.first(where: { $0 != last.epoch }) else { return nil }
        return Violation(
            invariant: .told,
            sentence: "\(last.who) still follows \(channel) in epoch \(last.epoch ?? ""), which is read in \(other)",
            excerpt: [last]
        )
    }

    private func agreement(_ index: LogIndex) -> [Violation] {
        var first: [LogIndex.KeyPlace: LogEvent] = [:]
        return index.placed.compactMap { place, event in
            guard let key = event.key else { return nil }
            let keyPlace = LogIndex.KeyPlace(channel: place.channel, epoch: place.epoch, key: key)
            guard let earlier = first[keyPlace] else {
                first[keyPlace] = event
                return nil
            }
            if earlier.offset == event.offset { return nil }
            let bothAcknowledgements = earlier.kind == .ack || event.kind == .ack || earlier.who == event.who
            return Violation(
                invariant: bothAcknowledgements ? .onceOnly : .agreement,
                sentence: "\(key) has two offsets in \(place.channel)",
                excerpt: [earlier, event]
            )
        }
    }

    private func inventions(_ index: LogIndex) -> [Violation] {
        index.placed.compactMap { _, event in
            guard event.kind == .recv || event.kind == .read, let key = event.key,
                let sent = index.sentKeys[event.channel ?? ""], !sent.contains(key)
            else { return nil }
            return Violation(
                invariant: .noInvention,
                sentence: "\(key) arrived on \(event.channel ?? "") and was never sent",
                excerpt: [event]
            )
        }
    }
}
