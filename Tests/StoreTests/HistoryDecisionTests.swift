import Testing

@testable import Store

@Suite struct HistoryDecisionTests {
    private static func decide(
        limit: Int, since: UInt64? = nil, epoch: String = "e", reverse: Bool = false, top: UInt64 = 10,
        above: UInt64 = 0,
        limitMax: Int = 300
    ) -> HistoryDecision {
        let position = since.map { Position(epoch: epoch, offset: $0) }
        return HistoryDecision.decide(
            HistoryFilter(limit: limit, since: position, reverse: reverse), epoch: "e", top: top, above: above,
            limitMax: limitMax)
    }

    @Test func table_ofTheProtocol() {
        // limit 0: only the top, whatever else is asked.
        #expect(Self.decide(limit: 0) == .nothing)
        #expect(Self.decide(limit: 0, since: 3) == .nothing)
        #expect(Self.decide(limit: 0, since: 3, reverse: true) == .nothing)
        // -1: all, capped.
        #expect(Self.decide(limit: -1) == .range(1...10))
        #expect(Self.decide(limit: -1, reverse: true) == .range(1...10))
        #expect(Self.decide(limit: -1, limitMax: 4) == .range(1...4))
        #expect(Self.decide(limit: -1, reverse: true, limitMax: 4) == .range(7...10))
        #expect(Self.decide(limit: .min, limitMax: 4) == .range(1...4))
        // n: the first n, the last n.
        #expect(Self.decide(limit: 3) == .range(1...3))
        #expect(Self.decide(limit: 3, reverse: true) == .range(8...10))
        #expect(Self.decide(limit: 30, limitMax: 5) == .range(1...5))
        // Since: forwards what follows, backwards what comes before.
        #expect(Self.decide(limit: 3, since: 4) == .range(5...7))
        #expect(Self.decide(limit: 3, since: 4, reverse: true) == .range(1...3))
        #expect(Self.decide(limit: 2, since: 4, reverse: true) == .range(2...3))
        #expect(Self.decide(limit: 3, since: 9) == .range(10...10))
        #expect(Self.decide(limit: 3, since: 10) == .nothing)
        #expect(Self.decide(limit: 3, since: 99) == .nothing)
        #expect(Self.decide(limit: 3, since: 99, reverse: true) == .range(8...10))
        #expect(Self.decide(limit: 3, since: 1, reverse: true) == .nothing)
    }

    @Test func errors_ofTheProtocol() {
        #expect(Self.decide(limit: 3, since: 0, reverse: true) == .badRequest)
        #expect(Self.decide(limit: 3, since: 4, epoch: "other") == .unrecoverable)
        #expect(Self.decide(limit: 0, since: 4, epoch: "other") == .unrecoverable)
        #expect(Self.decide(limit: 3, since: 0, epoch: "other", reverse: true) == .unrecoverable)
        #expect(Self.decide(limit: 3, since: 4, epoch: "") == .range(5...7))
    }

    @Test func retention_boundsBothDirections() {
        #expect(Self.decide(limit: -1, above: 7) == .range(8...10))
        #expect(Self.decide(limit: 5, since: 2, above: 7) == .range(8...10))
        #expect(Self.decide(limit: 5, since: 9, reverse: true, above: 7) == .range(8...8))
        #expect(Self.decide(limit: 5, since: 8, reverse: true, above: 7) == .nothing)
        #expect(Self.decide(limit: -1, above: 10) == .nothing)
        #expect(Self.decide(limit: -1, top: 0) == .nothing)
    }

    /// Numbers come from clients and from files: none may trap.
    @Test func extremes_neverTrap() {
        let offsets: [UInt64] = [0, 1, 1 << 53, UInt64(Int64.max) - 1, UInt64(Int64.max), .max - 1, .max]
        for top in offsets {
            for above in offsets {
                for since in [nil] + offsets.map(Optional.some) {
                    for limit in [Int.min, -1, 0, 1, 300, .max] {
                        for limitMax in [Int.min, -1, 0, 1, 300, .max] {
                            for reverse in [false, true] {
                                let decision = Self.decide(
                                    limit: limit, since: since, reverse: reverse, top: top, above: above,
                                    limitMax: limitMax)
                                guard case .range(let range) = decision else { continue }
                                #expect(range.lowerBound > above && range.upperBound <= top)
                                #expect(range.upperBound - range.lowerBound < UInt64(limitMax))
                            }
                        }
                    }
                }
            }
        }
    }

    /// Against the plain meaning: list all retained offsets, keep those on the right side, take some from the right end.
    @Test func decision_overSmallNumbers_matchesTheList() {
        for top in 0...5 as ClosedRange<UInt64> {
            for above in 0...top {
                for since in [nil, 1, 2, 3, 4, 5, 6, 7] as [UInt64?] {
                    for limit in [-1, 0, 1, 2, 9] {
                        for reverse in [false, true] {
                            var list = Array((0...top).dropFirst().filter { $0 > above })
                            if let since { list = list.filter { reverse ? $0 < since : $0 > since } }
                            let count = limit < 0 ? 3 : min(limit, 3)
                            let expected = Array(reverse ? list.suffix(count) : list.prefix(count))
                            let decision = Self.decide(
                                limit: limit, since: since, reverse: reverse, top: top, above: above, limitMax: 3)
                            if case .range(let range) = decision {
                                #expect(Array(range) == expected)
                            } else {
                                #expect(decision == .nothing && expected.isEmpty)
                            }
                        }
                    }
                }
            }
        }
    }
}
