import JSONBytes

/// A decoded value, for comparing what two texts mean.
enum Tree: Equatable {
    case null
    case bool(Bool)
    /// As it is spelt.
    case number(String)
    case string(String)
    case array([Tree])
    case object([String: Tree])

    init(_ text: JSONText) throws {
        self = try text.bytes.withUnsafeBytes { bytes in
            var cursor = JSONCursor(bytes)
            let tree = try Tree(&cursor, bytes)
            try cursor.expectEnd()
            return tree
        }
    }

    private init(_ cursor: inout JSONCursor, _ bytes: UnsafeRawBufferPointer) throws {
        switch cursor.peekByte() {
        case UInt8(ascii: "{"):
            var members: [String: Tree] = [:]
            try cursor.beginObject()
            while let key = try cursor.nextKey() { members[key.string(in: bytes)] = try Tree(&cursor, bytes) }
            self = .object(members)
        case UInt8(ascii: "["):
            var elements: [Tree] = []
            try cursor.beginArray()
            while try cursor.nextElement() { elements.append(try Tree(&cursor, bytes)) }
            self = .array(elements)
        case UInt8(ascii: "\""):
            self = .string(try cursor.readString())
        case UInt8(ascii: "t"), UInt8(ascii: "f"):
            self = .bool(try cursor.readBool())
        case UInt8(ascii: "n"):
            self = .null
            if !cursor.readNull() { _ = try cursor.skipValue() }
        default:
            self = .number(String(decoding: bytes[try cursor.skipValue()], as: UTF8.self))
        }
    }

    /// RFC 7396 §2, line by line.
    static func mergePatch(_ target: Tree?, _ patch: Tree) -> Tree {
        guard case .object(let changes) = patch else { return patch }
        var result: [String: Tree] = [:]
        if case .object(let members) = target { result = members }
        for (name, value) in changes {
            if value == .null {
                result[name] = nil
            } else {
                result[name] = mergePatch(result[name], value)
            }
        }
        return .object(result)
    }
}
