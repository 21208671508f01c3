extension JSONCursor {
    /// Reads a string and returns it without its escapes.
    public mutating func readString() throws(JSONError) -> String {
        try readStringSlice().string(in: bytes)
    }

    /// Reads a string and returns where its content lies.
    public mutating func readStringSlice() throws(JSONError) -> JSONStringSlice {
        guard peekByte() == ASCII.quote else { throw mismatch() }
        let start = position + 1
        let (end, hasEscapes) = try JSONGrammar.stringEnd(bytes, from: start)
        position = end + 1
        return JSONStringSlice(range: start..<end, hasEscapes: hasEscapes)
    }

    /// Reads one value of any type as a text of its own, validated and without line breaks.
    ///
    /// - Bounds: the containers around the value count against `depthMax` too.
    public mutating func readText() throws(JSONError) -> JSONText {
        let range = try skipValue()
        return JSONText(validated: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    /// Reads a number that has neither fraction nor exponent.
    ///
    /// - Errors: `numberOutOfRange` below zero or above the type's maximum (`-0` is 0); `wrongType` for a number with
    ///   a fraction or an exponent, whatever its value.
    public mutating func readUInt64() throws(JSONError) -> UInt64 {
        let start = try integerStart()
        let (isNegative, magnitude) = try readInteger(from: start)
        guard !isNegative || magnitude == 0 else { throw JSONError(.numberOutOfRange, offset: start) }
        return magnitude
    }

    /// Reads a number that has neither fraction nor exponent.
    ///
    /// - Errors: `numberOutOfRange` outside the type's range; `wrongType` for a number with a fraction or an exponent,
    ///   whatever its value.
    public mutating func readInt64() throws(JSONError) -> Int64 {
        let start = try integerStart()
        let (isNegative, magnitude) = try readInteger(from: start)
        if isNegative {
            guard magnitude <= Int64.min.magnitude else { throw JSONError(.numberOutOfRange, offset: start) }
            // The magnitude of the smallest number has no positive counterpart: its bits are the number itself.
            return Int64(bitPattern: ~magnitude &+ 1)
        }
        guard let value = Int64(exactly: magnitude) else { throw JSONError(.numberOutOfRange, offset: start) }
        return value
    }

    /// Reads `true` or `false`.
    public mutating func readBool() throws(JSONError) -> Bool {
        switch peekByte() {
        case UInt8(ascii: "t"):
            position = try JSONGrammar.literalEnd("true", bytes, from: position)
            return true
        case UInt8(ascii: "f"):
            position = try JSONGrammar.literalEnd("false", bytes, from: position)
            return false
        default:
            throw mismatch()
        }
    }

    /// Reads `null` if it is next; otherwise the position stays before the value.
    public mutating func readNull() -> Bool {
        guard peekByte() == UInt8(ascii: "n") else { return false }
        do {
            position = try JSONGrammar.literalEnd("null", bytes, from: position)
            return true
        } catch {
            // Not the word: whatever reads next at this position reports it.
            return false
        }
    }

    private mutating func integerStart() throws(JSONError) -> Int {
        guard let byte = peekByte(), byte == ASCII.minus || ASCII.isDigit(byte) else { throw mismatch() }
        return position
    }

    private mutating func readInteger(
        from start: Int
    ) throws(JSONError) -> (isNegative: Bool, magnitude: UInt64) {
        let isNegative = bytes[start] == ASCII.minus
        var offset = isNegative ? start + 1 : start
        let digits = offset
        var magnitude: UInt64 = 0
        var overflows = false
        while offset < bytes.count, ASCII.isDigit(bytes[offset]) {
            let (tens, isTooLarge) = magnitude.multipliedReportingOverflow(by: 10)
            let (sum, isCarried) = tens.addingReportingOverflow(UInt64(bytes[offset] - ASCII.zero))
            overflows = overflows || isTooLarge || isCarried
            magnitude = sum
            offset += 1
        }
        let hasLeadingZero = offset - digits > 1 && bytes[digits] == ASCII.zero
        let isLonger = offset < bytes.count && (bytes[offset] == ASCII.dot || bytes[offset] | 0x20 == UInt8(ascii: "e"))
        if offset == digits || hasLeadingZero || isLonger {
            // The grammar finds the fault; a number without one is a fraction or has an exponent.
            _ = try JSONGrammar.numberEnd(bytes, from: start)
            throw JSONError(.wrongType, offset: start)
        }
        guard !overflows else { throw JSONError(.numberOutOfRange, offset: start) }
        position = offset
        return (isNegative, magnitude)
    }
}
