/// Holds one JSON value that was checked once and is passed on as it came.
///
/// - Guarantee: valid JSON of RFC 8259 in valid UTF-8, without whitespace around it and without a line break anywhere;
///   all other bytes (spelling of numbers and strings, order, duplicate keys, inner spaces) are those that came.
/// - Bounds: nested no deeper than the `depthMax` it was validated with. The length is the caller's to bound.
public struct JSONText: Sendable, Hashable {
    /// The value's bytes.
    public let bytes: [UInt8]

    /// Checks bytes in place and copies them.
    public init(
        validating bytes: UnsafeRawBufferPointer, depthMax: Int = JSONLimits.depthMax
    ) throws(JSONError) {
        let range = try Self.validRange(of: bytes, depthMax: depthMax)
        self.init(validated: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }

    /// Checks bytes, and shares their storage if nothing has to be removed.
    public init(validating bytes: [UInt8], depthMax: Int = JSONLimits.depthMax) throws(JSONError) {
        let cleaned = try bytes.withUnsafeBufferPointer { (buffer) throws(JSONError) -> [UInt8]? in
            let raw = UnsafeRawBufferPointer(buffer)
            let range = try Self.validRange(of: raw, depthMax: depthMax)
            if range.count == raw.count, !LineBreaks.exist(in: raw) { return nil }
            return LineBreaks.removed(from: UnsafeRawBufferPointer(rebasing: raw[range]))
        }
        self.bytes = cleaned ?? bytes
    }

    /// Checks any collection of bytes; in place if it is contiguous, otherwise in a copy.
    public init(
        validating bytes: some Collection<UInt8>, depthMax: Int = JSONLimits.depthMax
    ) throws(JSONError) {
        let inPlace = bytes.withContiguousStorageIfAvailable { buffer in
            Result { () throws(JSONError) in
                try JSONText(validating: UnsafeRawBufferPointer(buffer), depthMax: depthMax)
            }
        }
        guard let inPlace else {
            try self.init(validating: [UInt8](bytes), depthMax: depthMax)
            return
        }
        self = try inPlace.get()
    }

    /// Trusts bytes that this process validated earlier, such as those of a journal entry whose checksum matched.
    ///
    /// The caller vouches for the guarantee of this type. If it is broken, readers throw `JSONError`, nothing traps,
    /// and clients may be sent what is no JSON.
    public init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Copies a value that the scanner has just passed over, without its line breaks.
    init(validated bytes: UnsafeRawBufferPointer) {
        self.bytes = LineBreaks.removed(from: bytes)
    }

    /// The text `null`.
    public static let null = JSONText(unchecked: Array("null".utf8))

    /// The text `{}`.
    public static let emptyObject = JSONText(unchecked: Array("{}".utf8))

    /// Whether the value is an object.
    public var isObject: Bool { bytes.first == ASCII.openBrace }

    /// The text as a string, for logs, tests and interfaces that take strings.
    public var string: String { String(decoding: bytes, as: UTF8.self) }

    /// The value of an object's member, the last one if the key is there several times.
    ///
    /// - Errors: nil if the value is no object, has no such member, or is not the JSON that its maker vouched for.
    /// - Complexity: one pass over the whole text; made for tools and tests, not for reading many members.
    public func member(_ key: String) -> JSONText? {
        var key = key
        let range = key.withUTF8 { name in
            bytes.withUnsafeBytes { bytes in lastMember(UnsafeRawBufferPointer(name), in: bytes) }
        }
        return range.map { JSONText(unchecked: Array(bytes[$0])) }
    }

    private func lastMember(_ name: UnsafeRawBufferPointer, in bytes: UnsafeRawBufferPointer) -> Range<Int>? {
        var cursor = JSONCursor(bytes, depthMax: JSONLimits.depthCeiling)
        var found: Range<Int>?
        do {
            try cursor.beginObject()
            while let key = try cursor.nextKey() {
                let value = try cursor.skipValue()
                if key.equals(utf8: name, in: bytes) { found = value }
            }
            return found
        } catch {
            // The question was whether there is such a member; a text that is no object has none.
            return nil
        }
    }

    private static func validRange(
        of bytes: UnsafeRawBufferPointer, depthMax: Int
    ) throws(JSONError) -> Range<Int> {
        var cursor = JSONCursor(bytes, depthMax: depthMax)
        let range = try cursor.skipValue()
        try cursor.expectEnd()
        return range
    }
}
