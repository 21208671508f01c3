import Foundation
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

@Suite struct EngineRoundTests {
    private static func subscribe(_ channel: String) -> SubscribeRequest {
        SubscribeRequest(channel: channel, loop: 0, recover: nil, limit: 0, access: .granted)
    }

    /// Fills the disk: nothing fits any more once the pages at hand are used up.
    private static func fillDisk(_ bench: Bench) throws {
        try bench.core.file.limitPages(to: 1)
        let large = "\"\(String(repeating: "x", count: 200_000))\""
        #expect(throws: EngineError.self) { try bench.write(.publish("filler", large)) }
        #expect(bench.core.writer.refusal?.code == .diskFull)
    }

    @Test func answers_comeAfterTheCommitInTheOrderOfTheRound() throws {
        let bench = try Bench()
        _ = try bench.subscribe("a")
        let seen = Box<Journal.Cursor?>(nil)
        let file = bench.core.file
        bench.round(
            .write(.publish("a", "1"), .granted, bench.recorder.address("one")),
            .subscribe(Self.subscribe("a"), bench.recorder.address("subscribed")),
            .write(.publish("a", "2"), .granted, bench.recorder.address("two")),
            .write(
                .publish("b", "1"), .granted,
                Return(loop: nil) { _ in
                    // A reader of its own sees the rows by the time the first answer is given.
                    seen.value = try? file.read { try JournalTable.newest($0)?.cursor }
                }))
        #expect(
            bench.recorder.events == [
                .publication("a", 1, "1"), .mark("one"), .mark("subscribed"), .publication("a", 2, "2"), .mark("two"),
            ])
        #expect(seen.value == bench.core.state.head)
        #expect(try bench.replayed() == bench.core.state)
    }

    @Test func failedCommit_leavesNoTrace() throws {
        let bench = try Bench()
        _ = try bench.subscribe("a")
        try bench.write(.publish("a", "1"))
        try bench.write(.session(.sessionCreate, "s", "{\"v\":1}"))
        let before = bench.core.state
        bench.recorder.clear()
        try bench.core.file.limitPages(to: 1)
        let large = "\"\(String(repeating: "x", count: 200_000))\""
        let write = Answer<WriteAnswer>()
        bench.round(
            .write(.publish("a", "2", key: "k"), .granted, bench.recorder.address("small")),
            .write(.session(.sessionPut, "s", "{\"v\":2}"), .granted, write.address()),
            .subscribe(Self.subscribe("a"), bench.recorder.address("subscribed")),
            .ephemeral(channel: "a", Publication(offset: 0, data: Array("0".utf8))),
            .write(.publish("a", large), .granted, bench.recorder.address("large")))
        #expect(write.error?.code == .diskFull)
        #expect(
            bench.recorder.events == [.mark("small diskFull"), .mark("subscribed diskFull"), .mark("large diskFull")])
        #expect(bench.core.state == before && bench.core.state.idempotency.records.isEmpty)
        #expect(bench.core.directory.totals == ["a": 1])
        #expect(bench.shared.health.failure?.code == .diskFull)
        #expect(try bench.replayed() == before)
        // Reads go on; writes are refused at once, without a round.
        #expect(try bench.history("a").publications.map(\.offset) == [1])
        #expect(throws: EngineError.self) { try bench.write(.publish("a", "3")) }
        #expect(bench.core.counters.failedCommits == 1)
    }

    @Test func service_resumesByItselfOnceThereIsRoom() throws {
        let bench = try Bench()
        _ = try bench.subscribe("a")
        try bench.write(.publish("a", "1"))
        try Self.fillDisk(bench)
        bench.pass(3_000, step: 50)
        #expect(bench.core.writer.refusal != nil || bench.core.counters.failedCommits > 0)
        try bench.core.file.limitPages(to: nil)
        bench.pass(WriterStateMachine.probeMillisecondsMax + 100, step: 50)
        #expect(bench.core.writer.refusal == nil && bench.shared.health.failure == nil)
        bench.recorder.clear()
        let answer = try bench.write(.publish("a", "2"))
        #expect(answer.receipt?.position?.offset == 2)
        #expect(bench.recorder.events == [.publication("a", 2, "2")])
        #expect(try bench.replayed() == bench.core.state)
    }

    /// A checkpoint that doesn't fit makes the node refuse writes, too, and loses nothing.
    @Test func failedCheckpoint_refusesWritesAndKeepsMemory() throws {
        let bench = try Bench()
        for index in 0..<40 {
            try bench.write(.session(.sessionCreate, "s\(index)", "\"\(String(repeating: "y", count: 3_000))\""))
        }
        let before = bench.core.state
        try bench.core.file.limitPages(to: 1)
        bench.clock.advance(2_000)
        bench.core.tend()
        #expect(bench.core.writer.refusal?.code == .diskFull)
        #expect(bench.core.state == before)
        try bench.core.file.limitPages(to: nil)
        bench.pass(3_000, step: 50)
        #expect(bench.core.writer.refusal == nil)
        #expect(bench.core.state.sessions.count == 40)
        #expect(try Checkpoint.loadAll(from: bench.core.file) == bench.core.state)
    }

    /// A list of sessions flushes first. In the middle of a round that wrote entries to the file that were not durable.
    @Test func list_inARoundThatFails_leavesNoTrace() throws {
        let bench = try Bench()
        try bench.write(.session(.sessionCreate, "old"))
        let before = bench.core.state
        try bench.core.file.limitPages(to: 1)
        let list = Answer<[Session]>()
        let large = "\"\(String(repeating: "x", count: 200_000))\""
        bench.round(
            .write(.session(.sessionCreate, "new"), .granted, bench.recorder.address("new")),
            .listSessions(type: nil, after: "", limit: 10, list.address()),
            .write(.publish("a", large), .granted, bench.recorder.address("large")))
        #expect(list.error?.code == .diskFull)
        #expect(bench.core.state == before)
        #expect(try bench.replayed() == before)
    }

    @Test func list_seesTheRoundThatItIsIn() throws {
        let bench = try Bench()
        let list = Answer<[Session]>()
        bench.round(
            .write(.session(.sessionCreate, "b"), .granted, bench.recorder.address("b")),
            .listSessions(type: nil, after: "", limit: 10, list.address()),
            .write(.session(.sessionCreate, "a"), .granted, bench.recorder.address("a")))
        #expect(eventually { !list.isMissing })
        #expect(try list.get().map(\.id) == ["a", "b"])
        let next = try bench.askElsewhere { .listSessions(type: "cart", after: "a", limit: 10, $0) }
        #expect(next.map(\.id) == ["b"])
        #expect(try bench.askElsewhere { .listSessions(type: "other", after: "", limit: 10, $0) }.isEmpty)
        #expect(try bench.askElsewhere { .listSessions(type: nil, after: "", limit: -5, $0) }.isEmpty)
        #expect(try bench.status().sessions == 2)
    }

    /// The rows were durable and only the head record was not: writers are told "unknown", subscribers get the publication.
    @Test func rowsThatTurnOutDurable_areHandedOverAllTheSame() throws {
        let bench = try Bench()
        _ = try bench.subscribe("a")
        try bench.write(.publish("a", "1"))
        bench.recorder.clear()
        let writing = try DatabaseFile(bench.directory.data, durability: .disk)
        // What a failed fsync may leave: a round in the file that this process doesn't know of.
        let other = try EmbeddedJournal(
            file: writing, headFile: try HeadFile(bench.directory.data), durability: .disk, bootID: currentBootID())
        var copy = bench.core.state
        other.stage(Draft.publish("a", "2").entry(99, at: bench.clock.now)) { entry, cursor in
            copy.apply(entry, at: cursor).outcome
        }
        try other.commit()
        try writing.close()
        bench.core.writer.commitFailed(EngineError(.outcomeUnknown, "fsync"), at: bench.clock.now)
        let early = try bench.subscribe("a")
        #expect(early.position.offset == 1)
        bench.pass(1_000, step: 50)
        #expect(bench.core.writer.refusal == nil)
        #expect(bench.recorder.events == [.publication("a", 2, "2")])
        try bench.write(.publish("a", "3"))
        #expect(bench.recorder.events == [.publication("a", 2, "2"), .publication("a", 3, "3")])
    }

    @Test func unsubscribe_countsEvenWhileMemoryCannotBeRead() throws {
        let bench = try Bench()
        _ = try bench.subscribe("a")
        _ = try bench.subscribe("session:s")
        bench.core.memoryFailure = EngineError(.unavailable, "gone")
        bench.round(.unsubscribe(channel: "a", loop: 0))
        #expect(bench.core.directory.totals.keys.contains("a") == false)
        #expect(throws: EngineError.self) { try bench.history("a") }
    }

    /// What can't be read back must not get into the journal: it would keep the next start from replaying.
    @Test(arguments: ["{", "", "nope", "[1,]"])
    func headerThatIsNoJSON_isRefused(info: String) throws {
        let bench = try Bench()
        var draft = Draft.publish("a")
        draft.header.info = Array(info.utf8)
        guard case .refused(.badPatch) = try bench.write(draft) else {
            Issue.record("a malformed header was taken")
            return
        }
        #expect(bench.core.state.channels.isEmpty)
    }
}
