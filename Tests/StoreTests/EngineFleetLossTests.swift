import Foundation
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// What becomes of memory, file and subscribers when the fleet may go on without what this node has.
@Suite struct EngineFleetLossTests {
    private func live(configure: (inout EngineConfiguration) -> Void = { _ in }) throws -> FleetBench {
        let fleet = try FleetBench(configure: configure)
        fleet.begin()
        return fleet
    }

    /// The state of another node that took the first entries of the stream.
    private func checkpoint(of stream: [ArrivedEntry]) throws -> CheckpointContent {
        let node = try FleetNode()
        try node.take(stream)
        return try node.content(of: stream)
    }

    /// The state of the others, who went on from the first entries of the stream in a lineage of their own.
    private func branch(from stream: [ArrivedEntry]) throws -> CheckpointContent {
        let node = try FleetNode()
        try node.take(stream)
        let opening = Entry(
            id: EntryID(origin: 5, counter: 1), time: node.state.journalTime, channel: "", kind: .open,
            body: Opening(salt: "x", secret: "other", parent: node.state.place, server: "server").body)
        let arrived = ArrivedEntry(cursor: Cursor(lineage: 30, sequence: 0), entry: opening)
        try node.take([arrived])
        return try node.content(of: stream + [arrived])
    }

    @Test func silentEntries_areNeitherDelivered_norAcknowledged_norFlushed() throws {
        let fleet = try live()
        _ = fleet.subscribe("chat")
        fleet.arrive(.publish("chat", "1"))
        let answer = fleet.write(.publish("chat", "own"))
        let own = fleet.link.takeAppended()
        fleet.suspend(.loss)
        let durable = fleet.bench.core.journal.head
        #expect(durable == fleet.head, "what was delivered is in the file before anything else comes")
        fleet.bench.recorder.clear()
        fleet.arrive(own, isDelivered: false)
        fleet.arrive(.publish("chat", "silent"), isDelivered: false)
        fleet.bench.pass(20_000, step: 1_000)
        #expect(answer.error?.code == .outcomeUnknown)
        #expect(fleet.bench.recorder.events.isEmpty)
        #expect(fleet.bench.core.journal.head == durable)
        #expect(fleet.bench.core.journal.unwritten == 2)
        #expect(try Checkpoint.cursor(in: fleet.bench.core.file) == durable)
    }

    @Test func resumeAfterSilence_endsSubscriptionsBeforeWhatFollows() throws {
        let fleet = try live()
        _ = fleet.subscribe("chat")
        fleet.suspend(.loss)
        fleet.arrive(.publish("chat", "silent"), isDelivered: false)
        fleet.bench.recorder.clear()
        let last = ArrivedEntry(cursor: fleet.head.next, entry: fleet.foreign(.publish("chat", "loud")))
        fleet.bench.round(.arrival(.resumed), .arrival(.entries([last], isDelivered: true)))
        #expect(fleet.bench.recorder.events == [.mark("epochs"), .publication("chat", 2, "loud")])
        fleet.bench.pass(2_000)
        #expect(fleet.bench.core.journal.head == fleet.head, "it is the fleet's now, and written")
    }

    @Test func opening_endsSubscriptionsBeforeItsPublications() throws {
        let fleet = try live()
        _ = fleet.subscribe("chat")
        let before = try fleet.subscribe("chat").get().position.epoch
        fleet.bench.recorder.clear()
        fleet.suspend(.loss)
        let opening = fleet.opening(20)
        fleet.arrive([opening], at: Cursor(lineage: 20, sequence: 0), isDelivered: false)
        fleet.resume()
        fleet.arrive(.publish("chat", "new"))
        #expect(fleet.bench.recorder.events.first == .mark("epochs"))
        #expect(fleet.bench.recorder.events.last == .publication("chat", 1, "new"))
        #expect(try fleet.subscribe("chat").get().position.epoch != before)
    }

    @Test func join_replacesState_keepsSurplus_andAppendsWhatWasAcknowledgedFirst() throws {
        let news = Box<[String]>([])
        let fleet = try FleetBench(news: news)
        fleet.begin()
        fleet.arrive(.session(.sessionCreate, "s1"))
        let common = fleet.stream
        let kept = fleet.write(.publish("chat", "mine"))
        fleet.bringBack()
        #expect(try kept.get().receipt?.position?.offset == 1)
        fleet.arrive(.publish("chat", "foreign"))
        fleet.suspend(.loss)
        fleet.bench.recorder.clear()
        let place = try #require(fleet.join(try branch(from: common), hasSurplus: true)).get()
        #expect(place.cursor == Cursor(lineage: 30, sequence: 0) && fleet.head == place.cursor)
        #expect(fleet.bench.core.state.channels["chat"] == nil)
        #expect(fleet.bench.recorder.events == [.mark("epochs")])
        #expect(fleet.link.memory.value.applied == place.cursor)
        let files = try FileManager.default.contentsOfDirectory(atPath: fleet.bench.directory.path)
        #expect(files.filter { $0.hasPrefix("lost-10") }.count == 1)
        #expect(fleet.bench.core.fleet?.lostEntries == 2)
        fleet.resume()
        let again = fleet.link.takeAppended()
        #expect(again.map { String(decoding: $0.body, as: UTF8.self) } == ["mine"])
        // Redis went away before it came back: it goes again, before anything new.
        fleet.suspend(.away)
        fleet.resume()
        let new = fleet.write(.publish("chat", "new"))
        let both = fleet.link.takeAppended()
        #expect(both.map { String(decoding: $0.body, as: UTF8.self) } == ["mine", "new"])
        fleet.arrive(again + both)
        #expect(try new.get().receipt?.position?.offset == 2, "the copy changed nothing")
        fleet.suspend(.away)
        fleet.resume()
        #expect(fleet.link.takeAppended().isEmpty)
    }

    @Test func join_afterAFlushThatFailed_stillKeepsWhatWasDelivered() throws {
        let fleet = try live()
        let common = fleet.stream
        _ = fleet.write(.publish("chat", "mine"))
        fleet.bringBack()
        // No checkpoint was written since: as if the file had refused it.
        fleet.bench.core.writer.commitFailed(EngineError(.diskFull, "full"), at: fleet.bench.clock.now)
        fleet.suspend(.loss)
        fleet.arrive(.publish("chat", "silent"), isDelivered: false)
        #expect(fleet.bench.core.journal.unwritten >= 2)
        _ = try #require(fleet.join(try branch(from: common), hasSurplus: true)).get()
        fleet.resume()
        #expect(fleet.link.takeAppended().map { String(decoding: $0.body, as: UTF8.self) } == ["mine"])
    }

    @Test func join_ofDamagedContent_changesNothing() throws {
        let fleet = try live()
        fleet.arrive(.publish("chat", "1"))
        fleet.suspend(.loss)
        fleet.arrive(.publish("chat", "2"), isDelivered: false)
        let (state, unwritten) = (fleet.bench.core.state, fleet.bench.core.journal.unwritten)
        var content = try checkpoint(of: fleet.stream)
        content.chunks[0].removeLast()
        let result = try #require(fleet.join(content, hasSurplus: false))
        #expect(throws: JournalError.self) { try result.get() }
        #expect(fleet.bench.core.state == state && fleet.bench.core.journal.unwritten == unwritten)
        fleet.resume()
        fleet.bench.pass(2_000)
        #expect(fleet.bench.core.journal.head == fleet.head)
    }

    @Test func recovery_rightAfterAJoin_readsTheWindowAndWhatCameSince() throws {
        let other = try live()
        for number in 1...5 { other.arrive(.publish("chat", "\(number)")) }
        let fleet = try FleetBench()
        _ = try #require(fleet.join(try checkpoint(of: other.stream), hasSurplus: false)).get()
        fleet.resume()
        fleet.arrive(.publish("chat", "6"))
        let epoch = try fleet.subscribe("chat").get().position.epoch
        let answer = fleet.subscribe("chat", from: Position(epoch: epoch, offset: 2))
        fleet.bench.roundFromMailbox()
        guard case .recovered(let missed) = try answer.get().recovery else {
            Issue.record("not recovered")
            return
        }
        #expect(missed.map(\.offset) == [3, 4, 5, 6])
        #expect(fleet.bench.shared.idSecret == other.bench.shared.idSecret)
    }

    @Test func history_afterEviction_isWhole_althoughNotFlushedYet() throws {
        let fleet = try live { $0.cacheBytes = 1 }
        for number in 1...20 { fleet.arrive(.publish("chat", "\(number)")) }
        fleet.bench.core.evict()
        let history = try fleet.bench.history("chat")
        #expect(history.publications.map(\.offset) == Array(1...20))
    }

    @Test func eviction_inSilence_keepsWhatTheFileLacks() throws {
        let fleet = try live { $0.cacheBytes = 1 }
        fleet.suspend(.loss)
        for number in 1...20 { fleet.arrive(.publish("chat", "\(number)"), isDelivered: false) }
        fleet.bench.core.evict()
        #expect(fleet.bench.core.state.channels["chat"]?.firstRecent == 1)
    }

    @Test func fileThatTakesNoRows_endsTheReading_andGoesOnWhenItDoesAgain() throws {
        let fleet = try live { $0.cacheBytes = .max }
        fleet.bench.core.writer.commitFailed(EngineError(.diskFull, "the disk is full"), at: fleet.bench.clock.now)
        let body = "\"" + String(repeating: "x", count: 1 << 20) + "\""
        var arrived = fleet.link.memory.value.consumed
        for _ in 0..<66 {
            fleet.arrive(.publish("chat", body, history: HistoryWindow(size: 1, ttl: 1_000)))
            arrived += fleet.stream.last?.cost ?? 0
        }
        #expect(fleet.link.memory.value.consumed < arrived)
        #expect(fleet.bench.shared.health.failure?.code == .diskFull)
        #expect(fleet.write(.publish("chat")).error?.code == .diskFull)
        fleet.bench.pass(1_000)
        #expect(fleet.link.memory.value.consumed == arrived)
        #expect(fleet.bench.core.journal.unwritten == 0)
        #expect(fleet.bench.shared.health.failure == nil)
        _ = fleet.write(.publish("chat"))
        #expect(fleet.link.takeAppended().count == 1)
    }

    /// A probe throws the memory of a node that runs alone away; here memory is ahead of the file.
    @Test func probe_keepsMemory() throws {
        let fleet = try live()
        for number in 1...5 { fleet.arrive(.publish("chat", "\(number)")) }
        let state = fleet.bench.core.state
        fleet.bench.core.writer.commitFailed(EngineError(.unavailable, "an I/O error"), at: fleet.bench.clock.now)
        fleet.bench.pass(250)
        #expect(fleet.bench.core.writer.refusal == nil)
        #expect(fleet.bench.core.state == state)
        fleet.bench.pass(2_000)
        #expect(fleet.bench.core.journal.head == fleet.head)
    }

    @Test func whoWaits_isToldInTime_alsoWhileTheFileFails() throws {
        let fleet = try live()
        let answer = fleet.write(.publish("chat"))
        fleet.bench.core.writer.commitFailed(
            EngineError(.unavailable, "an I/O error"), at: fleet.bench.clock.now + EngineLimits.appendMilliseconds)
        fleet.bench.pass(EngineLimits.appendMilliseconds)
        #expect(answer.error?.code == .outcomeUnknown)
    }

    @Test func restart_goesOnFromTheFile_withWhatWasFlushed() throws {
        let fleet = try live()
        for number in 1...5 { fleet.arrive(.publish("chat", "\(number)")) }
        fleet.bench.core.finish()
        let start = Box<TailStateMachine?>(nil)
        let again = try Bench(fleet.bench.directory.copyAsKilled()) { configuration in
            configuration.fleet = FleetTerms { given in
                start.value = given.tail
                return ScriptedLink()
            }
        }
        var whole = again.core.state
        try whole.loadEverything(from: again.core.file)
        #expect(whole == fleet.bench.core.state)
        #expect(start.value?.place == fleet.bench.core.state.place)
    }
}
