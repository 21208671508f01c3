import Journal
import Testing

@Suite struct CursorTests {
    @Test(arguments: [
        Cursor.start, Cursor(lineage: 1, sequence: 0), Cursor(lineage: 12, sequence: 345),
        Cursor(lineage: UInt64(Int64.max), sequence: UInt64(Int64.max)),
    ])
    func text_whenRead_isTheSamePlace(cursor: Cursor) { #expect(Cursor(cursor.description) == cursor) }

    @Test(arguments: [
        "", ".", "1", "1.", ".1", "1.2.3", "-1.2", "1.-2", "+1.2", "1.+2", "01.2", "1.02", "-0.0", "1 .2", " 1.2",
        "1.2 ",
        "a.b", "1.2a", "9223372036854775808.0", "0.9223372036854775808", "0x1.2", "1,2", "١.٢", "1.2\u{0}",
    ])
    func text_thatIsNoCursor_isRefused(text: String) { #expect(Cursor(text) == nil) }

    @Test func order_isByLineageThenSequence() {
        let ascending = [(0, 0), (0, 9), (1, 0), (1, 1), (1, 10), (2, 0)].map { Cursor(lineage: $0.0, sequence: $0.1) }
        #expect(ascending.shuffled().sorted() == ascending)
        #expect(Cursor(lineage: 1, sequence: 1).next == Cursor(lineage: 1, sequence: 2))
        #expect(Cursor(lineage: 1, sequence: .max).next.sequence == 0)
    }
}
