import Migrations
import TestSupport
import Testing

@Suite struct RowChecksumTests {
    @Test func checksum_whenAnyBitIsFlipped_differs() {
        var generator = SeededGenerator(seed: 1)
        for count in 0...40 {
            let bytes = (0..<count).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
            let whole = RowChecksum.of(bytes)
            for bit in 0..<(count * 8) {
                var damaged = bytes
                damaged[bit / 8] ^= 1 << UInt8(bit % 8)
                #expect(RowChecksum.of(damaged) != whole, "\(count) bytes, bit \(bit)")
            }
        }
    }

    @Test func checksum_whenZeroesAreAdded_differs() {
        var seen: Set<UInt64> = []
        for count in 0...64 { #expect(seen.insert(RowChecksum.of([UInt8](repeating: 0, count: count))).inserted) }
    }

    @Test func checksum_whenBytesMoveBetweenFields_differs() {
        var (left, right) = (RowChecksum(), RowChecksum())
        for field in ["ab", "c"] { left.combine(field.utf8) }
        for field in ["a", "bc"] { right.combine(field.utf8) }
        #expect(left.result != right.result)
    }

    @Test func checksum_ofASequence_isThatOfItsArray() {
        for text in ["", "a", "seven b", "eight by", "漢字 and more than eight bytes"] {
            #expect(RowChecksum.of(text.utf8) == RowChecksum.of(Array(text.utf8)))
            #expect(RowChecksum.of(AnySequence(text.utf8)) == RowChecksum.of(Array(text.utf8)))
        }
    }

    /// Bucket numbers and row checksums are in files: the function may never change.
    @Test func checksum_ofKnownBytes_isStable() {
        #expect(RowChecksum.of("session:1".utf8) == RowChecksum.of(Array("session:1".utf8)))
        #expect(RowChecksum().result == 0xcbf2_9ce4_8422_2325)
    }
}
