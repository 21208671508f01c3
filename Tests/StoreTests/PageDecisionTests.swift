import Testing

@testable import Store

@Suite struct PageDecisionTests {
    /// Over all small cases: a journal that retention cut at some offset, memory that begins at some offset now, a page that
    /// was read for some range while memory began elsewhere.
    @Test func decision_overSmallNumbers_coversOrReadsOrTellsTheOldest() {
        var (complete, reads, trimmed) = (0, 0, 0)
        for top in 1...5 as ClosedRange<UInt64> {
            for low in 1...top {
                for high in low...top {
                    for inMemory in 1...(top + 1) {
                        for page in [nil] + Self.pages(top: top, low: low).map(Optional.some) {
                            let decision = PageDecision.decide(range: low...high, firstInMemory: inMemory, page: page)
                            switch decision {
                            case .complete(let part):
                                complete += 1
                                Self.check(part, of: low...high, page: page, inMemory: inMemory)
                            case .read(let offsets):
                                reads += 1
                                #expect(offsets == low...min(high, inMemory - 1))
                                // Only what a page doesn't know is read.
                                #expect(page.map { $0.upperBound <= offsets.upperBound } ?? true)
                            case .trimmed(let oldest):
                                trimmed += 1
                                #expect(oldest > low && oldest <= inMemory)
                                #expect(
                                    page.map { $0.lowerBound > low && $0.upperBound >= min(high, inMemory - 1) }
                                        ?? false)
                            }
                        }
                    }
                }
            }
        }
        #expect(complete > 100 && reads > 100 && trimmed > 100)
    }

    /// Every page that reading from `low` can bring: some of the front may be gone, all of it too.
    private static func pages(top: UInt64, low: UInt64) -> [Range<UInt64>] {
        (low...top).flatMap { asked in (low...(asked + 1)).map { $0..<(asked + 1) } }
    }

    private static func check(
        _ part: Range<UInt64>, of range: ClosedRange<UInt64>, page: Range<UInt64>?, inMemory: UInt64
    ) {
        let fromPage = Array(part)
        let fromMemory = range.filter { $0 >= max(part.upperBound, range.lowerBound) }
        #expect(fromPage + fromMemory == Array(range))
        #expect(fromMemory.allSatisfy { $0 >= inMemory })
        #expect(fromPage.allSatisfy { page?.contains($0) ?? false })
    }

    /// An empty page only says something about what was asked for. It used to be taken for the whole front, so that a
    /// memory that had given back publications meanwhile looked like a trimmed journal.
    @Test func emptyPage_afterMemoryGaveBack_isReadAgain() {
        #expect(PageDecision.decide(range: 1...9, firstInMemory: 10, page: 4..<4) == .read(1...9))
        #expect(PageDecision.decide(range: 1...9, firstInMemory: 4, page: 4..<4) == .trimmed(oldest: 4))
    }
}
