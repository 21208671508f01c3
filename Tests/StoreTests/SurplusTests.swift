import Foundation
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

@Suite struct SurplusTests {
    private let node: FleetNode
    private var stream = FleetStream(seed: 8)
    private let common: Place

    /// A node with 20 entries that the fleet has, and 5 that it hasn't: 3 of process 77, 2 of 78.
    init() throws {
        node = try FleetNode()
        try node.take([stream.open(10, from: .start)])
        for n in 0..<20 { try node.take([stream.add(.publish("a", "\(n)"), after: node.state)]) }
        common = node.state.place
        for n in 0..<5 {
            var entry = stream.add(.publish("a", "\"lost \(n)\""), after: node.state)
            entry.entry.id = EntryID(origin: n < 3 ? 77 : 78, counter: UInt64(n + 1))
            try node.take([entry])
        }
        try node.checkpoint()
    }

    private func chain(from place: Place) -> LineageChain {
        var chain = LineageChain([LineageChain.Link(lineage: 10, parent: .start, server: "s")])
        chain.append(LineageChain.Link(lineage: 20, parent: place, server: "t"))
        return chain
    }

    @Test func entriesThatTheFleetHasNot_areKeptInAFile() throws {
        let surplus = try Surplus.keep(node.file, notOn: chain(from: common), origin: 77, in: node.directory.data)
        #expect(surplus.count == 5 && surplus.own.map(\.entry.id.counter) == [1, 2, 3])
        let path = try #require(surplus.path)
        #expect(path == node.directory.data.path + "/lost-10.ndjson")
        let rows = try EntryFileReader(path: path).next()
        #expect(rows.map(\.cursor.sequence) == [21, 22, 23, 24, 25])
        #expect(Array(rows.prefix(3)) == surplus.own)
        // A second loss takes nothing from the first.
        let again = try Surplus.keep(node.file, notOn: chain(from: common), origin: 1, in: node.directory.data)
        #expect(again.path == node.directory.data.path + "/lost-10-2.ndjson" && again.own.isEmpty)
        #expect(try EntryFileReader(path: path).next() == rows)
    }

    @Test func entriesOnTheChain_areNoSurplus() throws {
        for chain in [chain(from: node.state.place), node.state.chain] {
            let surplus = try Surplus.keep(node.file, notOn: chain, origin: 77, in: node.directory.data)
            #expect(surplus == Surplus(path: nil, count: 0, own: []))
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: node.directory.data.path)
        #expect(!names.contains { $0.hasPrefix("lost") })
    }

    /// Another entry at the parent's place: nobody knows where the branches parted, so all of the lineage is kept.
    @Test func anotherBranch_isKeptWhole() throws {
        let other = Place(cursor: common.cursor, id: EntryID(origin: 5, counter: 5))
        let surplus = try Surplus.keep(node.file, notOn: chain(from: other), origin: 77, in: node.directory.data)
        #expect(surplus.count == 26)
        let unknown = LineageChain([LineageChain.Link(lineage: 50, parent: .start, server: "u")])
        #expect(try Surplus.keep(node.file, notOn: unknown, origin: 77, in: node.directory.data).count == 26)
    }

    @Test func directoryThatTakesNoFile_isAnError() throws {
        let nowhere = DataDirectory(path: node.directory.data.path + "/none")
        #expect(throws: JournalError.self) {
            try Surplus.keep(node.file, notOn: chain(from: common), origin: 77, in: nowhere)
        }
    }
}
