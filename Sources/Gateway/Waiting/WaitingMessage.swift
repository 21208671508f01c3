import JSONBytes
import Journal
import NIOCore
import Store

/// What a waiting room's socket says: one JSON object a message.
enum WaitingMessage {
    /// How one waiter stands.
    struct Standing: Equatable {
        let count: Int
        /// Nil for a teacher, who doesn't wait.
        let position: Int?
        let estimate: Int64?

        init(_ standing: WaiterStanding) {
            (count, position, estimate) = (standing.count, standing.position, standing.estimate)
        }
    }

    static func welcome(_ standing: Standing, participant: String, token: String, isPaused: Bool) -> [UInt8] {
        object("welcome") { out in
            out.appendMember("participantId", string: participant)
            out.appendMember("participantToken", string: token)
            append(standing, "size", to: &out)
            out.appendMember("paused", flag: isPaused)
        }
    }

    /// The answer to a call: like a welcome, but not a message of a stream.
    static func place(
        _ standing: Standing, participant: String, token: String, session: String?, isPaused: Bool
    ) -> [UInt8] {
        object("place") { out in
            out.appendMember("participantId", string: participant)
            out.appendMember("participantToken", string: token)
            append(standing, "size", to: &out)
            out.appendMember("paused", flag: isPaused)
            if let session { out.appendMember("sessionId", string: session) }
        }
    }

    static func waiterCount(_ standing: Standing) -> [UInt8] {
        object("waiter-count") { append(standing, "count", to: &$0) }
    }

    static func sessionStarted(_ session: String) -> [UInt8] {
        object("session-started") { $0.appendMember("sessionId", string: session) }
    }

    static let sessionEnded = object("session-ended") { _ in }
    static let pong = object("pong") { _ in }

    static func teacherAuthenticated(_ session: String) -> [UInt8] {
        object("teacher-authenticated") { $0.appendMember("sessionId", string: session) }
    }

    static func teacherCodeError(_ error: String, code: String? = nil, policy: String? = nil) -> [UInt8] {
        object("teacher-code-error") { out in
            out.appendMember("error", string: error)
            if let code { out.appendMember("code", string: code) }
            if let policy { out.appendMember("entryPolicy", string: policy) }
        }
    }

    static func admission(_ room: WaitingRoom) -> [UInt8] {
        object("admission") { out in
            out.appendMember("paused", flag: room.isPaused)
            out.appendMember("closed", flag: room.isClosed)
            out.appendMember("capacity", optional: room.capacity > 0 ? room.capacity : nil)
        }
    }

    static func error(_ text: String) -> [UInt8] {
        object("error") { $0.appendMember("error", string: text) }
    }

    /// The frame around a message.
    static func frame(_ message: [UInt8]) -> ByteBuffer {
        var frame = ByteBuffer()
        frame.reserveCapacity(message.count + FrameWriter.maxHeaderBytes)
        FrameWriter.appendText(to: &frame) { $0.writeBytes(message) }
        return frame
    }

    private static func append(_ standing: Standing, _ count: StaticString, to out: inout [UInt8]) {
        out.appendMember(count, number: UInt64(standing.count))
        out.appendMember("position", optional: standing.position.map { UInt64(clamping: $0) })
        out.appendMember("estimateMs", optional: standing.estimate.map { UInt64(clamping: $0) })
    }

    private static func object(_ type: String, _ body: (inout [UInt8]) -> Void) -> [UInt8] {
        var out: [UInt8] = []
        // Enough for nearly all: thousands of messages should not grow in steps.
        out.reserveCapacity(192)
        out.append(UInt8(ascii: "{"))
        out.appendMember("type", string: type)
        body(&out)
        out[out.count - 1] = UInt8(ascii: "}")
        return out
    }
}

/// What comes in over a waiting room's socket.
enum WaitingCommand: Equatable {
    case verifyTeacherCode(String)
    case endSession
    case leave
    case ping
    case admit(UInt64)
    case pause
    case resume
    /// A message that nobody knows.
    case unknown

    /// Reads a message.
    ///
    /// - Errors: of JSON; what is no object is one.
    init(_ bytes: [UInt8]) throws(JSONError) {
        let (type, code, count) = try bytes.readJSON { (cursor, buffer) throws(JSONError) in
            var (type, code, count): (String, String?, UInt64?) = ("", nil, nil)
            try cursor.beginObject()
            while let name = try cursor.nextKey() {
                switch name.string(in: buffer) {
                case "type": type = try cursor.readString()
                case "teacherCode": code = try cursor.readString()
                case "count": count = try cursor.readUInt64()
                default: _ = try cursor.skipValue()
                }
            }
            return (type, code, count)
        }
        switch type {
        case "verify-teacher-code": self = .verifyTeacherCode(code ?? "")
        case "end-session": self = .endSession
        case "leave": self = .leave
        case "ping": self = .ping
        case "admit": self = .admit(count ?? 1)
        case "pause": self = .pause
        case "resume": self = .resume
        default: self = .unknown
        }
    }
}
