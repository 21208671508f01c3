import Crypto
import Journal

/// Tells two writes with the same idempotency key apart by what they would do.
public enum ContentHash {
    /// The first 64 bits of a SHA-256 over the kind and the parts, each with its length in front.
    public static func of(_ kind: EntryKind, _ parts: [[UInt8]]) -> UInt64 {
        var hash = SHA256()
        hash.update(data: Array(kind.rawValue.utf8))
        for part in parts {
            withUnsafeBytes(of: UInt64(part.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: part)
        }
        return hash.finalize().prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
