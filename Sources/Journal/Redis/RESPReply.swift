import CHiredis

/// A reply of Redis, or an element of one, read in place from what libhiredis parsed.
///
/// - Guarantee: the tree lives as long as any of its replies; nothing is copied until it is asked for.
/// - Complexity: every accessor is O(1) but those that copy.
// SAFETY: the tree is never written after libhiredis handed it over, so that reading it from any thread is no race.
public struct RESPReply: @unchecked Sendable {
    private let tree: RESPTree
    private let node: UnsafePointer<redisReply>

    /// What a reply is.
    public enum Kind: Sendable {
        case string, simple, error, integer, array, null
    }

    /// Takes over a whole reply from libhiredis.
    init(owning root: UnsafeMutablePointer<redisReply>) {
        tree = RESPTree(root)
        node = UnsafePointer(root)
    }

    private init(tree: RESPTree, node: UnsafePointer<redisReply>) {
        self.tree = tree
        self.node = node
    }

    /// What it is.
    public var kind: Kind { withExtendedLifetime(tree) { node.pointee.kind } }

    /// Whether there is nothing: a missing key, a blocking read that ended empty.
    public var isNull: Bool { kind == .null }

    /// The number of an integer reply, nil for anything else.
    public var integer: Int64? {
        withExtendedLifetime(tree) { node.pointee.kind == .integer ? Int64(node.pointee.integer) : nil }
    }

    /// The bytes of a string, a status or an error, nil for anything else.
    public var bytes: [UInt8]? { withBytes { [UInt8]($0) } }

    /// The text of a string or a status, nil for anything else, an error among them.
    public var text: String? { kind == .error ? nil : withBytes { String(decoding: $0, as: UTF8.self) } }

    /// Whether it is the status `OK`.
    public var isOK: Bool { kind == .simple && withBytes { $0.elementsEqual("OK".utf8) } == true }

    /// Elements of an array, 0 for anything else.
    public var count: Int {
        withExtendedLifetime(tree) { node.pointee.kind == .array ? Int(clamping: node.pointee.elements) : 0 }
    }

    /// An element of an array, nil beyond its end and for anything else.
    public subscript(index: Int) -> RESPReply? {
        guard index >= 0, index < count, let element = node.pointee.element?[index] else { return nil }
        return RESPReply(tree: tree, node: UnsafePointer(element))
    }

    /// The error that Redis replied with, nil for anything else.
    public var serverError: RedisServerError? {
        guard kind == .error else { return nil }
        return RedisServerError(withBytes { String(decoding: $0, as: UTF8.self) } ?? "")
    }

    /// The reply itself when it is no error.
    ///
    /// Errors: `authentication` and `server`.
    public func checked() throws(RedisError) -> RESPReply {
        guard let error = serverError else { return self }
        switch error.kind {
        case .noAuthentication:
            throw .authentication("Redis wants a password: put it into the URL (redis://:password@host)")
        case .wrongPassword: throw .authentication("Redis refused the user or password: \(error.message)")
        default: throw .server(error)
        }
    }

    /// Reads the bytes of a string, a status or an error in place; nil for anything else.
    public func withBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result? {
        withExtendedLifetime(tree) { node.pointee.text.map(body) }
    }

    /// Hands the C tree to code that walks it in place.
    func withNode<Result>(
        _ body: (UnsafePointer<redisReply>) throws(RedisError) -> Result
    ) throws(RedisError) -> Result {
        // No `withExtendedLifetime` with typed throws: the tree is used after the body instead.
        defer { withExtendedLifetime(tree) {} }
        return try body(node)
    }

    /// The whole reply as plain values.
    public var value: RESPValue {
        switch kind {
        case .string: .string(bytes ?? [])
        case .simple: .simple(text ?? "")
        case .error: .error(serverError ?? RedisServerError(""))
        case .integer: .integer(integer ?? 0)
        case .null: .null
        case .array: .array((0..<count).compactMap { self[$0]?.value })
        }
    }
}

/// Owns what libhiredis allocated for one reply.
// SAFETY: only its deinit touches the pointer, once, when no reply of it is left.
private final class RESPTree: @unchecked Sendable {
    private let root: UnsafeMutablePointer<redisReply>

    init(_ root: UnsafeMutablePointer<redisReply>) { self.root = root }

    deinit { freeReplyObject(root) }
}

extension redisReply {
    var kind: RESPReply.Kind {
        switch type {
        case REDIS_REPLY_STRING: .string
        case REDIS_REPLY_STATUS: .simple
        case REDIS_REPLY_ERROR: .error
        case REDIS_REPLY_INTEGER: .integer
        case REDIS_REPLY_ARRAY: .array
        default: .null
        }
    }

    /// The bytes of a string, a status or an error.
    var text: UnsafeRawBufferPointer? {
        switch type {
        case REDIS_REPLY_STRING, REDIS_REPLY_STATUS, REDIS_REPLY_ERROR:
            UnsafeRawBufferPointer(start: str, count: Int(clamping: len))
        default: nil
        }
    }

    /// An element of an array; nil where there is none.
    func child(_ index: Int) -> UnsafePointer<redisReply>? {
        guard type == REDIS_REPLY_ARRAY, index < Int(clamping: elements), let found = element?[index] else {
            return nil
        }
        return UnsafePointer(found)
    }
}
