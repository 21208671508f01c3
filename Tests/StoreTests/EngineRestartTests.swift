import Foundation
import GRDB
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

@Suite struct EngineRestartTests {
    private static func filled() throws -> Bench {
        let bench = try Bench()
        for index in 1...5 { try bench.write(.publish("a", "\(index)", key: "k\(index)")) }
        try bench.write(.session(.sessionCreate, "s", #"{"v":1}"#, key: "create"))
        try bench.write(.session(.sessionPatch, "s", #"{"w":2}"#, key: "patch"))
        return bench
    }

    private static func epoch(_ bench: Bench) throws -> String { try bench.history("a").position.epoch }

    @Test(arguments: ["kill", "checkpoint and kill", "stop"])
    func restart_keepsEverythingAndTheEpoch(how: String) throws {
        let bench = try Self.filled()
        let (state, epoch) = (bench.core.state, try Self.epoch(bench))
        #expect(!epoch.isEmpty)
        if how != "kill" { bench.core.flush() }
        if how == "stop" { bench.core.finish() }
        let again = try bench.restartedAfterKill()
        #expect(again.core.startFacts.openingReason == nil)
        #expect(try Self.epoch(again) == epoch)
        try again.core.state.loadEverything(from: again.core.file)
        #expect(again.core.state == state)
        #expect(try again.history("a").publications.map(\.offset) == [1, 2, 3, 4, 5])
        // Keys are remembered across the restart, with what they did.
        guard case .duplicate(let receipt) = try again.write(.publish("a", "3", key: "k3")),
            case .refused(.keyConflict) = try again.write(.publish("a", "33", key: "k3")),
            case .duplicate(let patch) = try again.write(.session(.sessionPatch, "s", #"{"w":2}"#, key: "patch"))
        else {
            Issue.record("a key was forgotten")
            return
        }
        #expect(receipt.position == Position(epoch: epoch, offset: 3))
        #expect(patch.version == 2 && patch.session?.document == Array(#"{"v":1,"w":2}"#.utf8))
        #expect(try again.write(.publish("a", "6")).receipt?.position == Position(epoch: epoch, offset: 6))
    }

    @Test func cleanStop_leavesAnEmptyLogAndTheMark() throws {
        let bench = try Self.filled()
        bench.core.finish()
        #expect(bench.shared.stopFailure == nil)
        #expect(HeadFile.peek(bench.directory.data)?.isClean == true)
        let log = bench.directory.writeAheadLog
        #expect(try !FileManager.default.fileExists(atPath: log) || TemporaryDirectory.bytes(log).isEmpty)
    }

    @Test(arguments: ["head record gone", "head record damaged", "log gone", "log cut", "database gone"])
    func damage_opensANewLineageWithNewEpochs(what: String) throws {
        let bench = try Self.filled()
        let epoch = try Self.epoch(bench)
        let copy = try bench.kill()
        switch what {
        case "head record gone": try FileManager.default.removeItem(atPath: copy.data.headRecord)
        case "head record damaged":
            try TemporaryDirectory.write(Array(repeating: 7, count: 256), to: copy.data.headRecord)
        case "log gone": try FileManager.default.removeItem(atPath: copy.writeAheadLog)
        case "log cut":
            let bytes = try TemporaryDirectory.bytes(copy.writeAheadLog)
            try TemporaryDirectory.write(Array(bytes.dropLast(10_000)), to: copy.writeAheadLog)
        default:
            try FileManager.default.removeItem(atPath: copy.data.database)
            try FileManager.default.removeItem(atPath: copy.writeAheadLog)
        }
        let again = try Bench(copy, clock: bench.clock)
        #expect(again.core.startFacts.openingReason == (what.hasPrefix("head") ? "record-missing" : "tail-lost"))
        #expect(try Self.epoch(again) != epoch)
        let answer = try again.subscribe("a", from: Position(epoch: epoch, offset: 5))
        guard case .notRecovered(let why) = answer.recovery, why.reason == .epoch else {
            Issue.record("an old position was taken")
            return
        }
        // The new lineage goes on over further restarts.
        try again.write(.publish("a", "new"))
        let third = try again.restartedAfterKill()
        #expect(third.core.startFacts.openingReason == nil)
        #expect(try Self.epoch(third) == Self.epoch(again))
    }

    @Test func osDurability_afterAnotherBoot_opensANewLineage() throws {
        let bench = try Bench(TemporaryDirectory(), durability: .os)
        try bench.write(.publish("a"))
        let copy = try bench.kill()
        #expect(try Bench(copy.copyAsKilled(), durability: .os).core.startFacts.openingReason == nil)
        let head = try HeadFile(copy.data)
        var record = try #require(head.record)
        record.bootID = "another"
        try head.write(record, sync: false)
        #expect(try Bench(copy, durability: .os).core.startFacts.openingReason == "power-cut")
    }

    @Test func secondEngine_onTheSameDirectory_isRefused() throws {
        let bench = try Self.filled()
        let error = #expect(throws: StorageError.self) {
            try Engine(EngineConfiguration(directory: bench.directory.data))
        }
        #expect(error?.code == .locked)
    }

    @Test func unusableFiles_areRefusedWithTheirReason() throws {
        let directory = try TemporaryDirectory()
        try TemporaryDirectory.write(
            Array("this is no database, and long enough to be looked at".utf8), to: directory.data.database)
        let error = #expect(throws: StorageError.self) { try Engine(EngineConfiguration(directory: directory.data)) }
        #expect(error?.code == .notOurFile)
        #expect(!FileManager.default.fileExists(atPath: directory.data.headRecord))
    }

    /// The rows between checkpoint and head are what the next start replays. Right after a start the engine took the
    /// replayed head for checkpointed, and retention deleted them; a second kill then lost acknowledged writes silently.
    @Test func retention_rightAfterAStart_keepsWhatNoCheckpointHas() throws {
        let bench = try Self.filled()
        let state = bench.core.state
        let copy = try bench.kill()
        bench.clock.advance(48 * 3_600_000)
        let again = try Bench(copy, clock: bench.clock) { $0.flushInterval = 3_600_000 }
        #expect(again.core.checkpointed < again.core.state.head)
        again.core.trim()
        let third = try Bench(again.kill(), clock: ManualClock(bench.clock.now - 48 * 3_600_000))
        #expect(third.core.startFacts.openingReason == nil)
        #expect(third.core.state.channels["a"]?.top == 5)
        #expect(third.core.state.sessions["s"] == state.sessions["s"])
    }

    /// Should rows behind the checkpoint be missing all the same, the start says so instead of going on without them.
    @Test func missingRowsBehindTheCheckpoint_refuseTheStart() throws {
        let bench = try Self.filled()
        let copy = try bench.kill()
        do {
            let file = try DatabaseFile(copy.data, durability: .disk)
            try file.write { try $0.execute(sql: "DELETE FROM journal WHERE sequence BETWEEN 1 AND 3") }
            try file.close()
        }
        let error = #expect(throws: StorageError.self) { try Bench(copy, clock: bench.clock) }
        #expect(error?.code == .corrupt)
    }

    @Test func journalSize_isRightAfterAKill() throws {
        let bench = try Self.filled()
        bench.core.flush()
        for index in 0..<200 { try bench.write(.publish("a", "\(index)")) }
        #expect(try bench.restartedAfterKill().core.journal.sizeBytes == bench.core.journal.sizeBytes)
    }

    @Test func stop_answersWhatIsQueuedAndRefusesTheRest() async throws {
        let directory = try TemporaryDirectory()
        let engine = try Engine(EngineConfiguration(directory: directory.data))
        let answered = Box((accepted: 0, refused: 0))
        for _ in 0..<500 {
            engine.submit(
                .write(
                    .publish("a"), .granted,
                    Return(loop: nil) { result in
                        if case .success(.accepted) = result { answered.with { $0.accepted += 1 } }
                    }))
        }
        #expect(engine.stop() == nil)
        #expect(answered.value.accepted == 500)
        await #expect(throws: EngineError.self) { try await engine.ask { .status($0) } }
        #expect(engine.stop() == nil)
        let again = try Engine(EngineConfiguration(directory: directory.data))
        let history = try await again.ask { .history(channel: "a", HistoryFilter(limit: 0), limitMax: 1, .granted, $0) }
        #expect(history.position.offset == 500)
        #expect(try await again.ask { .channels($0) }.isEmpty)
        #expect(again.stop() == nil)
    }
}
