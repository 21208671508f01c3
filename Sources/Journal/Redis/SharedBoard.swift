import Synchronization

/// What other threads may read of the link, and what they leave for it.
final class SharedBoard: Sendable {
    let status = Mutex(SharedStatus())
    let clock = Mutex<ServerClock?>(nil)
    let appends = Mutex(AppendQueue())
    let lane = Mutex(LaneQueue())
    let consumption = Mutex(Consumption())
    let applied = Mutex(AppliedMark())
    let receiver = Mutex<(@Sendable (UInt64, [UInt8]) -> Void)?>(nil)
}

/// What the engine applied last, for the lease.
struct AppliedMark {
    var cursor = Cursor.start
    var hash: UInt64 = 0
}

/// Appends that wait for the loop.
struct AppendQueue {
    var entries: [Entry] = []
    /// Counters that didn't fit any more.
    var refused: [UInt64] = []
    /// Queued, or sent and not back yet.
    var count = 0
    var bytes = 0
    var isScheduled = false

    /// Takes what fits; true when the loop has to be woken.
    mutating func add(_ new: [Entry]) -> Bool {
        for entry in new {
            guard count < SharedLimits.appendsMax, bytes + entry.cost <= SharedLimits.appendBytesMax else {
                refused.append(entry.id.counter)
                continue
            }
            count += 1
            bytes += entry.cost
            entries.append(entry)
        }
        defer { isScheduled = true }
        return !isScheduled
    }

    /// What waits, for the loop.
    mutating func take() -> (entries: [Entry], refused: [UInt64]) {
        defer { (entries, refused, isScheduled) = ([], [], false) }
        return (entries, refused)
    }

    /// The outcome of some is known.
    mutating func release(count: Int, bytes: Int) {
        self.count -= count
        self.bytes -= bytes
    }
}

/// Messages that wait for the loop; the oldest are dropped when there are too many.
struct LaneQueue {
    private var messages: [[UInt8]] = []
    private var bytes = 0
    private var isScheduled = false

    /// Takes a message; true when the loop has to be woken.
    mutating func add(_ message: [UInt8]) -> Bool {
        messages.append(message)
        bytes += message.count
        var dropped = 0
        while messages.count - dropped > SharedLimits.laneMessagesMax || bytes > SharedLimits.laneBytesMax,
            dropped < messages.count
        {
            bytes -= messages[dropped].count
            dropped += 1
        }
        // Half of the queue goes at once, so that a queue that is full is not moved for every message.
        if dropped > 0 {
            let more = min(messages.count, max(dropped, SharedLimits.laneMessagesMax / 2)) - dropped
            for message in messages[dropped..<(dropped + more)] { bytes -= message.count }
            messages.removeFirst(dropped + more)
        }
        defer { isScheduled = true }
        return !isScheduled
    }

    /// What waits, for the loop.
    mutating func take() -> [[UInt8]] {
        defer { (messages, bytes, isScheduled) = ([], 0, false) }
        return messages
    }
}

/// How much was handed over and not consumed.
struct Consumption {
    private var bytes = 0
    private var isPaused = false

    mutating func handed(_ more: Int) { bytes += more }

    /// True when reading may go on now after it had stopped.
    mutating func consumed(_ some: Int) -> Bool {
        bytes = max(0, bytes - some)
        guard isPaused, bytes <= SharedLimits.unconsumedBytesMax else { return false }
        isPaused = false
        return true
    }

    /// Asks to go on; false when somebody has to be told later.
    mutating func mayRead() -> Bool {
        isPaused = bytes > SharedLimits.unconsumedBytesMax
        return !isPaused
    }
}
