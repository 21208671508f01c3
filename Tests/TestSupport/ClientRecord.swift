import NIOCore

/// A command that waits for its reply.
struct WaitingCommand {
    let method: String
    let parameters: JSONValue
    let promise: EventLoopPromise<JSONValue>
}

/// What a protocol client knows: its commands in flight, its positions, and what it saw.
struct ClientRecord {
    var socket: WebSocketConnection?
    var waiting: [Int: WaitingCommand] = [:]
    /// Everything that came as a push, in order.
    var pushes: [JSONValue] = []
    var publications: [SeenPublication] = []
    var positions: [String: StreamPosition] = [:]
    var subscribed: Set<String> = []
    var strangeFrames: [String] = []
    var pingCount = 0
    private(set) var connection = 0
    private var nextID = 0
    private var answersPings = false

    /// Forgets what belongs to the connection before and returns the number of the new one; positions stay.
    mutating func beginConnection() -> Int {
        subscribed.removeAll()
        socket = nil
        connection += 1
        return connection
    }

    mutating func expect(_ method: String, _ parameters: JSONValue, _ promise: EventLoopPromise<JSONValue>) -> Int {
        nextID += 1
        waiting[nextID] = WaitingCommand(method: method, parameters: parameters, promise: promise)
        return nextID
    }

    mutating func takeConnected(_ result: JSONValue) -> [LogEvent] {
        answersPings = result["pong"]?.bool ?? false
        return []
    }

    /// Counts a ping; true when it wants a pong.
    mutating func takePing() -> Bool {
        pingCount += 1
        return answersPings
    }

    mutating func takeSubscribed(who: String, _ request: JSONValue, _ result: JSONValue) -> [LogEvent] {
        let channel = request["channel"]?.string ?? ""
        let position = StreamPosition(epoch: result["epoch"]?.string ?? "", offset: result["offset"]?.int ?? 0)
        let isRecovered = result["recovered"]?.bool ?? false
        let wasRecovering = request["recover"]?.bool ?? false
        subscribed.insert(channel)
        positions[channel] = position
        let start = LogEvent(
            wasRecovering ? (isRecovered ? .recovered : .resync) : .subscribed,
            who: who,
            channel: channel,
            epoch: position.epoch,
            offset: position.offset
        )
        let missed = (result["publications"]?.array ?? []).compactMap {
            takePublication(who: who, channel, $0, isRecovered: true)
        }
        return [start] + missed
    }

    mutating func takeUnsubscribed(who: String, _ channel: String, code: Int? = nil) -> [LogEvent] {
        subscribed.remove(channel)
        return [LogEvent(.closed, who: who, channel: channel, code: code)]
    }

    /// Notes a publication; the event is nil for one without an offset, which promises nothing.
    mutating func takePublication(
        who: String,
        _ channel: String,
        _ publication: JSONValue,
        isRecovered: Bool
    ) -> LogEvent? {
        let data = publication["data"] ?? .null
        let epoch = positions[channel]?.epoch ?? publication["epoch"]?.string ?? ""
        let offset = publication["offset"]?.int
        publications.append(
            SeenPublication(channel: channel, epoch: epoch, offset: offset, data: data, isRecovered: isRecovered)
        )
        guard let offset else { return nil }
        positions[channel]?.offset = offset
        return LogEvent(
            .recv,
            who: who,
            channel: channel,
            epoch: epoch,
            offset: offset,
            key: data.writeKey,
            digest: EventLog.digest(data)
        )
    }
}

extension JSONValue {
    /// What the writer of a test publication called it: `key`, or the version for a change of a session.
    package var writeKey: String? {
        if let key = self["key"]?.string { return key }
        if let type = self["type"]?.string, type.hasPrefix("session."), let version = self["version"]?.int {
            return "v\(version)"
        }
        return nil
    }
}
