import JSONBytes
import Journal

/// What those who wait are told, on the channel of their room: JSON objects with a `type`.
enum RoomEvent {
    /// The data of what an entry publishes; the entry and its version say it all, so that any node can build it again.
    static func data(of entry: Entry, version: UInt64?) -> [UInt8] {
        if entry.kind == .roomTell { return entry.body }
        let terms = entry.header.room ?? RoomTerms()
        var out: [UInt8] = Array("{".utf8)
        switch entry.kind {
        case .roomStart:
            out.appendMember("type", string: "session-started")
            out.appendMember("sessionId", string: terms.session ?? "")
        case .roomAdmit:
            out.appendMember("type", string: "admitted")
            out.appendMember("through", number: version ?? 0)
        case .roomAdmission:
            out.appendMember("type", string: "admission")
            if let isPaused = terms.isPaused { out.appendMember("paused", json: Array("\(isPaused)".utf8)) }
            if let isClosed = terms.isClosed { out.appendMember("closed", json: Array("\(isClosed)".utf8)) }
            if let count = terms.count {
                out.appendMember("capacity", json: Array((count > 0 ? "\(count)" : "null").utf8))
            }
        case .roomAbandon:
            out.appendMember("type", string: "abandoned")
            out.appendMember("count", number: version ?? 0)
        case .roomUpdate:
            out.appendMember("type", string: "updated")
            if let policy = terms.policy { out.appendMember("entryPolicy", string: policy) }
            if let options = terms.options { out.appendMember("selectedOptions", json: options) }
        default: out.appendMember("type", string: "removed")
        }
        out[out.count - 1] = UInt8(ascii: "}")
        return out
    }

    /// How things stand in a room, as a node tells those who wait.
    static func tidings(of room: WaitingRoom) -> [UInt8] {
        var out: [UInt8] = Array("{".utf8)
        out.appendMember("type", string: room.hasEnded ? "session-ended" : "waiter-count")
        out.appendMember("count", number: UInt64(room.line.count))
        out[out.count - 1] = UInt8(ascii: "}")
        return out
    }
}
