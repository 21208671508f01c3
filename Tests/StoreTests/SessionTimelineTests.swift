import GRDB
import Journal
import Migrations
import TestSupport
import Testing

@testable import Store

/// Answers about the past are compared with what the state was then.
@Suite struct SessionTimelineTests {
    /// A journal written by hand, entry by entry, with the state after each.
    private final class Past {
        let directory: TemporaryDirectory
        let file: DatabaseFile
        let journal: EmbeddedJournal
        var state = State()
        var moments: [(cursor: Journal.Cursor, time: Int64, sessions: [String: Session])] = []
        private var random: SeededGenerator
        private var now: Int64 = 1_000_000
        private var counter: UInt64 = 0

        init(seed: UInt64) throws {
            directory = try TemporaryDirectory()
            file = try DatabaseFile(directory.data, durability: .os)
            journal = try EmbeddedJournal(
                file: file, headFile: try HeadFile(directory.data), durability: .os, bootID: "boot")
            random = SeededGenerator(seed: seed)
            var header = EntryHeader()
            header.reason = "new-file"
            try append(.open, "", header, "")
        }

        func append(_ kind: EntryKind, _ channel: String, _ header: EntryHeader, _ body: String) throws {
            counter += 1
            let entry = Entry(
                id: EntryID(origin: 1, counter: counter), time: now, channel: channel, kind: kind, header: header,
                body: Array(body.utf8))
            journal.stage(entry) { entry, cursor in state.apply(entry, at: cursor).outcome }
            try journal.commit()
            moments.append((state.head, state.journalTime, state.sessions))
        }

        /// One random entry; the clock sometimes stands still or goes back a little, as after a restart.
        func step() throws {
            now += random.pick([0, 1_000, 5_000, 30_000, -2_000])
            let id = random.pick(Past.ids)
            var header = EntryHeader()
            let kind = random.pick(Past.kinds)
            let session = state.sessions[id]
            if kind == .sessionCreate { header.session = SessionTerms(type: "t", owner: "o", ttl: 100_000) }
            if random.happens(oneIn: 4) { header.expectedVersion = UInt64(random.index(below: 6)) }
            if kind == .sessionExpire {
                header.expectedDeadline = session?.deadline
                if random.happens(oneIn: 2) { now = max(now, session?.deadline ?? now) }
            }
            if kind == .sessionForget, random.happens(oneIn: 3) { now = max(now, session?.dueAt ?? now) }
            if kind == .sessionPut || kind == .sessionPatch, random.happens(oneIn: 3) {
                header.idempotency = IdempotencyClaim(key: "k\(random.index(below: 5))", bodyHash: 1, window: 60_000)
            }
            let body = #"{"\#(random.pick(["a", "b", "c"]))":\#(random.pick(["null", "1", "{\"x\":2}", "\"é\""]))}"#
            try append(kind, Session.channel(of: id), header, kind == .sessionTouch ? "" : body)
        }

        func checkpoint() throws {
            try Checkpoint.store(state, journal: journal, in: file)
            state.markFlushed()
        }

        static let ids = ["one", "two", "three"]
        private static let kinds: [EntryKind] = [
            .sessionCreate, .sessionCreate, .sessionPut, .sessionPatch, .sessionPatch, .sessionPatch, .sessionTouch,
            .sessionEnd, .sessionExpire, .sessionForget, .publish,
        ]
    }

    private func answer(_ past: Past, _ id: String, _ point: EntryPoint) throws -> SessionLookup.Answer {
        try SessionLookup.answer(id: id, at: point, reading: try ReadOnlyFile(past.directory.data))
    }

    @Test(arguments: [1, 2, 3] as [UInt64])
    func lookup_atEveryCursor_isTheSessionThen(seed: UInt64) throws {
        let past = try Past(seed: seed)
        for step in 0..<150 {
            try past.step()
            if step == 70 { try past.checkpoint() }
        }
        for moment in past.moments {
            for id in Past.ids {
                let expected = moment.sessions[id].map {
                    SessionLookup.Answer.found(SessionSnapshot($0), at: moment.cursor, time: moment.time)
                }
                let found = try answer(past, id, .cursor(moment.cursor))
                #expect(found == expected ?? .absent(at: moment.cursor, time: moment.time))
            }
        }
    }

    @Test func lookup_byTime_includesAllUpToTheLastEntryThen() throws {
        let past = try Past(seed: 9)
        for _ in 0..<120 { try past.step() }
        for time in Set(past.moments.map(\.time)) {
            let moment = try #require(past.moments.last { $0.time <= time })
            for id in Past.ids {
                let expected = moment.sessions[id].map {
                    SessionLookup.Answer.found(SessionSnapshot($0), at: moment.cursor, time: moment.time)
                }
                #expect(try answer(past, id, .time(time)) == expected ?? .absent(at: moment.cursor, time: moment.time))
            }
        }
    }

    /// With the beginning gone an answer may be missing, but never wrong.
    @Test(arguments: [4, 5, 6, 7] as [UInt64])
    func lookup_afterTrimming_isRightOrSaysThatItDoesNotKnow(seed: UInt64) throws {
        let past = try Past(seed: seed)
        for _ in 0..<100 { try past.step() }
        try past.checkpoint()
        for _ in 0..<50 { try past.step() }
        try past.file.write { try $0.execute(sql: "DELETE FROM journal WHERE row <= 60") }
        var (exact, unknown) = (0, 0)
        for (index, moment) in past.moments.enumerated() {
            for id in Past.ids {
                switch try answer(past, id, .cursor(moment.cursor)) {
                case .found(let snapshot, let cursor, _):
                    exact += 1
                    let session = try #require(moment.sessions[id])
                    #expect(cursor == moment.cursor && snapshot.document == session.document)
                    #expect(snapshot.version == session.version && snapshot.endReason == session.endReason)
                    // A clock that was set back before the first row left a later journal time than any row tells.
                    if let updatedAt = snapshot.updatedAt { #expect(updatedAt <= session.updatedAt) }
                    if let touchedAt = snapshot.touchedAt { #expect(touchedAt <= session.touchedAt) }
                    if let type = snapshot.type {
                        #expect(type == session.type && snapshot.createdAt == session.createdAt)
                    }
                case .absent: #expect(index >= 60 && moment.sessions[id] == nil)
                case .unknown(let sentence):
                    unknown += 1
                    #expect(sentence.hasPrefix("The journal begins"))
                    // From the checkpoint on everything is known.
                    #expect(index < 100)
                }
            }
        }
        #expect(exact > 100 && unknown > 0)
    }

    @Test func lookup_whenOnlyPatchesAreLeft_saysFromWhereOnItKnows() throws {
        let past = try Past(seed: 1)
        let header = EntryHeader()
        var terms = header
        terms.session = SessionTerms(type: "t", owner: "o", ttl: 1_000_000)
        try past.append(.sessionCreate, "session:one", terms, #"{"a":1}"#)
        for n in 2...4 { try past.append(.sessionPatch, "session:one", header, #"{"a":\#(n)}"#) }
        try past.append(.sessionPut, "session:one", header, #"{"b":1}"#)
        try past.append(.sessionPatch, "session:one", header, #"{"c":1}"#)
        try past.checkpoint()
        try past.file.write { try $0.execute(sql: "DELETE FROM journal WHERE row <= 3") }
        let cursors = past.moments.map(\.cursor)
        #expect(
            try answer(past, "one", .cursor(cursors[4]))
                == .unknown(
                    "The journal begins at 1.3: session one was created before that and only patched up to 1.4, "
                        + "so its document can't be rebuilt; from 1.5 on it can."))
        #expect(
            try answer(past, "one", .cursor(cursors[1]))
                == .unknown("The journal begins later than 1.1: its first entry is 1.3."))
        guard case .found(let snapshot, _, _) = try answer(past, "one", .cursor(cursors[5])) else {
            Issue.record("not found")
            return
        }
        #expect(snapshot.document == Array(#"{"b":1}"#.utf8) && snapshot.version == 5 && snapshot.type == "t")
        #expect(snapshot.createdAt == 1_000_000)
    }
}
