/// Appends JSON to a byte array without a tree in between.
extension [UInt8] {
    /// Appends a string with its quotes, escaping what RFC 8259 §7 demands and nothing else.
    public mutating func appendJSONString(_ string: String) {
        var string = string
        string.withUTF8 { appendJSONString(utf8: UnsafeRawBufferPointer($0)) }
    }

    /// Appends UTF-8 bytes as a string with its quotes; the caller has checked that they are UTF-8.
    public mutating func appendJSONString(utf8 bytes: UnsafeRawBufferPointer) {
        append(ASCII.quote)
        var runStart = 0
        var offset = 0
        while offset < bytes.count {
            if bytes.count - offset >= Lanes.width {
                let mask = Lanes.escapable(Lanes.load(bytes, at: offset))
                guard mask != 0 else {
                    offset += Lanes.width
                    continue
                }
                offset += Lanes.first(mask)
            }
            let byte = bytes[offset]
            if byte < ASCII.space || byte == ASCII.quote || byte == ASCII.backslash {
                append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[runStart..<offset]))
                appendEscape(of: byte)
                runStart = offset + 1
            }
            offset += 1
        }
        append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes[runStart..<bytes.count]))
        append(ASCII.quote)
    }

    /// Appends a number in decimal digits.
    public mutating func appendDecimal(_ value: UInt64) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: Self.digitsMax) { digits in
            var rest = value
            var start = Self.digitsMax
            repeat {
                start -= 1
                digits[start] = ASCII.zero + UInt8(truncatingIfNeeded: rest % 10)
                rest /= 10
            } while rest > 0
            append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
        }
    }

    /// The digits of the largest 64-bit number.
    private static var digitsMax: Int { 20 }

    /// Appends a number in decimal digits, with a minus sign below zero.
    public mutating func appendDecimal(_ value: Int64) {
        if value < 0 { append(ASCII.minus) }
        appendDecimal(value.magnitude)
    }

    /// Appends a number in decimal digits, with a minus sign below zero.
    public mutating func appendDecimal(_ value: Int) {
        appendDecimal(Int64(value))
    }

    /// Appends a literal of the program as it stands, such as `{"push":`.
    public mutating func appendASCII(_ text: StaticString) {
        text.withUTF8Buffer { append(contentsOf: $0) }
    }

    private mutating func appendEscape(of byte: UInt8) {
        append(ASCII.backslash)
        switch byte {
        case ASCII.quote, ASCII.backslash: append(byte)
        case 0x08: append(UInt8(ascii: "b"))
        case 0x09: append(UInt8(ascii: "t"))
        case 0x0A: append(UInt8(ascii: "n"))
        case 0x0C: append(UInt8(ascii: "f"))
        case 0x0D: append(UInt8(ascii: "r"))
        default:
            appendASCII("u00")
            append(ASCII.zero + byte >> 4)
            let low = byte & 0x0F
            append(low < 10 ? ASCII.zero + low : UInt8(ascii: "a") + low - 10)
        }
    }
}
