/// One event of a Server-Sent Events stream.
package struct SSEEvent: Sendable, Hashable {
    /// The last `id` that the stream has named so far.
    package var id: String
    /// `message` unless the stream says otherwise.
    package var event: String
    package var data: String

    /// The event as a test expects it.
    package init(id: String, event: String = "message", data: String) {
        self.id = id
        self.event = event
        self.data = data
    }
}

/// Takes the bytes of a stream apart as a browser's EventSource does.
///
/// Source: WHATWG HTML, section 9.2.6.
package struct SSEParser: Sendable {
    private var line: [UInt8] = []
    private var followsReturn = false
    private var id = ""
    private var event = ""
    private var data: [String] = []
    /// How many comment lines came; servers use them as heartbeats.
    package private(set) var commentCount = 0

    /// A parser at the begin of a stream.
    package init() {}

    /// Takes the next bytes and returns the events that they completed.
    package mutating func take(_ bytes: some Sequence<UInt8>) -> [SSEEvent] {
        var events: [SSEEvent] = []
        for byte in bytes {
            defer { followsReturn = byte == 0x0D }
            switch byte {
            case 0x0A where followsReturn: continue
            case 0x0A, 0x0D:
                if let complete = endLine() { events.append(complete) }
            default: line.append(byte)
            }
        }
        return events
    }

    private mutating func endLine() -> SSEEvent? {
        let text = String(decoding: line, as: UTF8.self)
        line.removeAll()
        if text.isEmpty { return dispatch() }
        if text.hasPrefix(":") {
            commentCount += 1
            return nil
        }
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count > 1 ? parts[1] : ""
        let value = String(rest.hasPrefix(" ") ? rest.dropFirst() : rest)
        switch parts[0] {
        case "id": id = value
        case "event": event = value
        case "data": data.append(value)
        default: break
        }
        return nil
    }

    private mutating func dispatch() -> SSEEvent? {
        defer {
            event = ""
            data = []
        }
        guard !data.isEmpty else { return nil }
        return SSEEvent(id: id, event: event.isEmpty ? "message" : event, data: data.joined(separator: "\n"))
    }
}
