import Crypto

/// Session ids: 128 bits or more, never adopted from a client.
public enum SessionID {
    /// A new id from the system's generator: 32 hexadecimal digits.
    public static func random() -> String {
        var generator = SystemRandomNumberGenerator()
        return hex(generator.next()) + hex(generator.next())
    }

    /// The id that belongs to an idempotency key of an owner: the first 128 bits of an HMAC-SHA-256, so that a retry meets
    /// the same session and nobody can compute another owner's id.
    static func derived(fromKey key: String, owner: String, secret: [UInt8]) -> String {
        var message = Array(owner.utf8)
        message.append(0)
        message.append(contentsOf: key.utf8)
        let code = HMAC<SHA256>.authenticationCode(for: message, using: SymmetricKey(data: secret))
        return code.prefix(16).map { byte in
            let text = String(byte, radix: 16)
            return byte < 16 ? "0" + text : text
        }.joined()
    }

    /// Another secret out of the one that ids are made with. No owner begins with a byte that UTF-8 never has, so that no id is
    /// a part of it.
    static func secret(for purpose: String, from secret: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: [0xFF] + Array(purpose.utf8), using: SymmetricKey(data: secret)))
    }

    private static func hex(_ word: UInt64) -> String {
        let text = String(word, radix: 16)
        return String(repeating: "0", count: 16 - text.count) + text
    }
}
