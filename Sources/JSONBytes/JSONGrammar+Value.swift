extension JSONGrammar {
    /// Reads a whole value and returns the offset after it.
    ///
    /// - Bounds: no recursion and no allocation; which kind each open container is stands in one bit of a word.
    /// - Errors: `tooDeep` when the value would open more than `depthLeft` containers at once.
    static func valueEnd(
        _ bytes: UnsafeRawBufferPointer, from start: Int, depthLeft: Int
    ) throws(JSONError) -> Int {
        var offset = start
        var open = OpenContainers()
        while true {
            guard offset < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
            let byte = bytes[offset]
            switch byte {
            case ASCII.quote:
                offset = try stringEnd(bytes, from: offset + 1).end + 1
            case ASCII.openBrace, ASCII.openBracket:
                guard open.count < depthLeft else { throw JSONError(.tooDeep, offset: offset, byte: byte) }
                open.push(isObject: byte == ASCII.openBrace)
                offset = skipWhitespace(bytes, from: offset + 1)
                // An empty container is closed by the loop below, which finds the bracket it waits for.
                if offset < bytes.count, bytes[offset] == open.closingByte { break }
                if open.isObject { offset = try memberValue(bytes, from: offset) }
                continue
            case ASCII.minus, ASCII.zero...ASCII.nine:
                offset = try numberEnd(bytes, from: offset)
            case UInt8(ascii: "t"):
                offset = try literalEnd("true", bytes, from: offset)
            case UInt8(ascii: "f"):
                offset = try literalEnd("false", bytes, from: offset)
            case UInt8(ascii: "n"):
                offset = try literalEnd("null", bytes, from: offset)
            default:
                throw JSONError(.unexpectedByte, offset: offset, byte: byte)
            }
            guard let next = try nextValue(bytes, from: &offset, open: &open) else { return offset }
            offset = next
        }
    }

    /// Closes what ends here and returns the offset of the next value, or nil when nothing is open any more.
    @inline(__always)
    private static func nextValue(
        _ bytes: UnsafeRawBufferPointer, from offset: inout Int, open: inout OpenContainers
    ) throws(JSONError) -> Int? {
        while open.count > 0 {
            offset = skipWhitespace(bytes, from: offset)
            guard offset < bytes.count else { throw JSONError(.unexpectedEnd, offset: bytes.count) }
            let byte = bytes[offset]
            if byte == ASCII.comma {
                let next = skipWhitespace(bytes, from: offset + 1)
                return open.isObject ? try memberValue(bytes, from: next) : next
            }
            guard byte == open.closingByte else { throw JSONError(.unexpectedByte, offset: offset, byte: byte) }
            open.pop()
            offset += 1
        }
        return nil
    }

    /// Reads a member's key and colon and returns the offset of its value.
    @inline(__always)
    private static func memberValue(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        guard start < bytes.count, bytes[start] == ASCII.quote else { throw unexpected(bytes, at: start) }
        return try colonEnd(bytes, from: stringEnd(bytes, from: start + 1).end + 1)
    }

    /// Reads the colon after a key, with the whitespace on both sides.
    @inline(__always)
    static func colonEnd(_ bytes: UnsafeRawBufferPointer, from start: Int) throws(JSONError) -> Int {
        let colon = skipWhitespace(bytes, from: start)
        guard colon < bytes.count, bytes[colon] == ASCII.colon else { throw unexpected(bytes, at: colon) }
        return skipWhitespace(bytes, from: colon + 1)
    }
}

/// The containers that are open, the innermost in the lowest bit: 1 for an object.
private struct OpenContainers {
    private(set) var count = 0
    private var kinds: UInt64 = 0

    @inline(__always)
    var isObject: Bool { kinds & 1 == 1 }

    @inline(__always)
    var closingByte: UInt8 { isObject ? ASCII.closeBrace : ASCII.closeBracket }

    @inline(__always)
    mutating func push(isObject: Bool) {
        kinds = kinds << 1 | (isObject ? 1 : 0)
        count += 1
    }

    @inline(__always)
    mutating func pop() {
        kinds >>= 1
        count -= 1
    }
}
