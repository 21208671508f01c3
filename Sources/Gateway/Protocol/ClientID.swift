/// A connection's id, as other clients see it: 128 random bits, kept as two words because most connections never show it.
struct ClientID: Hashable {
    let high: UInt64
    let low: UInt64

    static func random() -> ClientID {
        var generator = SystemRandomNumberGenerator()
        // The version and variant bits of a random UUID, RFC 9562 §5.4.
        let high = (generator.next() as UInt64) & ~0xf000 | 0x4000
        let low = (generator.next() as UInt64) & ~(0b11 << 62) | (0b10 << 62)
        return ClientID(high: high, low: low)
    }

    /// `8-4-4-4-12` hexadecimal digits.
    var text: String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for index in 0..<32 {
            if index == 8 || index == 12 || index == 16 || index == 20 { text.append(UInt8(ascii: "-")) }
            let word = index < 16 ? high : low
            text.append(digits[Int((word >> UInt64(60 - 4 * (index % 16))) & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }
}
