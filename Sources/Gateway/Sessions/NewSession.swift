import JSONBytes
import Journal

/// What a session is made with; checked.
public struct NewSession: Sendable, Equatable {
    /// Sorts sessions for operators.
    public let type: String
    /// The token subject that may use it; nil leaves it to the caller's rights.
    public var owner: String?
    /// Milliseconds of life after the last sign of it; nil for the service's default.
    public let ttl: Int64?
    /// One JSON value.
    public let document: JSONText

    /// Checks the parts.
    public init(
        type: String = SessionLimits.typeDefault, owner: String? = nil, ttl: Int64? = nil,
        document: JSONText = .emptyObject
    ) throws(SessionInputFault) {
        try SessionRules.check(type: type)
        if let owner { try SessionRules.check(owner: owner) }
        if let ttl { try SessionRules.check(ttl: ttl) }
        guard document.bytes.count <= JournalLimits.bodyBytesMax else {
            throw SessionInputFault("document-too-large", "A document has at most \(JournalLimits.bodyBytesMax) bytes.")
        }
        (self.type, self.owner, self.ttl, self.document) = (type, owner, ttl, document)
    }

    /// Reads `{"type"?,"document"?,"owner"?,"ttl"?}`; no bytes at all are an empty object.
    public init(json bytes: [UInt8]) throws(SessionInputFault) {
        guard !bytes.isEmpty else {
            try self.init()
            return
        }
        let members = try Members(bytes)
        if members.hasID {
            throw SessionInputFault("bad-member", "The id of a session is made by the service; leave it out.")
        }
        if let name = members.unknown {
            let shown = name.prefix(40)
            throw SessionInputFault("bad-member", "\"\(shown)\" is none of type, document, owner and ttl.")
        }
        try self.init(members)
    }

    init(_ members: Members) throws(SessionInputFault) {
        try self.init(
            type: members.type ?? SessionLimits.typeDefault, owner: members.owner, ttl: members.ttl,
            document: members.document ?? .emptyObject)
    }

    /// What an object says of a session, read but not checked.
    struct Members {
        /// The id, if it is a text.
        var id: String?
        var hasID = false
        var type: String?
        var owner: String?
        var ttl: Int64?
        var document: JSONText?
        var unknown: String?

        init(_ bytes: [UInt8]) throws(SessionInputFault) {
            do throws(JSONError) {
                self = try bytes.readJSON(depthMax: JSONLimits.depthMax + 1) { (cursor, buffer) throws(JSONError) in
                    try Members(&cursor, buffer)
                }
            } catch { throw SessionInputFault(error) }
        }

        init(_ cursor: inout JSONCursor, _ buffer: UnsafeRawBufferPointer) throws(JSONError) {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                if key.equals("id", in: buffer) {
                    hasID = true
                    id = cursor.peekByte() == UInt8(ascii: "\"") ? try cursor.readString() : nil
                    if id == nil { _ = try cursor.skipValue() }
                } else if key.equals("type", in: buffer) {
                    type = try cursor.readString()
                } else if key.equals("owner", in: buffer) {
                    owner = try cursor.readString()
                } else if key.equals("ttl", in: buffer) {
                    ttl = try cursor.readInt64()
                } else if key.equals("document", in: buffer) {
                    document = try cursor.readText()
                } else {
                    unknown = unknown ?? key.string(in: buffer)
                    _ = try cursor.skipValue()
                }
            }
        }
    }
}

extension SessionInputFault {
    /// What bytes that aren't the JSON that was needed mean for the caller.
    init(_ error: JSONError) {
        let code =
            switch error.reason {
            case .tooDeep: "too-deep"
            case .wrongType, .numberOutOfRange: "bad-value"
            default: "bad-json"
            }
        self.init(code, "The body can't be read: \(error.description).")
    }
}

extension [UInt8] {
    /// Walks over one JSON text from its first byte to its last.
    func readJSON<Value>(
        depthMax: Int = JSONLimits.depthMax,
        _ body: (inout JSONCursor, UnsafeRawBufferPointer) throws(JSONError) -> Value
    ) throws(JSONError) -> Value {
        try withUnsafeBufferPointer { (bytes) throws(JSONError) -> Value in
            let raw = UnsafeRawBufferPointer(bytes)
            var cursor = JSONCursor(raw, depthMax: depthMax)
            let value = try body(&cursor, raw)
            try cursor.expectEnd()
            return value
        }
    }
}
