/// Eight bytes at a time in one register.
///
/// Each mask has the high bit of a lane set where the lane matches. A borrow can also set lanes *above* a true match,
/// never below it, so only the lowest set lane may be trusted; with `littleEndian` loads that is the first byte.
enum Lanes {
    static let width = 8
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let highs: UInt64 = 0x8080_8080_8080_8080

    /// The caller has checked that eight bytes follow `offset`.
    @inline(__always)
    static func load(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    @inline(__always)
    static func nonASCII(_ word: UInt64) -> UInt64 {
        word & highs
    }

    /// Lanes with a quote, a backslash or a control byte: what a writer must escape.
    @inline(__always)
    static func escapable(_ word: UInt64) -> UInt64 {
        let quotes = word ^ 0x2222_2222_2222_2222
        let backslashes = word ^ 0x5C5C_5C5C_5C5C_5C5C
        // Wrapping subtraction is the method itself here; no length or index is computed from it.
        let zeroes = ((quotes &- ones) & ~quotes) | ((backslashes &- ones) & ~backslashes)
        let controls = (word &- 0x2020_2020_2020_2020) & ~word
        return (zeroes | controls) & highs
    }

    /// Lanes with a line feed or a carriage return.
    @inline(__always)
    static func lineBreaks(_ word: UInt64) -> UInt64 {
        let feeds = word ^ 0x0A0A_0A0A_0A0A_0A0A
        let returns = word ^ 0x0D0D_0D0D_0D0D_0D0D
        return (((feeds &- ones) & ~feeds) | ((returns &- ones) & ~returns)) & highs
    }

    /// The lowest matching lane of a mask that is not zero.
    @inline(__always)
    static func first(_ mask: UInt64) -> Int {
        mask.trailingZeroBitCount >> 3
    }
}
