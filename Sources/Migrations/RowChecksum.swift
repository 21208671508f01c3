/// A fast 64-bit checksum against torn writes and flipped bits; not a defence against forgery.
///
/// - Guarantee: two inputs of one length that differ within a single eight-byte word never have the same checksum: every
///   step is a bijection of the running value for a fixed word, and of the word for a fixed running value.
public struct RowChecksum: Sendable {
    private var value: UInt64 = 0xcbf2_9ce4_8422_2325
    private static let factor: UInt64 = 0x9e37_79b9_7f4a_7c15

    /// Starts with nothing.
    public init() {}

    /// Mixes in one word.
    @inline(__always)
    public mutating func combine(_ word: UInt64) {
        value = (value ^ word) &* Self.factor
        value ^= value >> 32
    }

    /// Mixes in bytes and their number, so that neighbouring fields can't trade bytes.
    public mutating func combine(_ bytes: some Sequence<UInt8>) {
        let done: Void? = bytes.withContiguousStorageIfAvailable { combine(buffer: UnsafeRawBufferPointer($0)) }
        if done == nil { combine(Array(bytes)) }
    }

    private mutating func combine(buffer: UnsafeRawBufferPointer) {
        combine(UInt64(buffer.count))
        var index = 0
        while index &+ 8 <= buffer.count {
            combine(UInt64(littleEndian: buffer.loadUnaligned(fromByteOffset: index, as: UInt64.self)))
            index &+= 8
        }
        guard index < buffer.count else { return }
        var tail: UInt64 = 0
        var shift: UInt64 = 0
        while index < buffer.count {
            tail |= UInt64(buffer[index]) << shift
            shift += 8
            index += 1
        }
        combine(tail)
    }

    /// The checksum so far.
    public var result: UInt64 { value }

    /// The checksum of one run of bytes.
    public static func of(_ bytes: some Sequence<UInt8>) -> UInt64 {
        var checksum = RowChecksum()
        checksum.combine(bytes)
        return checksum.result
    }
}
