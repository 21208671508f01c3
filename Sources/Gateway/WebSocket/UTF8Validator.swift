import NIOCore

/// Checks UTF-8 that comes in pieces, cut anywhere.
///
/// - Guarantee: ``accepts(_:)-(UnsafeRawBufferPointer)`` is false from the first byte on that no valid text can
///   have at its place; overlong forms, surrogates and scalars over U+10FFFF included.
/// - Source: Unicode 16, table 3-7 "Well-Formed UTF-8 Byte Sequences".
package struct UTF8Validator: Sendable {
    /// Continuation bytes that the scalar in progress still needs.
    private var missing: UInt8 = 0
    /// Bounds of the next continuation byte; tighter than 80…BF only right after E0, ED, F0 and F4.
    private var lower: UInt8 = 0x80
    private var upper: UInt8 = 0xBF

    /// Creates a validator that stands before the first byte.
    package init() {}

    /// The text so far does not end inside a scalar.
    package var isComplete: Bool { self.missing == 0 }

    /// Takes the next bytes.
    package mutating func accepts(_ bytes: ByteBuffer) -> Bool {
        bytes.withUnsafeReadableBytes { self.accepts($0) }
    }

    /// Takes the next bytes.
    package mutating func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        let count = bytes.count
        while index < count {
            if self.missing == 0 {
                // Most text is ASCII: eight bytes a step while no high bit is set.
                while index &+ 8 <= count,
                    bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
                {
                    index &+= 8
                }
                guard index < count else { break }
            }
            guard self.step(bytes[index]) else { return false }
            index &+= 1
        }
        return true
    }

    private mutating func step(_ byte: UInt8) -> Bool {
        guard self.missing == 0 else {
            guard byte >= self.lower, byte <= self.upper else { return false }
            self.missing &-= 1
            self.lower = 0x80
            self.upper = 0xBF
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: self.missing = 1
        case 0xE0: self.expect(2, from: 0xA0, to: 0xBF)
        case 0xED: self.expect(2, from: 0x80, to: 0x9F)
        case 0xE1...0xEF: self.missing = 2
        case 0xF0: self.expect(3, from: 0x90, to: 0xBF)
        case 0xF1...0xF3: self.missing = 3
        case 0xF4: self.expect(3, from: 0x80, to: 0x8F)
        default: return false
        }
        return true
    }

    private mutating func expect(_ count: UInt8, from lower: UInt8, to upper: UInt8) {
        self.missing = count
        self.lower = lower
        self.upper = upper
    }
}
