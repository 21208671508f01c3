import JSONBytes
import Store

/// Reads the commands of one message in one pass, without decoding payloads: their bytes are validated and copied.
///
/// - Bounds: `commandsMax` commands a message; payloads at most `JSONLimits.depthMax` deep.
/// - Errors: `JSONError`; the connection is then closed with 3501, because what follows can't be told apart.
struct CommandScanner {
    static let commandsMax = 1_024
    /// A payload lies two containers deep: `{"publish":{"data":…}}`.
    private static let depthMax = JSONLimits.depthMax + 2

    private var cursor: JSONCursor
    private let bytes: UnsafeRawBufferPointer

    /// Hands over each command in order; one over the bound comes as `.unknown`, and nothing after it.
    static func scan(_ bytes: UnsafeRawBufferPointer, _ body: (Command) -> Void) throws(JSONError) {
        var scanner = CommandScanner(cursor: JSONCursor(bytes, depthMax: depthMax), bytes: bytes)
        guard scanner.cursor.peekByte() != nil else { throw JSONError(.unexpectedEnd, offset: 0) }
        var count = 0
        while scanner.cursor.peekByte() != nil {
            count += 1
            guard count <= commandsMax else { return body(Command(id: 0, method: .unknown)) }
            body(try scanner.command())
        }
    }

    private mutating func command() throws(JSONError) -> Command {
        var command = Command(id: 0, method: .pong)
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if key.equals("id", in: bytes) {
                let id = try cursor.readUInt64()
                guard let narrow = UInt32(exactly: id) else {
                    throw JSONError(.numberOutOfRange, offset: cursor.position)
                }
                command.id = narrow
            } else {
                let method = try method(key)
                // With more than one method the first counts; members that nobody knows don't.
                if command.method == .pong || command.method == .unknown { command.method = method }
            }
        }
        // An id without a method is no pong.
        if command.method == .pong, command.id != 0 { command.method = .unknown }
        return command
    }

    private mutating func method(_ key: JSONStringSlice) throws(JSONError) -> Command.Method {
        if key.equals("publish", in: bytes) { return try publish() }
        if key.equals("subscribe", in: bytes) { return .subscribe(try subscribe()) }
        if key.equals("connect", in: bytes) { return .connect(try connect()) }
        if key.equals("unsubscribe", in: bytes) { return .unsubscribe(channel: try member("channel")) }
        if key.equals("history", in: bytes) { return .history(try history()) }
        if key.equals("rpc", in: bytes) { return try rpc() }
        if key.equals("refresh", in: bytes) { return .refresh(token: try member("token")) }
        if key.equals("sub_refresh", in: bytes) { return try subRefresh() }
        if key.equals("presence", in: bytes) { return .presence(channel: try member("channel")) }
        if key.equals("presence_stats", in: bytes) { return .presenceStats(channel: try member("channel")) }
        let known: Command.Method =
            key.equals("send", in: bytes) ? .send : key.equals("ping", in: bytes) ? .ping : .unknown
        _ = try cursor.skipValue()
        return known
    }

    /// Walks the members of an object; the body reads or skips each value. A null stands for an empty object.
    private mutating func members(
        _ body: (inout JSONCursor, JSONStringSlice) throws(JSONError) -> Bool
    ) throws(JSONError) {
        guard cursor.peekByte() != UInt8(ascii: "n") else {
            guard cursor.readNull() else { throw JSONError(.unexpectedByte, offset: cursor.position) }
            return
        }
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if cursor.readNull() { continue }
            if try !body(&cursor, key) { _ = try cursor.skipValue() }
        }
    }

    private mutating func member(_ name: StaticString) throws(JSONError) -> String {
        var value = ""
        let bytes = bytes
        try members { (cursor, key) throws(JSONError) in
            guard key.equals(name, in: bytes) else { return false }
            value = try cursor.readString()
            return true
        }
        return value
    }

    private mutating func publish() throws(JSONError) -> Command.Method {
        var (channel, data): (String, [UInt8]?) = ("", nil)
        let bytes = bytes
        try members { (cursor, key) throws(JSONError) in
            if key.equals("channel", in: bytes) {
                channel = try cursor.readString()
            } else if key.equals("data", in: bytes) {
                data = try cursor.readText().bytes
            } else {
                return false
            }
            return true
        }
        return .publish(channel: channel, data: data)
    }

    private mutating func rpc() throws(JSONError) -> Command.Method {
        var (method, data): (String, [UInt8]?) = ("", nil)
        let bytes = bytes
        try members { (cursor, key) throws(JSONError) in
            if key.equals("method", in: bytes) {
                method = try cursor.readString()
            } else if key.equals("data", in: bytes) {
                data = try cursor.readText().bytes
            } else {
                return false
            }
            return true
        }
        return .rpc(method: method, data: data)
    }

    private mutating func connect() throws(JSONError) -> ConnectCommand {
        var command = ConnectCommand()
        let bytes = bytes
        try members { (cursor, key) throws(JSONError) in
            if key.equals("token", in: bytes) {
                command.token = try cursor.readString()
            } else if key.equals("subs", in: bytes) {
                try cursor.beginObject()
                while let channel = try cursor.nextKey() {
                    guard !cursor.readNull() else { continue }
                    command.wishes.append(try Self.wish(channel.string(in: bytes), &cursor, bytes))
                }
            } else {
                return false
            }
            return true
        }
        return command
    }

    private static func wish(
        _ channel: String, _ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> SubscriptionWish {
        var wish = SubscriptionWish(channel: channel)
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if cursor.readNull() { continue }
            if key.equals("recover", in: bytes) {
                wish.recover = try cursor.readBool()
            } else if key.equals("offset", in: bytes) {
                wish.position.offset = try cursor.readUInt64()
            } else if key.equals("epoch", in: bytes) {
                wish.position.epoch = try cursor.readString()
            } else {
                _ = try cursor.skipValue()
            }
        }
        return wish
    }

    private mutating func subRefresh() throws(JSONError) -> Command.Method {
        var (channel, token) = ("", "")
        let bytes = bytes
        try members { (cursor, key) throws(JSONError) in
            if key.equals("channel", in: bytes) {
                channel = try cursor.readString()
            } else if key.equals("token", in: bytes) {
                token = try cursor.readString()
            } else {
                return false
            }
            return true
        }
        return .subRefresh(channel: channel, token: token)
    }

    private mutating func subscribe() throws(JSONError) -> SubscribeCommand {
        var command = SubscribeCommand()
        let bytes = bytes
        try members { (cursor, key) throws(JSONError) in
            if key.equals("channel", in: bytes) {
                command.channel = try cursor.readString()
            } else if key.equals("token", in: bytes) {
                command.token = try cursor.readString()
            } else if key.equals("recover", in: bytes) {
                command.recover = try cursor.readBool()
            } else if key.equals("epoch", in: bytes) {
                command.position.epoch = try cursor.readString()
            } else if key.equals("offset", in: bytes) {
                command.position.offset = try cursor.readUInt64()
            } else if key.equals("positioned", in: bytes) {
                command.wantsPositioned = try cursor.readBool()
            } else if key.equals("recoverable", in: bytes) {
                command.wantsRecoverable = try cursor.readBool()
            } else if key.equals("join_leave", in: bytes) {
                command.wantsJoinLeave = try cursor.readBool()
            } else if key.equals("flag", in: bytes) {
                command.flag = try cursor.readInt64()
            } else if key.equals("delta", in: bytes) {
                command.delta = try cursor.readString()
            } else if key.equals("type", in: bytes) {
                if try cursor.readInt64() != 0 { command.asksForMore = true }
            } else if key.equals("tf", in: bytes) {
                _ = try cursor.skipValue()
                command.asksForMore = true
            } else {
                return false
            }
            return true
        }
        return command
    }

    private mutating func history() throws(JSONError) -> HistoryCommand {
        var command = HistoryCommand()
        let bytes = bytes
        try members { (cursor, key) throws(JSONError) in
            if key.equals("channel", in: bytes) {
                command.channel = try cursor.readString()
            } else if key.equals("limit", in: bytes) {
                command.filter.limit = Int(clamping: try cursor.readInt64())
            } else if key.equals("reverse", in: bytes) {
                command.filter.reverse = try cursor.readBool()
            } else if key.equals("since", in: bytes) {
                command.filter.since = try Self.position(&cursor, bytes)
            } else {
                return false
            }
            return true
        }
        return command
    }

    private static func position(
        _ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer
    ) throws(JSONError) -> Position {
        var position = Position(epoch: "", offset: 0)
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if cursor.readNull() { continue }
            if key.equals("offset", in: bytes) {
                position.offset = try cursor.readUInt64()
            } else if key.equals("epoch", in: bytes) {
                position.epoch = try cursor.readString()
            } else {
                _ = try cursor.skipValue()
            }
        }
        return position
    }
}
