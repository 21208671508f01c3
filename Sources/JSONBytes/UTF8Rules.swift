/// Decides what is UTF-8.
///
/// - Source: RFC 3629 §4: no overlong forms, no surrogates, nothing above U+10FFFF.
public enum UTF8Rules {
    /// Whether all bytes together are UTF-8; no bytes at all are.
    public static func isValid(_ bytes: UnsafeRawBufferPointer) -> Bool {
        let count = bytes.count
        var offset = 0
        while offset < count {
            if count - offset >= Lanes.width {
                let mask = Lanes.nonASCII(Lanes.load(bytes, at: offset))
                if mask == 0 {
                    offset += Lanes.width
                    continue
                }
                offset += Lanes.first(mask)
            } else if bytes[offset] < 0x80 {
                offset += 1
                continue
            }
            // Text outside ASCII comes in runs; going back to whole words after each character would cost more.
            repeat {
                let length = sequenceLength(bytes, at: offset)
                if length == 0 { return false }
                offset += length
            } while offset < count && bytes[offset] >= 0x80
        }
        return true
    }

    /// The length of the multi-byte sequence that starts at `offset`, or 0 if there is no valid one.
    @inline(__always)
    static func sequenceLength(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Int {
        let left = bytes.count - offset
        guard left >= 2 else { return 0 }
        let lead = bytes[offset]
        let second = bytes[offset + 1]
        switch lead {
        case 0xC2...0xDF:
            return isContinuation(second) ? 2 : 0
        case 0xE0...0xEF:
            // E0 would begin an overlong form below A0, ED a surrogate above 9F.
            let low: UInt8 = lead == 0xE0 ? 0xA0 : 0x80
            let high: UInt8 = lead == 0xED ? 0x9F : 0xBF
            guard left >= 3, second >= low, second <= high else { return 0 }
            return isContinuation(bytes[offset + 2]) ? 3 : 0
        case 0xF0...0xF4:
            // F0 would begin an overlong form below 90, F4 passes U+10FFFF above 8F.
            let low: UInt8 = lead == 0xF0 ? 0x90 : 0x80
            let high: UInt8 = lead == 0xF4 ? 0x8F : 0xBF
            guard left >= 4, second >= low, second <= high else { return 0 }
            return isContinuation(bytes[offset + 2]) && isContinuation(bytes[offset + 3]) ? 4 : 0
        default:
            return 0
        }
    }

    @inline(__always)
    private static func isContinuation(_ byte: UInt8) -> Bool {
        byte & 0xC0 == 0x80
    }
}
