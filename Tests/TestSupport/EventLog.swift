import Foundation
import Synchronization

/// One thing that a driver did or saw.
package struct LogEvent: Sendable, Codable, Hashable {
    /// What kinds of things happen.
    package enum Kind: String, Sendable, Codable {
        /// A write was sent.
        case send
        /// A write was acknowledged.
        case ack
        /// A write was refused, or its outcome is unknown.
        case nack
        /// A publication arrived.
        case recv
        /// A subscription started afresh at a position.
        case subscribed
        /// A subscription goes on from the position that the client showed.
        case recovered
        /// The client was told that it can't recover; it starts again at the position given.
        case resync
        /// The client was told that its subscription or connection ended, or lost it.
        case closed
        /// A publication as it is readable at the end.
        case read
    }

    /// Units: nanoseconds since the log began.
    package var time: Int64 = 0
    package var who: String
    package var kind: Kind
    package var channel: String?
    package var epoch: String?
    package var offset: Int?
    /// What the writer called this content; unique per write.
    package var key: String?
    /// Digest of the content.
    package var digest: String?
    package var code: Int?

    /// An event, not yet timed: the log does that.
    package init(
        _ kind: Kind,
        who: String,
        channel: String? = nil,
        epoch: String? = nil,
        offset: Int? = nil,
        key: String? = nil,
        digest: String? = nil,
        code: Int? = nil
    ) {
        self.who = who
        self.kind = kind
        self.channel = channel
        self.epoch = epoch
        self.offset = offset
        self.key = key
        self.digest = digest
        self.code = code
    }

    /// The event as one line of NDJSON.
    package var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // Losing the error is safe: every member encodes.
        return String(decoding: (try? encoder.encode(self)) ?? Data(), as: UTF8.self)
    }
}

/// Everything that the drivers of one test did and saw, in one order.
///
/// **Bounds**: `eventsMax` events; what comes after is counted as lost, and the checker refuses such a log.
package final class EventLog: Sendable {
    private let eventsMax: Int
    private struct State {
        var events: [LogEvent] = []
        var lostCount = 0
        var counts: [LogEvent.Kind: Int] = [:]
    }

    private let state = Mutex(State())
    private let start = ContinuousClock.now

    /// An empty log.
    package init(eventsMax: Int = 1_000_000) {
        self.eventsMax = eventsMax
    }

    /// Appends an event.
    package func record(_ event: LogEvent) {
        let elapsed = (ContinuousClock.now - start).components
        state.withLock { state in
            guard state.events.count < eventsMax else { return state.lostCount += 1 }
            var event = event
            event.time = elapsed.seconds * 1_000_000_000 + elapsed.attoseconds / 1_000_000_000
            state.events.append(event)
            state.counts[event.kind, default: 0] += 1
        }
    }

    /// Every event so far.
    package var events: [LogEvent] { state.withLock { $0.events } }

    /// How many events did not fit.
    package var lostCount: Int { state.withLock { $0.lostCount } }

    /// How many events of a kind there are.
    package func count(_ kind: LogEvent.Kind) -> Int {
        state.withLock { $0.counts[kind, default: 0] }
    }

    /// The digest of a content: equal JSON documents have equal digests.
    package static func digest(_ content: JSONValue) -> String {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in content.text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        return String(hash, radix: 16)
    }
}
