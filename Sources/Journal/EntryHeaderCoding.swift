import JSONBytes

extension EntryHeader {
    /// The header as compact JSON; members that say nothing are left out.
    public var encoded: [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        out.reserveCapacity(64)
        if let history {
            out.appendASCII("\"history\":[")
            out.appendDecimal(UInt64(history.size))
            out.append(UInt8(ascii: ","))
            out.appendDecimal(history.ttl)
            out.appendASCII("],")
        }
        if let idempotency {
            out.appendMember("key", string: idempotency.key)
            out.appendMember("hash", number: idempotency.bodyHash)
            out.appendMember("window", number: idempotency.window)
        }
        if let user { out.appendMember("user", string: user) }
        if let expectedVersion { out.appendMember("version", number: expectedVersion) }
        if let expectedDeadline { out.appendMember("deadline", number: expectedDeadline) }
        if let session {
            out.appendMember("type", string: session.type)
            out.appendMember("owner", string: session.owner)
            out.appendMember("ttl", number: session.ttl)
        }
        // No bytes are no JSON value: they would make the whole header unreadable.
        if let info, !info.isEmpty { out.appendMember("info", json: info) }
        if let tags, !tags.isEmpty { out.appendMember("tags", json: tags) }
        if let dataVersion {
            out.appendMember("data_version", number: dataVersion.number)
            out.appendMember("data_epoch", string: dataVersion.epoch)
        }
        if let reason { out.appendMember("reason", string: reason) }
        if let room { out.appendMember("room", json: room.encoded) }
        if out.last == UInt8(ascii: ",") { out.removeLast() }
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// Reads a header that `encoded` wrote; unknown members are refused, because skipping one would change the outcome.
    public init(decoding bytes: [UInt8]) throws(JSONError) {
        self.init()
        var parts = Parts()
        try bytes.scan { (cursor: inout JSONCursor, buffer: UnsafeRawBufferPointer) throws(JSONError) in
            try parts.read(&cursor, buffer)
        }
        history = parts.history
        info = parts.info
        tags = parts.tags
        reason = parts.reason
        room = parts.room
        user = parts.user
        expectedVersion = parts.version
        expectedDeadline = parts.deadline
        if let key = parts.key { idempotency = IdempotencyClaim(key: key, bodyHash: parts.hash, window: parts.window) }
        if let number = parts.dataVersion { dataVersion = DataVersion(number: number, epoch: parts.dataEpoch) }
        if let type = parts.type { session = SessionTerms(type: type, owner: parts.owner, ttl: parts.ttl) }
    }

    /// Members as they come; put together once the object has ended.
    private struct Parts {
        var history: HistoryWindow?
        var key: String?
        var hash: UInt64 = 0
        var window: Int64 = 0
        var version: UInt64?
        var deadline: Int64?
        var type: String?
        var owner = ""
        var ttl: Int64 = 0
        var info: [UInt8]?
        var tags: [UInt8]?
        var dataVersion: UInt64?
        var dataEpoch = ""
        var reason: String?
        var user: String?
        var room: RoomTerms?

        mutating func read(_ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer) throws(JSONError) {
            try cursor.beginObject()
            while let name = try cursor.nextKey() {
                switch name.string(in: buffer) {
                case "history": history = try Self.readHistory(&cursor)
                case "user": user = try cursor.readString()
                case "key": key = try cursor.readString()
                case "hash": hash = try cursor.readUInt64()
                case "window": window = try cursor.readInt64()
                case "version": version = try cursor.readUInt64()
                case "deadline": deadline = try cursor.readInt64()
                case "type": type = try cursor.readString()
                case "owner": owner = try cursor.readString()
                case "ttl": ttl = try cursor.readInt64()
                case "info": info = Array(buffer[try cursor.skipValue()])
                case "tags": tags = Array(buffer[try cursor.skipValue()])
                case "data_version": dataVersion = try cursor.readUInt64()
                case "data_epoch": dataEpoch = try cursor.readString()
                case "reason": reason = try cursor.readString()
                case "room": room = try RoomTerms.read(&cursor, buffer)
                default: throw JSONError(.wrongType, offset: cursor.position)
                }
            }
        }

        private static func readHistory(_ cursor: inout JSONCursor) throws(JSONError) -> HistoryWindow {
            try cursor.beginArray()
            guard try cursor.nextElement() else { throw JSONError(.wrongType, offset: cursor.position) }
            let size = UInt32(clamping: try cursor.readUInt64())
            guard try cursor.nextElement() else { throw JSONError(.wrongType, offset: cursor.position) }
            let ttl = try cursor.readInt64()
            guard try !cursor.nextElement() else { throw JSONError(.wrongType, offset: cursor.position) }
            return HistoryWindow(size: size, ttl: ttl)
        }
    }
}

extension [UInt8] {
    /// Appends `"name":number,`.
    package mutating func appendMember(_ name: StaticString, number: UInt64) {
        appendName(name)
        appendDecimal(number)
        append(UInt8(ascii: ","))
    }

    /// Appends `"name":number,`.
    package mutating func appendMember(_ name: StaticString, number: Int64) {
        appendName(name)
        appendDecimal(number)
        append(UInt8(ascii: ","))
    }

    /// Appends `"name":"string",` with escapes.
    package mutating func appendMember(_ name: StaticString, string: String) {
        appendName(name)
        appendJSONString(string)
        append(UInt8(ascii: ","))
    }

    /// Appends `"name":json,`; the bytes must be one JSON value.
    package mutating func appendMember(_ name: StaticString, json: some Sequence<UInt8>) {
        appendName(name)
        append(contentsOf: json)
        append(UInt8(ascii: ","))
    }

    private mutating func appendName(_ name: StaticString) {
        append(UInt8(ascii: "\""))
        appendASCII(name)
        appendASCII("\":")
    }

    /// Runs the body with a cursor over these bytes; a failure of JSON is the only error.
    ///
    /// The depth is not bounded any further here: what we wrote ourselves may wrap a value of the largest allowed depth.
    package func scan<Value>(
        _ body: (inout JSONCursor, UnsafeRawBufferPointer) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        let result = withUnsafeBytes { buffer in
            Result { () throws(JSONError) -> Value in
                var cursor = JSONCursor(buffer, depthMax: JSONLimits.depthCeiling)
                return try body(&cursor, buffer)
            }
        }
        return try result.get()
    }
}
