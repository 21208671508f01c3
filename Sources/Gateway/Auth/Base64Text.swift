import FoundationEssentials

/// Reads and writes base64 in exactly one spelling.
///
/// Foundation accepts several texts for the same bytes; a token must have one, or two different texts carry one
/// signature.
enum Base64Text {
    /// Writes the URL alphabet without padding, as tokens use it (RFC 7515 §2).
    static func encodeURL(_ bytes: some Sequence<UInt8>) -> String {
        let text = Data(bytes).base64EncodedString().utf8.compactMap { character -> UInt8? in
            switch character {
            case UInt8(ascii: "+"): UInt8(ascii: "-")
            case UInt8(ascii: "/"): UInt8(ascii: "_")
            case UInt8(ascii: "="): nil
            default: character
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// Reads the URL alphabet; nil for padding, foreign characters and spare bits.
    static func decodeURL(_ text: Substring) -> [UInt8]? {
        var standard = text.replacing("-", with: "+").replacing("_", with: "/")
        standard += String(repeating: "=", count: (4 - standard.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: String(standard)), encodeURL(data) == text else { return nil }
        return [UInt8](data)
    }

    /// Reads the standard alphabet with padding.
    static func decodeStandard(_ text: String) -> [UInt8]? {
        guard let data = Data(base64Encoded: text), data.base64EncodedString() == text else { return nil }
        return [UInt8](data)
    }
}
