import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// A copy of a stream whose beginning was trimmed is compared with the node that saw it all.
@Suite struct StreamReplicaTests {
    /// A node that saw everything; entries `trimmed..<base` are before the checkpoint.
    private final class Past {
        let source: FleetNode
        var stream: FleetStream
        var rows: [JournalRow] = []
        var sessions: [[String: Session]] = []
        let content: CheckpointContent
        static let (trimmed, base, count) = (60, 140, 200)

        init(seed: UInt64) throws {
            source = try FleetNode()
            stream = FleetStream(seed: seed)
            var content: CheckpointContent?
            rows += try source.take([stream.open(10, from: .start)])
            sessions.append([:])
            while rows.count < Self.count {
                if rows.count == Self.base { content = try source.content(of: []) }
                rows += try source.take([stream.next(after: source.state)])
                sessions.append(source.state.sessions)
            }
            self.content = try #require(content)
        }

        func entries(_ range: Range<Int>) -> [ArrivedEntry] { Array(stream.entries[range]) }
    }

    private func replica(of past: Past, in directory: TemporaryDirectory) throws {
        let replica = try StreamReplica(directory.data)
        try replica.show(past.entries(Past.trimmed..<Past.base), try past.content.retainedOutcomes())
        try replica.adopt(past.content)
        try replica.apply(past.entries(Past.base..<Past.count))
        try replica.close()
    }

    private func rows(_ directory: TemporaryDirectory) throws -> [JournalRow] {
        let source = try EntrySource(JournalReader(directory.data), EntryFilter())
        var rows: [JournalRow] = []
        while true {
            let page = try source.next()
            if page.isEmpty { return rows }
            rows += page
        }
    }

    @Test(arguments: [1, 2, 3, 5] as [UInt64])
    func rows_ofATrimmedStream_areThoseOfTheNodeOrUnknown(seed: UInt64) throws {
        let (past, directory) = (try Past(seed: seed), try TemporaryDirectory())
        try replica(of: past, in: directory)
        let found = try rows(directory)
        #expect(found.map(\.entry) == past.rows[Past.trimmed...].map(\.entry))
        #expect(Array(found.suffix(Past.count - Past.base)) == Array(past.rows[Past.base...]))
        let before = zip(found, past.rows[Past.trimmed...]).prefix(Past.base - Past.trimmed)
        #expect(before.allSatisfy { $0.outcome == $1.outcome || $0.outcome == .unknown })
        let retained = try past.content.retainedOutcomes()
        for (row, _) in before { #expect(row.outcome.isKnown == (retained[row.cursor] != nil)) }
        #expect(before.contains { $0.0.outcome.isKnown } && before.contains { !$0.0.outcome.isKnown })
        #expect(try JournalReader(directory.data).beginning()?.isComplete == false)
        let reader = try JournalReader(directory.data)
        #expect(try reader.gaps() == [past.rows[Past.trimmed].cursor], "none where the checkpoint goes on")
    }

    @Test(arguments: [1, 2, 3, 4, 5, 6] as [UInt64])
    func lookup_ofATrimmedStream_isRightOrSaysThatItDoesNotKnow(seed: UInt64) throws {
        let (past, directory) = (try Past(seed: seed), try TemporaryDirectory())
        try replica(of: past, in: directory)
        let file = try ReadOnlyFile(directory.data)
        var (exact, unknown) = (0, 0)
        for index in Past.trimmed..<Past.count {
            let cursor = past.rows[index].cursor
            for id in (0..<4).map({ "s\($0)" }) {
                let session = past.sessions[index][id]
                switch try SessionLookup.answer(id: id, at: .cursor(cursor), reading: file) {
                case .found(let snapshot, let place, _):
                    exact += 1
                    #expect(place == cursor && snapshot.document == session?.document)
                    #expect(snapshot.version == session?.version && snapshot.endReason == session?.endReason)
                case .absent: #expect(session == nil)
                case .unknown:
                    unknown += 1
                    #expect(index < Past.base, "from the checkpoint on everything is known")
                }
            }
        }
        #expect(exact > 100 && unknown > 0)
    }

    /// A gap in the stream, and a lineage that goes on from before what was applied.
    @Test func replica_overAGapAndALostTail_goesOnFromTheCheckpoint() throws {
        let (past, directory) = (try Past(seed: 7), try TemporaryDirectory())
        let replica = try StreamReplica(directory.data)
        try replica.apply(past.entries(0..<20))
        try replica.show(past.entries(90..<Past.base), [:])
        try replica.adopt(past.content)
        try replica.apply(past.entries(Past.base..<150))
        // The fleet goes on from the checkpoint: what was applied after it is of no lineage.
        try replica.adopt(past.content)
        let opening = past.stream.open(11, from: past.content.place)
        try replica.apply([opening])
        try replica.close()
        let found = try rows(directory)
        let expected = past.entries(0..<20) + past.entries(90..<Past.base) + [opening]
        #expect(found.map(\.cursor) == expected.map(\.cursor) && found.last?.outcome == Outcome())
        #expect(found[20..<70].allSatisfy { $0.outcome == .unknown })
    }
}
