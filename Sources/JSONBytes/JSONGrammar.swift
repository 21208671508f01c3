/// The tokens of RFC 8259 as functions from an offset to the offset after the token.
///
/// Every function takes any offset from 0 to the count and reads only below the count.
enum JSONGrammar {
    @inline(__always)
    static func skipWhitespace(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var offset = start
        while offset < bytes.count {
            let byte = bytes[offset]
            // Most tokens follow each other directly: one comparison decides.
            if byte > ASCII.space { break }
            guard
                byte == ASCII.space || byte == ASCII.lineFeed || byte == ASCII.carriageReturn || byte == ASCII.tab
            else { break }
            offset += 1
        }
        return offset
    }

    /// What to say about a byte, or the end, that no rule allows here.
    @inline(never)
    static func unexpected(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> JSONError {
        guard offset < bytes.count else { return JSONError(.unexpectedEnd, offset: bytes.count) }
        return JSONError(.unexpectedByte, offset: offset, byte: bytes[offset])
    }

    /// Reads a string's content and returns the offset of its closing quote.
    static func stringEnd(
        _ bytes: UnsafeRawBufferPointer, from start: Int
    ) throws(JSONError) -> (end: Int, hasEscapes: Bool) {
        let count = bytes.count
        var offset = start
        var hasEscapes = false
        while true {
            while count - offset >= Lanes.width {
                let word = Lanes.load(bytes, at: offset)
                let mask = Lanes.escapable(word) | Lanes.nonASCII(word)
                if mask != 0 {
                    offset += Lanes.first(mask)
                    break
                }
                offset += Lanes.width
            }
            guard offset < count else { throw JSONError(.unexpectedEnd, offset: count) }
            let byte = bytes[offset]
            if byte == ASCII.quote {
                return (offset, hasEscapes)
            } else if byte == ASCII.backslash {
                hasEscapes = true
                offset = try escapeEnd(bytes, from: offset)
            } else if byte >= 0x80 {
                offset = try multibyteEnd(bytes, from: offset)
            } else if byte < ASCII.space {
                throw JSONError(.badString, offset: offset, byte: byte)
            } else {
                offset += 1
            }
        }
    }

    @inline(__always)
    private static func multibyteEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        var offset = start
        repeat {
            let length = UTF8Rules.sequenceLength(bytes, at: offset)
            if length == 0 { throw JSONError(.badUTF8, offset: offset, byte: bytes[offset]) }
            offset += length
        } while offset < bytes.count && bytes[offset] >= 0x80
        return offset
    }

    /// Reads one escape from its backslash; surrogates may stand alone, as RFC 8259 §8.2 has it.
    private static func escapeEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        let count = bytes.count
        guard count - start >= 2 else { throw JSONError(.unexpectedEnd, offset: count) }
        switch bytes[start + 1] {
        case ASCII.quote, ASCII.backslash, ASCII.slash, UInt8(ascii: "b"), UInt8(ascii: "f"), UInt8(ascii: "n"),
            UInt8(ascii: "r"), UInt8(ascii: "t"):
            return start + 2
        case UInt8(ascii: "u"):
            var offset = start + 2
            for _ in 0..<4 {
                guard offset < count else { throw JSONError(.unexpectedEnd, offset: count) }
                guard ASCII.hexValue(bytes[offset]) != nil else {
                    throw JSONError(.badEscape, offset: offset, byte: bytes[offset])
                }
                offset += 1
            }
            return offset
        default:
            throw JSONError(.badEscape, offset: start + 1, byte: bytes[start + 1])
        }
    }

    /// Reads a number from its minus sign or first digit.
    static func numberEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        let count = bytes.count
        var offset = start
        if offset < count, bytes[offset] == ASCII.minus { offset += 1 }
        let integer = offset
        offset = try digitsEnd(bytes, from: offset)
        if bytes[integer] == ASCII.zero, offset - integer > 1 {
            throw JSONError(.badNumber, offset: integer, byte: ASCII.zero)
        }
        if offset < count, bytes[offset] == ASCII.dot {
            offset = try digitsEnd(bytes, from: offset + 1)
        }
        if offset < count, bytes[offset] | 0x20 == UInt8(ascii: "e") {
            offset += 1
            if offset < count, bytes[offset] == ASCII.plus || bytes[offset] == ASCII.minus { offset += 1 }
            offset = try digitsEnd(bytes, from: offset)
        }
        return offset
    }

    /// Reads one digit or more.
    @inline(__always)
    private static func digitsEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        var offset = start
        while offset < bytes.count, ASCII.isDigit(bytes[offset]) { offset += 1 }
        guard offset > start else {
            guard start < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
            throw JSONError(.badNumber, offset: start, byte: bytes[start])
        }
        return offset
    }

    /// Reads exactly this word.
    @inline(__always)
    static func literalEnd(
        _ literal: StaticString, _ bytes: UnsafeRawBufferPointer, from start: Int
    ) throws(JSONError) -> Int {
        let length = literal.utf8CodeUnitCount
        let matching = literal.withUTF8Buffer { expected in
            var matching = 0
            while matching < length, start + matching < bytes.count, bytes[start + matching] == expected[matching] {
                matching += 1
            }
            return matching
        }
        guard matching == length else { throw unexpected(bytes, at: start + matching) }
        return start + length
    }
}
