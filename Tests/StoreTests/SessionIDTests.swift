import Store
import Testing

/// Row S7: ids of sessions can't be guessed.
@Suite struct SessionIDTests {
    @Test func ids_ofAHundredThousand_allDiffer() {
        let count = 100_000
        let ids = Set((0..<count).map { _ in SessionID.random() })
        #expect(ids.count == count)
        #expect(ids.allSatisfy { $0.utf8.count == 32 })
    }

    /// 128 bits, none of them fixed: of two thousand ids a fair bit is never set in less than 800 or more than 1,200.
    @Test func ids_whenDrawn_useEveryBit() throws {
        var set = [Int](repeating: 0, count: 128)
        for _ in 0..<2_000 {
            let id = SessionID.random()
            for (half, digits) in [id.prefix(16), id.suffix(16)].enumerated() {
                let word = try #require(UInt64(digits, radix: 16))
                for bit in 0..<64 where word & (1 << UInt64(bit)) != 0 { set[half * 64 + bit] += 1 }
            }
        }
        for (bit, count) in set.enumerated() { #expect((800...1_200).contains(count), "bit \(bit)") }
    }
}
