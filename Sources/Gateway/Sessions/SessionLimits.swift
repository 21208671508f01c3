/// Bounds of what callers may ask for a session.
public enum SessionLimits {
    /// The shortest life after the last sign of it, in milliseconds.
    public static let ttlMin: Int64 = 1_000
    /// The longest life after the last sign of it, in milliseconds: 30 days.
    public static let ttlMax: Int64 = 30 * 86_400_000
    /// Bytes of a type; printable ASCII.
    public static let typeBytesMax = 64
    /// Bytes of an owner, which is a token's `sub`.
    public static let ownerBytesMax = 256
    /// Bytes of an idempotency key; printable ASCII.
    public static let keyBytesMax = 200
    /// Bytes of an id that is looked up; ours have 32.
    public static let idBytesMax = 64
    /// Sessions of one list unless the caller says otherwise.
    public static let listedDefault = 100
    /// The type of a session whose maker gave none.
    public static let typeDefault = "session"
}

/// Why what a caller gave for a session can't be used.
public struct SessionInputFault: Error, Sendable, Equatable {
    /// Short and stable: `bad-ttl`.
    public let code: String
    /// One sentence for the caller.
    public let sentence: String

    init(_ code: String, _ sentence: String) {
        self.code = code
        self.sentence = sentence
    }
}

/// Checks of single values, shared by all surfaces.
public enum SessionRules {
    /// Checks an idempotency key.
    public static func check(key: String) throws(SessionInputFault) {
        guard isPrintable(key), (1...SessionLimits.keyBytesMax).contains(key.utf8.count) else {
            throw SessionInputFault(
                "bad-idempotency-key",
                "An Idempotency-Key has 1 to \(SessionLimits.keyBytesMax) printable ASCII characters.")
        }
    }

    /// True for a text that could be the id of a session; anything else names none.
    public static func isID(_ text: String) -> Bool {
        LinkRules.isWord(text, length: 1...SessionLimits.idBytesMax)
    }

    static func check(type: String) throws(SessionInputFault) {
        guard isPrintable(type), (1...SessionLimits.typeBytesMax).contains(type.utf8.count) else {
            throw SessionInputFault(
                "bad-type", "A type has 1 to \(SessionLimits.typeBytesMax) printable ASCII characters.")
        }
    }

    static func check(owner: String) throws(SessionInputFault) {
        guard owner.utf8.count <= SessionLimits.ownerBytesMax else {
            throw SessionInputFault("bad-owner", "An owner has at most \(SessionLimits.ownerBytesMax) bytes.")
        }
    }

    static func check(ttl: Int64) throws(SessionInputFault) {
        guard (SessionLimits.ttlMin...SessionLimits.ttlMax).contains(ttl) else {
            throw SessionInputFault(
                "bad-ttl",
                "A ttl is in milliseconds, from \(SessionLimits.ttlMin) to \(SessionLimits.ttlMax) (30 days).")
        }
    }

    private static func isPrintable(_ text: String) -> Bool {
        text.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
