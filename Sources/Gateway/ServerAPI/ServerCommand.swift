import JSONBytes
import Store

/// The methods that are served; the others of Centrifugo are not found.
enum ServerMethod: String, Sendable, CaseIterable {
    case publish
    case broadcast
    case history
    case historyRemove = "history_remove"
    case presence
    case presenceStats = "presence_stats"
    case channels
    case info
    case disconnect
    case unsubscribe
    case subscribe
    case refresh
    case rpc
}

/// One command of the server API.
struct ServerCommand: Sendable {
    let method: ServerMethod
    let parameters: ServerParameters
}

/// How a disconnect is to be told.
struct DisconnectParameters: Sendable, Equatable {
    let code: UInt64
    let reason: String
}

/// All members that commands may have; each reads those that it knows and ignores the rest, as Centrifugo does.
struct ServerParameters: Sendable, Equatable {
    var channel = ""
    var channels: [String] = []
    /// One JSON value as it came.
    var data: JSONText?
    var base64Data = ""
    var skipsHistory = false
    /// An object of strings.
    var tags: [UInt8]?
    var idempotencyKey = ""
    /// How new the data is; 0 doesn't say.
    var version: UInt64 = 0
    var versionEpoch = ""
    var limit: Int64 = 0
    var since: Position?
    var isReverse = false
    var pattern = ""
    /// Of an rpc.
    var method = ""
    /// Of an rpc; one JSON value as it came.
    var rpc: JSONText?
    var user = ""
    var client = ""
    /// Sessions of emulated transports, which are not served.
    var session = ""
    var whitelist: [String] = []
    /// One JSON value as it came, shown to others.
    var info: JSONText?
    var base64Info = ""
    /// Units: Unix seconds; 0 for never.
    var expiresAt: Int64 = 0
    var isExpired = false
    var recoverSince: Position?
    /// What is changed of a channel's options, as it came.
    var overrides: JSONText?
    /// Code and reason of a disconnect; nil for the usual ones.
    var disconnect: DisconnectParameters?

    /// Nothing given.
    init() {}

    /// Reads one object.
    init(_ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer) throws(JSONError) {
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            let name = key.string(in: buffer)
            // `data` may be null; everywhere else null is as good as absent.
            if name != "data", cursor.readNull() { continue }
            switch name {
            case "channel": channel = try cursor.readString()
            case "channels": channels = try Self.strings(&cursor)
            case "data": data = try Self.value(&cursor, buffer)
            case "b64data": base64Data = try cursor.readString()
            case "skip_history": skipsHistory = try cursor.readBool()
            case "tags": tags = try Self.tags(&cursor, buffer)
            case "idempotency_key": idempotencyKey = try cursor.readString()
            case "version": version = try cursor.readUInt64()
            case "version_epoch": versionEpoch = try cursor.readString()
            case "method": method = try cursor.readString()
            case "params": rpc = try Self.value(&cursor, buffer)
            case "limit": limit = try cursor.readInt64()
            case "since": since = try Self.position(&cursor, buffer)
            case "reverse": isReverse = try cursor.readBool()
            case "pattern": pattern = try cursor.readString()
            case "user": user = try cursor.readString()
            case "client": client = try cursor.readString()
            case "session": session = try cursor.readString()
            case "whitelist": whitelist = try Self.strings(&cursor)
            case "info": info = try Self.value(&cursor, buffer)
            case "b64info": base64Info = try cursor.readString()
            case "expire_at": expiresAt = try cursor.readInt64()
            case "expired": isExpired = try cursor.readBool()
            case "recover_since": recoverSince = try Self.position(&cursor, buffer)
            case "override": overrides = try Self.value(&cursor, buffer)
            case "disconnect": disconnect = try Self.disconnect(&cursor, buffer)
            default: _ = try cursor.skipValue()
            }
        }
    }

    /// A payload; its depth counts from itself, whatever is around it.
    private static func value(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> JSONText {
        let range = try cursor.skipValue()
        do throws(JSONError) {
            return try JSONText(validating: UnsafeRawBufferPointer(rebasing: buffer[range]))
        } catch { throw JSONError(error.reason, offset: range.lowerBound + error.offset, byte: error.byte) }
    }

    private static func strings(_ cursor: inout JSONCursor) throws(JSONError) -> [String] {
        var found: [String] = []
        try cursor.beginArray()
        while try cursor.nextElement() { found.append(try cursor.readString()) }
        return found
    }

    private static func disconnect(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> DisconnectParameters? {
        var (code, reason): (UInt64, String) = (0, "")
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if key.equals("code", in: buffer) {
                code = try cursor.readUInt64()
            } else if key.equals("reason", in: buffer) {
                reason = try cursor.readString()
            } else {
                _ = try cursor.skipValue()
            }
        }
        return code == 0 && reason.isEmpty ? nil : DisconnectParameters(code: code, reason: reason)
    }

    private static func tags(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> [UInt8]? {
        let text = try value(&cursor, buffer)
        var count = 0
        try text.bytes.readJSON { (cursor, _) throws(JSONError) in
            try cursor.beginObject()
            while try cursor.nextKey() != nil {
                _ = try cursor.readStringSlice()
                count += 1
            }
        }
        return count > 0 ? text.bytes : nil
    }

    private static func position(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> Position {
        var position = Position(epoch: "", offset: 0)
        try cursor.beginObject()
        while let key = try cursor.nextKey() {
            if key.equals("epoch", in: buffer) {
                position.epoch = try cursor.readString()
            } else if key.equals("offset", in: buffer) {
                position.offset = try cursor.readUInt64()
            } else {
                _ = try cursor.skipValue()
            }
        }
        return position
    }
}
