import JSONBytes
import Journal
import Store

/// A waiting room as operators see it: how many wait, but nobody by name.
enum WaitingRoomRepresentation {
    /// Appends `{"hash","activity","entryPolicy","state","sessionId","waiting","admitted","paused","closed","capacity",
    /// "estimateMs"}`; the estimate is for somebody who would come now.
    static func append(_ room: WaitingRoom, to out: inout [UInt8]) {
        out.append(UInt8(ascii: "{"))
        out.appendMember("hash", string: room.hash)
        out.appendMember("activity", string: room.activity)
        out.appendMember("entryPolicy", string: room.terms.policy.rawValue)
        out.appendMember("state", string: room.isStarted ? "live" : "waiting")
        out.appendMember("sessionId", optional: room.session)
        out.appendMember("waiting", number: UInt64(room.line.count))
        out.appendMember("admitted", number: UInt64(room.line.admitted.count))
        out.appendMember("paused", flag: room.isPaused)
        out.appendMember("closed", flag: room.isClosed)
        out.appendMember("capacity", optional: room.capacity == 0 ? nil : room.capacity)
        let estimate = room.line.estimate(atPosition: room.line.count + 1)
        out.appendMember("estimateMs", optional: estimate.map { UInt64(clamping: $0) })
        out[out.count - 1] = UInt8(ascii: "}")
    }
}
