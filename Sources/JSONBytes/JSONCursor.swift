/// Walks once over the bytes of one JSON text, reading what its caller asks for and skipping the rest.
///
/// The caller calls `beginObject` and then `nextKey` until nil, reading or skipping exactly one value after each key;
/// likewise `beginArray` and `nextElement`. Calls in another order give an error or meaningless values, never a trap.
///
/// - Guarantee: nothing outside the buffer is read. What `skipValue` and the `read` methods pass over is valid JSON in
///   valid UTF-8; a text is known to be valid as a whole once `expectEnd` returned.
/// - Bounds: `depthMax` counts the containers that are open at once in the whole text, those begun by the caller too.
/// - Errors: after an error the position is not defined; the cursor is to be dropped.
/// - Isolation: a value type over borrowed memory; it must not outlive the buffer's owner's closure.
/// - Source: RFC 8259.
public struct JSONCursor {
    let bytes: UnsafeRawBufferPointer
    let depthMax: Int
    private(set) var depth: Int
    /// The offset of the next byte to read.
    public internal(set) var position: Int
    /// True between a container's opening and its first member: the one place where no comma is due.
    private var isFirst = false

    /// Starts before the first byte of `bytes`, which must stay valid while the cursor is used.
    public init(_ bytes: UnsafeRawBufferPointer, depthMax: Int = JSONLimits.depthMax) {
        self.init(bytes, position: 0, depth: 0, depthMax: depthMax)
    }

    /// Starts at a value inside `depth` containers.
    init(_ bytes: UnsafeRawBufferPointer, position: Int, depth: Int, depthMax: Int) {
        self.bytes = bytes
        self.position = position
        self.depth = depth
        self.depthMax = min(depthMax, JSONLimits.depthCeiling)
    }

    /// Moves to the next byte that is not whitespace, or to the end.
    public mutating func skipWhitespace() {
        position = JSONGrammar.skipWhitespace(bytes, from: position)
    }

    /// Whether only whitespace is left.
    public var atEnd: Bool {
        JSONGrammar.skipWhitespace(bytes, from: position) == bytes.count
    }

    /// Moves to the next byte that is not whitespace and returns it without reading it; nil at the end.
    public mutating func peekByte() -> UInt8? {
        skipWhitespace()
        return position < bytes.count ? bytes[position] : nil
    }

    /// Enters an object.
    public mutating func beginObject() throws(JSONError) {
        try begin(ASCII.openBrace)
    }

    /// Enters an array.
    public mutating func beginArray() throws(JSONError) {
        try begin(ASCII.openBracket)
    }

    /// Reads the comma, key and colon before the next member's value, or leaves the object and returns nil.
    public mutating func nextKey() throws(JSONError) -> JSONStringSlice? {
        guard try nextItem(closing: ASCII.closeBrace) else { return nil }
        guard position < bytes.count, bytes[position] == ASCII.quote else { throw unexpected() }
        let start = position + 1
        let (end, hasEscapes) = try JSONGrammar.stringEnd(bytes, from: start)
        position = try JSONGrammar.colonEnd(bytes, from: end + 1)
        return JSONStringSlice(range: start..<end, hasEscapes: hasEscapes)
    }

    /// Reads the comma before the next element and returns true, or leaves the array and returns false.
    public mutating func nextElement() throws(JSONError) -> Bool {
        try nextItem(closing: ASCII.closeBracket)
    }

    /// Reads one value of any type and returns where it lies, without the whitespace around it.
    public mutating func skipValue() throws(JSONError) -> Range<Int> {
        skipWhitespace()
        let start = position
        position = try JSONGrammar.valueEnd(bytes, from: start, depthLeft: depthMax - depth)
        return start..<position
    }

    /// Accepts only whitespace up to the end of the text.
    public mutating func expectEnd() throws(JSONError) {
        skipWhitespace()
        guard position == bytes.count else {
            throw JSONError(.trailingBytes, offset: position, byte: bytes[position])
        }
        guard depth == 0 else { throw JSONError(.unexpectedEnd, offset: position) }
    }

    private mutating func begin(_ opening: UInt8) throws(JSONError) {
        guard peekByte() == opening else { throw mismatch() }
        guard depth < depthMax else { throw JSONError(.tooDeep, offset: position, byte: opening) }
        depth += 1
        position += 1
        isFirst = true
    }

    /// Moves to the next member or element; false when the container was left instead.
    @inline(__always)
    private mutating func nextItem(closing: UInt8) throws(JSONError) -> Bool {
        guard depth > 0 else { throw unexpected() }
        let wasFirst = isFirst
        isFirst = false
        guard let byte = peekByte() else { throw unexpected() }
        if byte == closing {
            depth -= 1
            position += 1
            return false
        }
        if wasFirst { return true }
        guard byte == ASCII.comma else { throw unexpected() }
        position += 1
        // A caller that reads nothing between two calls must not get a trailing comma accepted.
        guard let next = peekByte(), next != closing else { throw unexpected() }
        return true
    }

    func unexpected() -> JSONError {
        JSONGrammar.unexpected(bytes, at: position)
    }

    /// What to say when a value of one type was needed: another value is `wrongType`, anything else is no JSON.
    func mismatch() -> JSONError {
        guard position < bytes.count else { return unexpected() }
        switch bytes[position] {
        case ASCII.openBrace, ASCII.openBracket, ASCII.quote, ASCII.minus, ASCII.zero...ASCII.nine,
            UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
            return JSONError(.wrongType, offset: position, byte: bytes[position])
        default:
            return unexpected()
        }
    }
}
