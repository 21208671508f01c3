import JSONBytes

/// What the entries of a waiting room carry; each kind uses the members that its documentation names.
public struct RoomTerms: Sendable, Hashable {
    /// What the room leads to.
    public var activity: String?
    /// Who may go in without a host.
    public var policy: String?
    /// What the host chose for the sessions of this link: a JSON object.
    public var options: [UInt8]?
    /// A waiter, by an id that only the waiter and this service know.
    public var waiter: String?
    /// What the waiter is called.
    public var name: String?
    /// The entry by which a connection holds a place.
    public var holder: EntryID?
    /// The process whose places are meant.
    public var origin: UInt64?
    /// The session that a start makes.
    public var session: String?
    /// Waiters that are admitted, or places that there are at most.
    public var count: UInt64?
    /// Whether those who come have to be admitted.
    public var isPaused: Bool?
    /// Whether nobody new is taken into the line.
    public var isClosed: Bool?
    /// Milliseconds for which something is kept.
    public var life: Int64?
    /// Who tries a code, or the hash of a token.
    public var token: String?

    /// Says nothing yet.
    public init() {}
}

extension RoomTerms {
    /// The terms as a JSON object.
    var encoded: [UInt8] {
        var out: [UInt8] = [UInt8(ascii: "{")]
        if let activity { out.appendMember("activity", string: activity) }
        if let policy { out.appendMember("policy", string: policy) }
        if let options, !options.isEmpty { out.appendMember("options", json: options) }
        if let waiter { out.appendMember("waiter", string: waiter) }
        if let name { out.appendMember("name", string: name) }
        if let holder {
            out.appendMember("by", number: holder.origin)
            out.appendMember("entry", number: holder.counter)
        }
        if let origin { out.appendMember("origin", number: origin) }
        if let session { out.appendMember("session", string: session) }
        if let count { out.appendMember("count", number: count) }
        if let isPaused { out.appendMember("paused", number: isPaused ? 1 : 0 as UInt64) }
        if let isClosed { out.appendMember("closed", number: isClosed ? 1 : 0 as UInt64) }
        if let life { out.appendMember("life", number: life) }
        if let token { out.appendMember("token", string: token) }
        if out.last == UInt8(ascii: ",") { out.removeLast() }
        out.append(UInt8(ascii: "}"))
        return out
    }

    /// Reads what `encoded` wrote; unknown members are refused, because skipping one would change the outcome.
    static func read(
        _ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer
    ) throws(JSONError) -> RoomTerms {
        var terms = RoomTerms()
        var (by, entry): (UInt64?, UInt64?) = (nil, nil)
        try cursor.beginObject()
        while let name = try cursor.nextKey() {
            switch name.string(in: buffer) {
            case "activity": terms.activity = try cursor.readString()
            case "policy": terms.policy = try cursor.readString()
            case "options": terms.options = Array(buffer[try cursor.skipValue()])
            case "waiter": terms.waiter = try cursor.readString()
            case "name": terms.name = try cursor.readString()
            case "by": by = try cursor.readUInt64()
            case "entry": entry = try cursor.readUInt64()
            case "origin": terms.origin = try cursor.readUInt64()
            case "session": terms.session = try cursor.readString()
            case "count": terms.count = try cursor.readUInt64()
            case "paused": terms.isPaused = try cursor.readUInt64() > 0
            case "closed": terms.isClosed = try cursor.readUInt64() > 0
            case "life": terms.life = try cursor.readInt64()
            case "token": terms.token = try cursor.readString()
            default: throw JSONError(.wrongType, offset: cursor.position)
            }
        }
        if let by, let entry { terms.holder = EntryID(origin: by, counter: entry) }
        return terms
    }
}
