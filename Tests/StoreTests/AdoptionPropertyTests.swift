import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// Random entries: a node that took a checkpoint and the rest is as good as one that took everything.
@Suite struct AdoptionPropertyTests {
    /// What the joining node has before.
    enum Joiner: CaseIterable {
        case empty
        /// Some entries from the beginning.
        case behind
        /// It has a checkpoint already, and more entries after it.
        case joinedBefore
        /// Entries that the fleet's journal doesn't go on from.
        case astray
    }

    private func apply(_ count: Int, to node: FleetNode, _ stream: inout FleetStream) throws {
        for _ in 0..<count { try node.take([stream.next(after: try node.whole())]) }
    }

    @Test(arguments: 1...8 as ClosedRange<UInt64>, Joiner.allCases)
    func joiningByACheckpoint_leadsToTheSameState(seed: UInt64, joiner: Joiner) throws {
        var (stream, chance) = (FleetStream(seed: seed), SeededGenerator(seed: seed ^ 0x77))
        let (whole, joining) = (try FleetNode(), try FleetNode())
        try whole.take([stream.open(10, from: .start)])
        try apply(chance.index(below: 60), to: whole, &stream)
        try prepare(joining, joiner, from: whole, &stream)
        if joiner == .astray || chance.happens(oneIn: 2) {
            let keepsEpochs = chance.happens(oneIn: 2)
            try whole.take([stream.open(20, from: whole.state.place, keepsEpochs: keepsEpochs)])
        }
        try apply(chance.index(below: 120), to: whole, &stream)
        var content = try whole.content(of: stream.entries)
        let isWhole = chance.happens(oneIn: 2)
        if !isWhole { content.retained.removeAll { _ in chance.happens(oneIn: 8) } }
        try joining.adopt(content)
        #expect(try joining.whole() == whole.whole(), "seed \(seed)")
        try expectSound(joining, seed: seed)
        try compareWindows(joining, whole, isWhole: isWhole, seed: seed)
        for _ in 0..<chance.index(below: 150) {
            var entries = [stream.next(after: try whole.whole())]
            if chance.happens(oneIn: 80) {
                entries = [stream.open(whole.state.head.lineage + 1, from: whole.state.place)]
            }
            #expect(try joining.take(entries) == whole.take(entries), "seed \(seed)")
            if chance.happens(oneIn: 20) { try joining.checkpoint() }
        }
        #expect(try joining.whole() == whole.whole(), "seed \(seed)")
        try compareWindows(joining, whole, isWhole: isWhole, seed: seed)
        try joining.checkpoint()
        try expectSound(joining, seed: seed)
        let copy = try CheckpointContent.adopt(try joining.content(of: []), into: FleetNode().file)
        #expect(copy.place == whole.state.place && copy.outcomeHash == whole.state.outcomeHash)
    }

    /// Random documents needn't be JSON, and are no fault here.
    private func expectSound(_ node: FleetNode, seed: UInt64) throws {
        let faults = try node.faults().filter { !$0.contains("has a document that is no JSON") }
        #expect(faults == [], "seed \(seed)")
    }

    private func prepare(
        _ node: FleetNode, _ joiner: Joiner, from whole: FleetNode, _ stream: inout FleetStream
    ) throws {
        switch joiner {
        case .empty: return
        case .behind:
            try node.take(stream.entries)
            try apply(30, to: whole, &stream)
        case .joinedBefore:
            try node.adopt(try whole.content(of: stream.entries))
            try apply(20, to: whole, &stream)
            try node.take(stream.entries.suffix(20))
            try apply(10, to: whole, &stream)
        case .astray:
            try node.take(stream.entries)
            var foreign = FleetStream(seed: 99)
            for n in 0..<7 {
                var entry = foreign.add(.publish("chat:\(n % 3)", "\"lost\""), after: try node.whole())
                entry.entry.id = EntryID(origin: 77, counter: UInt64(n + 1))
                try node.take([entry])
            }
        }
        try node.checkpoint()
    }

    private func compareWindows(_ joining: FleetNode, _ whole: FleetNode, isWhole: Bool, seed: UInt64) throws {
        for name in try whole.whole().channels.keys.sorted() {
            let (has, all) = (try joining.window(of: name), try whole.window(of: name))
            #expect(has.elementsEqual(all.suffix(has.count)), "seed \(seed) \(name)")
            if isWhole { #expect(has.count == all.count, "seed \(seed) \(name)") }
        }
    }
}
