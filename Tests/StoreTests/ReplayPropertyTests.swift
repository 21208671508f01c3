import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// Random entry sequences: however they are split by checkpoints, restarts and evictions, the state is the same.
@Suite struct ReplayPropertyTests {
    /// One file with its journal and the state that works on it.
    private final class Node {
        let directory: TemporaryDirectory
        let file: DatabaseFile
        let journal: EmbeddedJournal
        var state: State
        private var counter: UInt64 = 0

        init() throws {
            directory = try TemporaryDirectory()
            file = try DatabaseFile(directory.data, durability: .os)
            journal = try EmbeddedJournal(
                file: file, headFile: try HeadFile(directory.data), durability: .os, bootID: "b")
            state = try Checkpoint.load(from: file)
            try commit([(Draft.opening, 1_000)])
        }

        @discardableResult
        func commit(_ drafts: [(draft: Draft, time: Int64)]) throws -> [JournalRow] {
            var rows: [JournalRow] = []
            for (draft, time) in drafts {
                counter += 1
                let entry = draft.entry(counter, at: time)
                try state.loadRows(of: entry, from: file)
                journal.stage(entry) { entry, cursor in
                    let applied = state.apply(entry, at: cursor)
                    rows.append(JournalRow(cursor: cursor, entry: entry, outcome: applied.outcome))
                    return applied.outcome
                }
            }
            try journal.commit()
            return rows
        }

        func checkpoint() throws {
            try Checkpoint.store(state, journal: journal, in: file)
            state.markFlushed()
        }

        /// Drops memory and reads it back, as a restart does.
        func rebuild(cacheBytes: Int) throws {
            state = try State.rebuild(from: file, journal: journal, cacheBytes: cacheBytes)
        }

        /// The whole state, cold rows included.
        func whole() throws -> State {
            var whole = state
            try whole.loadEverything(from: file)
            return whole
        }
    }

    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func sequence_howeverSplit_leadsToTheSameState(seed: UInt64) throws {
        var drafts = RandomDrafts(seed: seed)
        var chance = SeededGenerator(seed: seed ^ 0xABCD)
        var plain = State()
        plain.play(.opening, at: 1_000)
        let node = try Node()
        #expect(node.state == plain)
        for _ in 0..<40 {
            var batch: [(Draft, Int64)] = []
            var outcomes: [Outcome] = []
            for _ in 0...chance.index(below: 12) {
                let next = drafts.next(after: plain)
                batch.append(next)
                outcomes.append(contentsOf: plain.play(next.draft, at: next.time).map(\.outcome))
            }
            let rows = try node.commit(batch)
            #expect(rows.map(\.outcome) == outcomes, "seed \(seed)")
            if chance.happens(oneIn: 4) { try node.checkpoint() }
            if chance.happens(oneIn: 4) { node.state.evict(toBytes: chance.pick([0, 500, 2_000])) }
            if chance.happens(oneIn: 5) { try node.rebuild(cacheBytes: chance.pick([0, 1_000, .max])) }
        }
        #expect(try node.whole() == plain, "seed \(seed)")
        try node.checkpoint()
        #expect(try Checkpoint.loadAll(from: node.file) == plain, "seed \(seed)")
        try checkJournal(node, seed: seed)
        try node.file.close()
    }

    /// Rows read back: per channel and epoch the offsets are contiguous, and one offset has one content.
    private func checkJournal(_ node: Node, seed: UInt64) throws {
        let rows = try node.journal.rows(after: .start, limit: 100_000)
        var tops: [String: UInt64] = [:]
        for row in rows {
            guard let epoch = row.outcome.epoch, let offset = row.outcome.offset else { continue }
            let numbering = "\(row.entry.channel) \(epoch)"
            #expect(offset == tops[numbering, default: 0] + 1, "seed \(seed): \(numbering)")
            tops[numbering] = offset
        }
        #expect(rows.contains { $0.outcome.refusal != nil } && rows.contains { $0.outcome.offset != nil })
    }

    /// Refused entries change nothing but head, origin and journal time, and what the time itself lets expire.
    @Test(arguments: 100...140 as ClosedRange<UInt64>)
    func refusedEntry_changesNothing(seed: UInt64) {
        var drafts = RandomDrafts(seed: seed)
        var state = State.opened
        var refused = 0
        for _ in 0..<300 {
            let next = drafts.next(after: state)
            var before = state
            let applied = state.play(next.draft, at: next.time)[0]
            guard applied.outcome.refusal != nil else { continue }
            refused += 1
            #expect(applied.outcome.offset == nil && applied.outcome.epoch == nil && applied.outcome.version == nil)
            #expect(applied.publication == nil)
            (before.head, before.headID, before.outcomeHash) = (state.head, state.headID, state.outcomeHash)
            before.journalTime = max(before.journalTime, next.time)
            before.origins.note(state.headID, at: before.journalTime)
            before.idempotency.expire(at: before.journalTime)
            #expect(state == before, "seed \(seed): \(next.draft.kind) was refused \(applied.outcome.verdict)")
            #expect(state.dirtyCount == before.dirtyCount, "seed \(seed)")
        }
        #expect(refused > 20)
    }

    /// Eviction is about memory only: what is dirty stays, what goes comes back equal.
    @Test(arguments: 200...212 as ClosedRange<UInt64>)
    func eviction_keepsDirtyRowsAndAccountsForMemory(seed: UInt64) throws {
        var drafts = RandomDrafts(seed: seed)
        let node = try Node()
        for round in 0..<30 {
            let next = drafts.next(after: node.state)
            try node.commit([next])
            if round == 15 { try node.checkpoint() }
        }
        let (dirtyChannels, dirtySessions) = (node.state.dirtyChannels, node.state.dirtySessions)
        let before = node.state
        node.state.evict(toBytes: 0)
        for name in dirtyChannels { #expect(node.state.channels[name] == before.channels[name]) }
        for id in dirtySessions { #expect(node.state.sessions[id] == before.sessions[id]) }
        #expect(Set(node.state.channels.keys).isSubset(of: dirtyChannels))
        #expect(Set(node.state.sessions.keys).isSubset(of: dirtySessions))
        let bytes =
            node.state.channels.values.reduce(0) { $0 + $1.sizeBytes }
            + node.state.sessions.values.reduce(0) { $0 + $1.sizeBytes }
        #expect(node.state.residentBytes == bytes)
        try node.state.loadEverything(from: node.file)
        #expect(node.state == before, "seed \(seed)")
        try node.file.close()
    }
}
