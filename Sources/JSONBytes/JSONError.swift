/// Says why and where bytes are not the JSON that the reader needed.
public struct JSONError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The kinds of refusal; closed, so that callers can map each to a reply.
    public enum Reason: Hashable, Sendable {
        case unexpectedEnd, unexpectedByte, badString, badEscape, badNumber, badUTF8
        case tooDeep, trailingBytes, wrongType, numberOutOfRange
    }

    /// What is wrong.
    public let reason: Reason
    /// Where it is wrong.
    ///
    /// - Units: bytes from the start of the text that was read; for `unexpectedEnd` the text's length.
    public let offset: Int
    /// The byte that was found there, when there is one to show.
    public let byte: UInt8?

    /// Describes a refusal at an offset.
    public init(_ reason: Reason, offset: Int, byte: UInt8? = nil) {
        self.reason = reason
        self.offset = offset
        self.byte = byte
    }

    /// A sentence for a client; it holds nothing of the text except one byte in hexadecimal.
    public var description: String {
        switch reason {
        case .unexpectedEnd: "unexpected end of text at offset \(offset)"
        case .unexpectedByte: "unexpected byte\(byteSuffix) at offset \(offset)"
        case .badString: "control byte\(byteSuffix) in a string at offset \(offset)"
        case .badEscape: "invalid escape in a string at offset \(offset)"
        case .badNumber: "invalid number at offset \(offset)"
        case .badUTF8: "invalid UTF-8 at offset \(offset)"
        case .tooDeep: "nested too deeply at offset \(offset)"
        case .trailingBytes: "bytes after the value at offset \(offset)"
        case .wrongType: "value of another type expected at offset \(offset)"
        case .numberOutOfRange: "number out of range at offset \(offset)"
        }
    }

    private var byteSuffix: String {
        guard let byte else { return "" }
        let digits = String(byte, radix: 16)
        return byte < 0x10 ? " 0x0\(digits)" : " 0x\(digits)"
    }
}

/// The named bounds of this module.
public enum JSONLimits {
    /// How many objects and arrays may be open at once, unless a caller says otherwise.
    public static let depthMax = 32
    /// The most that a caller can ask for; a larger `depthMax` counts as this.
    ///
    /// - Bounds: one bit per open container is kept in one word, and merging recurses no deeper than this.
    public static let depthCeiling = 64
}
