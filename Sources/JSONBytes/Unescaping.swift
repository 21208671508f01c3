/// What becomes of a surrogate without its partner, which UTF-8 cannot hold.
enum LoneSurrogates {
    /// U+FFFD stands in for it.
    case replaced
    /// Its own three bytes, as if it were a character: no UTF-8, but equal only to itself.
    case encoded
}

/// Resolves the escapes of a string's content.
///
/// The content comes from the scanner, so that escapes are complete; if they are not, U+FFFD stands in for them.
func unescaped(_ content: UnsafeRawBufferPointer, loneSurrogates: LoneSurrogates) -> [UInt8] {
    var result: [UInt8] = []
    result.reserveCapacity(content.count)
    var offset = 0
    while offset < content.count {
        let byte = content[offset]
        guard byte == ASCII.backslash else {
            result.append(byte)
            offset += 1
            continue
        }
        let kind: UInt8 = content.count - offset >= 2 ? content[offset + 1] : 0
        if kind == UInt8(ascii: "u") {
            offset = appendUnicodeEscape(content, at: offset, to: &result, loneSurrogates: loneSurrogates)
        } else {
            result.appendScalar(simpleEscape(kind))
            offset += 2
        }
    }
    return result
}

private let replacement: UInt32 = 0xFFFD

private func simpleEscape(_ kind: UInt8) -> UInt32 {
    switch kind {
    case ASCII.quote, ASCII.backslash, ASCII.slash: UInt32(kind)
    case UInt8(ascii: "b"): 0x08
    case UInt8(ascii: "f"): 0x0C
    case UInt8(ascii: "n"): 0x0A
    case UInt8(ascii: "r"): 0x0D
    case UInt8(ascii: "t"): 0x09
    default: replacement
    }
}

/// Appends the character that one or two `\u` escapes spell, and returns the offset after them.
private func appendUnicodeEscape(
    _ content: UnsafeRawBufferPointer, at start: Int, to result: inout [UInt8], loneSurrogates: LoneSurrogates
) -> Int {
    let next = start + 6
    guard let unit = codeUnit(content, at: start) else {
        result.appendScalar(replacement)
        return min(next, content.count)
    }
    guard unit & 0xF800 == 0xD800 else {
        result.appendScalar(unit)
        return next
    }
    if unit < 0xDC00, let low = codeUnit(content, at: next), low & 0xFC00 == 0xDC00 {
        result.appendScalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
        return next + 6
    }
    result.appendScalar(loneSurrogates == .replaced ? replacement : unit)
    return next
}

/// The UTF-16 code unit that a complete `\uXXXX` at `start` spells.
private func codeUnit(_ content: UnsafeRawBufferPointer, at start: Int) -> UInt32? {
    guard content.count - start >= 6, content[start] == ASCII.backslash, content[start + 1] == UInt8(ascii: "u") else {
        return nil
    }
    var unit: UInt32 = 0
    for offset in start + 2..<start + 6 {
        guard let digit = ASCII.hexValue(content[offset]) else { return nil }
        unit = unit << 4 | digit
    }
    return unit
}

extension [UInt8] {
    /// Appends the encoding of a number up to U+10FFFF.
    fileprivate mutating func appendScalar(_ scalar: UInt32) {
        func continuation(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: scalar >> shift & 0x3F | 0x80) }
        switch scalar {
        case ..<0x80:
            append(UInt8(truncatingIfNeeded: scalar))
        case ..<0x800:
            append(UInt8(truncatingIfNeeded: scalar >> 6 | 0xC0))
            append(continuation(0))
        case ..<0x10000:
            append(UInt8(truncatingIfNeeded: scalar >> 12 | 0xE0))
            append(continuation(6))
            append(continuation(0))
        default:
            append(UInt8(truncatingIfNeeded: scalar >> 18 | 0xF0))
            append(continuation(12))
            append(continuation(6))
            append(continuation(0))
        }
    }
}
