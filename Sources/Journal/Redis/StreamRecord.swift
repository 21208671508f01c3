import CHiredis

/// One record of the journal's stream.
public struct StreamRecord: Sendable, Equatable {
    /// Its place: the id of Redis is `lineage-sequence`.
    public let cursor: Cursor
    /// The bytes of its field `e`; nil when it has none, so that it isn't ours.
    public let payload: [UInt8]?

    /// Makes a record of its parts.
    public init(cursor: Cursor, payload: [UInt8]?) {
        self.cursor = cursor
        self.payload = payload
    }

    /// Reads an id as Redis writes it.
    public static func cursor(ofID text: UnsafeRawBufferPointer) -> Cursor? {
        var parts: (UInt64, UInt64) = (0, 0)
        var digits = 0
        var isSecond = false
        for byte in text {
            if byte == UInt8(ascii: "-") {
                guard !isSecond, digits > 0 else { return nil }
                (isSecond, digits, parts.1) = (true, 0, 0)
                continue
            }
            guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9"), digits < 19 else { return nil }
            digits += 1
            let digit = UInt64(byte - UInt8(ascii: "0"))
            if isSecond { parts.1 = parts.1 * 10 + digit } else { parts.0 = parts.0 * 10 + digit }
        }
        // A cursor's bound is that of SQLite's integers.
        guard isSecond, digits > 0, parts.0 <= UInt64(Int64.max), parts.1 <= UInt64(Int64.max) else { return nil }
        return Cursor(lineage: parts.0, sequence: parts.1)
    }

    /// Reads an id as Redis writes it.
    public static func cursor(ofID text: String) -> Cursor? {
        var text = text
        return text.withUTF8 { cursor(ofID: UnsafeRawBufferPointer($0)) }
    }
}

extension Cursor {
    /// The id of the place in the stream of Redis.
    public var streamID: String { "\(lineage)-\(sequence)" }
}

extension RESPReply {
    /// The records in the reply of XREAD on one stream; none when it ended empty.
    ///
    /// Errors: `server`, `authentication`, and `protocolViolation` for any other shape.
    public func readRecords() throws(RedisError) -> [StreamRecord] {
        let reply = try checked()
        if reply.isNull { return [] }
        return try reply.withNode { (node) throws(RedisError) in
            guard node.pointee.elements == 1, let stream = node.pointee.child(0), let list = stream.pointee.child(1)
            else { throw .protocolViolation("XREAD replied with something else than one stream") }
            return try Self.records(in: list)
        }
    }

    /// The records in the reply of XRANGE or XREVRANGE.
    ///
    /// Errors: `server`, `authentication`, and `protocolViolation` for any other shape.
    public func rangeRecords() throws(RedisError) -> [StreamRecord] {
        try checked().withNode { (node) throws(RedisError) in try Self.records(in: node) }
    }

    /// The place of the record that XADD wrote; nil when the stream doesn't exist (NOMKSTREAM).
    ///
    /// Errors: `server`, `authentication`, and `protocolViolation` for any other shape.
    public func addedCursor() throws(RedisError) -> Cursor? {
        let reply = try checked()
        if reply.isNull { return nil }
        guard let cursor = reply.withBytes({ StreamRecord.cursor(ofID: $0) }) ?? nil else {
            throw .protocolViolation("XADD replied with something else than an id")
        }
        return cursor
    }

    private static func records(in list: UnsafePointer<redisReply>) throws(RedisError) -> [StreamRecord] {
        guard list.pointee.kind == .array else {
            throw .protocolViolation("a list of stream records is no array")
        }
        let count = Int(clamping: list.pointee.elements)
        var records: [StreamRecord] = []
        records.reserveCapacity(count)
        for index in 0..<count {
            guard let record = list.pointee.child(index), let id = record.pointee.child(0)?.pointee.text,
                let cursor = StreamRecord.cursor(ofID: id), let fields = record.pointee.child(1),
                fields.pointee.kind == .array
            else { throw .protocolViolation("a stream record without an id of two numbers and its fields") }
            records.append(StreamRecord(cursor: cursor, payload: payload(in: fields)))
        }
        return records
    }

    private static func payload(in fields: UnsafePointer<redisReply>) -> [UInt8]? {
        var index = 0
        while let name = fields.pointee.child(index)?.pointee.text {
            if name.count == 1, name[0] == UInt8(ascii: "e") {
                return fields.pointee.child(index + 1)?.pointee.text.map { [UInt8]($0) }
            }
            index += 2
        }
        return nil
    }
}
