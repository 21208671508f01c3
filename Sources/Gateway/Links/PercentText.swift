/// Reads and writes percent-encoded text (RFC 3986 §2.1, and the form encoding of the URL standard).
enum PercentText {
    /// Keeps what RFC 3986 calls unreserved: fit for paths, queries and cookies alike.
    static func encode(_ text: String) -> String { encode(text.utf8) }

    static func encode(_ bytes: some Sequence<UInt8>) -> String {
        write(bytes, kept: "-._~", spaceAsPlus: false)
    }

    /// As browsers write a query: `application/x-www-form-urlencoded`.
    static func encodeForm(_ text: String) -> String {
        write(text.utf8, kept: "*-._", spaceAsPlus: true)
    }

    /// Nil for a `%` that two hexadecimal digits don't follow, and for what isn't UTF-8.
    static func decode(_ text: some StringProtocol, plusAsSpace: Bool = false) -> String? {
        // Most names and values have nothing to decode.
        guard text.utf8.contains(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "+") }) else {
            return String(text)
        }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst(), let low = rest.popFirst(),
                    let value = HexText.decode(String(decoding: [high, low], as: UTF8.self).lowercased())?.first
                else { return nil }
                bytes.append(value)
            case UInt8(ascii: "+") where plusAsSpace: bytes.append(UInt8(ascii: " "))
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func write(_ bytes: some Sequence<UInt8>, kept: StaticString, spaceAsPlus: Bool) -> String {
        let kept = kept.withUTF8Buffer { Array($0) }
        var out: [UInt8] = []
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                out.append(byte)
            case UInt8(ascii: " ") where spaceAsPlus: out.append(UInt8(ascii: "+"))
            case _ where kept.contains(byte): out.append(byte)
            default:
                out.append(UInt8(ascii: "%"))
                out.append(contentsOf: HexText.encode([byte]).uppercased().utf8)
            }
        }
        return String(decoding: out, as: UTF8.self)
    }
}
