/// A reply of Redis as plain values, for whoever doesn't need the speed of `RESPReply`.
public enum RESPValue: Sendable, Equatable {
    case string([UInt8])
    case simple(String)
    case error(RedisServerError)
    case integer(Int64)
    case array([RESPValue])
    case null

    /// The text of a string or a status, nil for anything else.
    public var text: String? {
        switch self {
        case .string(let bytes): String(decoding: bytes, as: UTF8.self)
        case .simple(let text): text
        default: nil
        }
    }

    /// The number of an integer, nil for anything else.
    public var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }

    /// The elements of an array, nil for anything else.
    public var elements: [RESPValue]? {
        guard case .array(let elements) = self else { return nil }
        return elements
    }
}
