import Foundation
import GRDB
import Migrations
import TestSupport
import Testing

@testable import Journal
@testable import Store

/// SQLite heals a damaged write-ahead log silently: whatever is done to it, either everything that was acknowledged is there
/// under its epoch, or the epoch is another one, or the start is refused.
@Suite struct DamagedLogTests {
    private static let frameBytes = 24 + 4_096
    private static let headerBytes = 32

    /// A killed directory with publications that were acknowledged one by one.
    private struct Victim {
        let directory: TemporaryDirectory
        let clock: ManualClock
        let epoch: String
        let log: [UInt8]
        static let count: UInt64 = 24

        init(flushes: Bool) throws {
            let bench = try Bench()
            clock = bench.clock
            for index in 1...Self.count {
                try bench.write(.publish("a", "\(index)"))
                if flushes, index == Self.count / 2 { bench.core.flush() }
            }
            if flushes { bench.core.flush() }
            epoch = try bench.history("a").position.epoch
            directory = try bench.kill()
            log = try TemporaryDirectory.bytes(directory.writeAheadLog)
        }

        /// Opens a copy with another log: true when all is there under the epoch, false when it was told apart or refused.
        func survives(_ log: [UInt8]) throws -> Bool {
            let copy = try directory.copyAsKilled()
            try TemporaryDirectory.write(log, to: copy.writeAheadLog)
            let bench: Bench
            do { bench = try Bench(copy, clock: clock) } catch is StorageError { return false }
            let answer = try bench.history("a")
            guard answer.position.epoch == epoch else {
                #expect(bench.core.startFacts.openingReason != nil)
                return false
            }
            #expect(answer.position.offset == Self.count)
            let texts = answer.publications.map { String(decoding: $0.data, as: UTF8.self) }
            #expect(texts == (1...Self.count).map { "\($0)" })
            try bench.core.file.close()
            return true
        }
    }

    @Test(arguments: [false, true])
    func undamagedLog_survives(flushes: Bool) throws {
        let victim = try Victim(flushes: flushes)
        #expect(try victim.survives(victim.log))
    }

    /// D3: cut at the edges of the last frame, and in steps between them.
    @Test(arguments: [false, true])
    func logCutInItsLastFrame_isCompleteOrToldApart(flushes: Bool) throws {
        let victim = try Victim(flushes: flushes)
        let frames = (victim.log.count - Self.headerBytes) / Self.frameBytes
        #expect(frames > 20)
        let start = Self.headerBytes + (frames - 1) * Self.frameBytes
        let cuts = Array(0...25) + Array(stride(from: 500, to: Self.frameBytes, by: 1_000)) + [Self.frameBytes - 1]
        for cut in cuts {
            // Behind the last checkpoint there is nothing that was acknowledged; otherwise a publication is gone.
            #expect(
                try victim.survives(Array(victim.log[..<(start + cut)])) == flushes, "cut \(cut) bytes into the frame")
        }
    }

    /// D3 at every byte: a whole start at each takes too long, so only what decides is asked, on SQLite's own reading.
    @Test func logCutAtEveryByteOfItsLastFrame_neverKeepsTheLineage() throws {
        let victim = try Victim(flushes: false)
        let record = try #require(HeadFile.peek(victim.directory.data))
        let start = victim.log.count - Self.frameBytes
        let copy = try victim.directory.copyAsKilled()
        // A connection that only reads leaves the log as it is, so that it can be shortened byte by byte.
        var configuration = Configuration()
        configuration.readonly = true
        for cut in (0...Self.frameBytes).reversed() {
            #expect(truncate(copy.writeAheadLog, off_t(start + cut)) == 0)
            let queue = try DatabaseQueue(path: copy.data.database, configuration: configuration)
            let (head, checksum) = try queue.read { db in
                let table = try JournalTable(db)
                let place = Journal.Cursor(lineage: record.lineage, sequence: record.sequence)
                return (try JournalTable.newest(db)?.cursor, try table.checksum(db, at: place))
            }
            try queue.close()
            let decision = LineageDecision.decide(
                record: record, head: head, checksumAtRecord: checksum, bootID: currentBootID())
            #expect(decision == (cut == Self.frameBytes ? .keep : .open(.tailLost)), "cut \(cut) bytes into the frame")
        }
    }

    /// D4: one flipped bit in every frame in turn, in its page and in its header.
    @Test(arguments: [false, true])
    func bitFlippedInEachFrame_isToldApart(flushes: Bool) throws {
        let victim = try Victim(flushes: flushes)
        let frames = (victim.log.count - Self.headerBytes) / Self.frameBytes
        var survivors = 0
        for frame in 0..<frames {
            for place in [4, 24 + 50] {
                var log = victim.log
                log[Self.headerBytes + frame * Self.frameBytes + place] ^= 1
                survivors += try victim.survives(log) ? 1 : 0
            }
        }
        // Only frames behind the last publication may go unnoticed: those of a checkpoint.
        #expect(survivors <= (flushes ? 30 : 0))
        #expect(survivors < frames)
    }

    @Test func flippedHeaderOfTheLog_isToldApart() throws {
        let victim = try Victim(flushes: false)
        for place in 0..<Self.headerBytes {
            var log = victim.log
            log[place] ^= 1
            // The checkpoint sequence number (bytes 12 to 15) is the only part that recovery may pass over.
            let isCompared = !(12..<16).contains(place)
            #expect(try !victim.survives(log) || !isCompared, "byte \(place)")
        }
    }
}
