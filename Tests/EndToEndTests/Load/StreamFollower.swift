import Synchronization
import TestSupport

/// A reader of one channel's event stream that comes back with its last id whenever the stream ends, as a browser does.
final class StreamFollower: Sendable {
    private struct State {
        var stream: SSEClient?
        var takenCount = 0
        var position: StreamPosition?
        /// Whether the log says where the stream of now begins.
        var hasBegun = false
    }

    let name: String
    let channel: String
    private let ports: [Int]
    private let log: EventLog
    private let control: LoadControl
    private let state = Mutex(State())

    init(name: String, channel: String, ports: [Int], log: EventLog, control: LoadControl) {
        (self.name, self.channel, self.ports) = (name, channel, ports)
        (self.log, self.control) = (log, control)
    }

    /// Follows until the load stops; leaves the stream open.
    func run() async throws {
        var node = 0
        while true {
            try await eventually(within: .seconds(30), "\(name) has a stream") {
                let isOpen = try await open(ports[node % ports.count])
                if !isOpen { node += 1 }
                return isOpen
            }
            var hasEnded = false
            try await eventually(within: .seconds(120), "\(name) loses its stream or may stop") {
                hasEnded = takeEvents()
                return hasEnded || control.isStopping
            }
            guard hasEnded else { return }
            control.noteReconnect()
            node += 1
        }
    }

    /// Waits until the stream showed everything up to an offset, and drops it.
    func finish(at offset: Int) async throws {
        try await eventually("\(name) sees offset \(offset) of \(channel)") {
            let hasEnded = takeEvents()
            let seen = state.withLock { $0.position?.offset ?? 0 }
            if hasEnded, seen < offset { throw ConnectionEnded() }
            return seen >= offset
        }
        state.withLock { $0.stream }?.close()
    }

    private func open(_ port: Int) async throws -> Bool {
        let lastID = state.withLock { $0.position.map { "\($0.epoch):\($0.offset)" } }
        let path = "/events/\(channel)"
        let stream = try await control.attempt {
            try await SSEClient.open(port: port, path: path, lastEventID: lastID)
        }
        guard let stream, stream.status == 200 else { return false }
        state.withLock { state in (state.stream, state.takenCount, state.hasBegun) = (stream, 0, false) }
        return true
    }

    /// Takes what came; true when the stream has ended.
    private func takeEvents() -> Bool {
        let found = state.withLock { state -> (events: [LogEvent], hasEnded: Bool) in
            guard let stream = state.stream else { return ([], true) }
            // In this order: what came before the end is all there.
            let hasEnded = stream.isEnded
            let events = stream.events
            let taken = events.dropFirst(state.takenCount).flatMap { take($0, &state) }
            state.takenCount = events.count
            if hasEnded { state.stream = nil }
            return (taken + (hasEnded ? [LogEvent(.closed, who: name, channel: channel)] : []), hasEnded)
        }
        found.events.forEach(log.record)
        return found.hasEnded
    }

    private func take(_ event: SSEEvent, _ state: inout State) -> [LogEvent] {
        // Losing the error is safe: what is no JSON has no key and no position, and is missed by the checker.
        let data = (try? JSONValue(parsing: event.data)) ?? .null
        switch event.event {
        case "message":
            guard let position = Self.position(event.id) else { return [] }
            let begin = state.hasBegun ? [] : [begin(before: position, state)]
            (state.position, state.hasBegun) = (position, true)
            return begin + [
                LogEvent(
                    .recv, who: name, channel: channel, epoch: position.epoch, offset: position.offset,
                    key: data.writeKey, digest: EventLog.digest(data))
            ]
        case "not-recovered":
            // Without a position the stream ends: every position is void, and the next stream says the new one.
            guard let epoch = data["epoch"]?.string, let offset = data["offset"]?.int else { return [] }
            (state.position, state.hasBegun) = (StreamPosition(epoch: epoch, offset: offset), true)
            return [LogEvent(.resync, who: name, channel: channel, epoch: epoch, offset: offset)]
        default: return []
        }
    }

    /// What the stream's begin was, told by its first publication.
    private func begin(before first: StreamPosition, _ state: State) -> LogEvent {
        let shown = state.position
        return LogEvent(
            shown == nil ? .subscribed : .recovered, who: name, channel: channel, epoch: shown?.epoch ?? first.epoch,
            offset: shown?.offset ?? first.offset - 1)
    }

    private static func position(_ id: String) -> StreamPosition? {
        guard let colon = id.lastIndex(of: ":"), let offset = Int(id[id.index(after: colon)...]) else { return nil }
        return StreamPosition(epoch: String(id[..<colon]), offset: offset)
    }
}
