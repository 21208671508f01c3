import Foundation
import Journal
import Migrations
import Store
import TestSupport
import Testing

/// Keeps `data/samples/classroom.ndjson` what a node would write: it was made by this, and is compared with it.
@Suite struct SampleJournalTests {
    private static let lesson = "5b0c6f0e9a7d4c1f8e2b3a4d5c6f7081"
    private static let quiz = "c41d9b7e2f6a4830b5d1e09f3a7c6e52"
    private static let path = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("data/samples/classroom.ndjson").path

    /// With it set, the test writes the file instead of comparing it.
    private static let writes = ProcessInfo.processInfo.environment["ANTEROOM_WRITE_SAMPLES"] != nil

    /// A mathematics lesson: a board that is patched, a chat, a quiz that nobody closes.
    private func teach(_ node: ReplayFixture) async throws {
        let (board, quiz, chat) = (Session.channel(of: Self.lesson), Session.channel(of: Self.quiz), "chat:class-7b")
        func say(_ after: Double, _ who: String, _ text: String, key: String? = nil) async throws {
            let body = #"{"from":"\#(who)","text":"\#(text)"}"#
            try await node.write(after: after, ReplayFixture.draft(.publish, chat, body, key: key))
        }
        func patch(_ after: Double, _ session: String, _ patch: String, seen version: UInt64? = nil) async throws {
            let draft = ReplayFixture.draft(.sessionPatch, session, patch) { $0.expectedVersion = version }
            try await node.write(after: after, draft)
        }
        let first = #"{"title":"Fractions","room":"7b","slide":1,"board":[],"hands":{}}"#
        try await node.write(
            after: 2,
            ReplayFixture.create(Self.lesson, first, ttl: 2_700_000, owner: "teacher-ines", key: "lesson-7b-0914"))
        try await say(3, "ines", "Good morning! Today: fractions.")
        try await say(4.5, "tom", "Good morning!")
        try await say(1.2, "aylin", "Morning :)")
        try await patch(20, board, #"{"slide":2,"board":["1/2 + 1/4 = ?"]}"#, seen: 1)
        try await say(12, "aylin", "3/4", key: "aylin-1")
        try await say(0.4, "aylin", "3/4", key: "aylin-1")
        try await patch(5, board, #"{"board":["1/2 + 1/4 = 3/4"]}"#, seen: 2)
        try await patch(0.2, board, #"{"slide":3}"#, seen: 2)
        try await patch(1, board, #"{"slide":3}"#, seen: 3)
        try await patch(8, board, #"{"hands":{"tom":"2026-09-14T07:16:02Z"}}"#)
        try await say(2, "ines", "Yes, Tom?")
        try await say(6, "tom", "Is 2/4 the same as 1/2?")
        try await patch(3, board, #"{"hands":{"tom":null}}"#)
        try await say(2, "ines", "Exactly the same.")
        try await node.write(after: 60, ReplayFixture.draft(.sessionTouch, board))
        let questions = #"{"questions":[{"q":"1/3 + 1/6","a":null},{"q":"3/8 + 1/8","a":null}],"answers":{}}"#
        try await node.write(after: 5, ReplayFixture.create(Self.quiz, questions, ttl: 300_000, owner: "teacher-ines"))
        try await say(1, "ines", "Your turn: the quiz is open.")
        try await patch(40, quiz, #"{"answers":{"tom":["1/2","4/8"]}}"#)
        try await patch(7, quiz, #"{"answers":{"aylin":["1/2","1/2"]}}"#)
        try await say(3, "aylin", "Done!")
        try await patch(30, board, #"{"slide":4,"board":["1/3 + 1/6 = 1/2","3/8 + 1/8 = 1/2"]}"#)
        try await say(4, "ines", "Well done, see you on Wednesday.")
        try await node.write(
            after: 10,
            ReplayFixture.draft(
                .sessionPut, board,
                #"{"title":"Fractions","room":"7b","slide":4,"summary":"Halves, quarters, eighths"}"#
            ) { $0.expectedVersion = 7 })
        try await node.write(after: 5, ReplayFixture.draft(.sessionEnd, board) { $0.reason = "bell" })
        try await patch(2, board, #"{"slide":5}"#)
        try await say(3, "tom", "Bye!")
        node.clock.with { $0 += 280_000 }
        #expect(try node.waitFor(.sessionExpire))
        try await patch(1, quiz, #"{"answers":{"tom":null}}"#)
        try await node.write(after: 30, ReplayFixture.draft(.historyRemove, chat))
        try await say(90, "ines", "Homework: page 12.", key: "homework")
        try await say(5, "ines", "Homework: page 13.", key: "homework")
    }

    /// What differs from run to run: the process's identity and what an opening draws.
    private func comparable(_ row: JournalRow) -> JournalRow {
        var row = row
        row.entry.id = EntryID(origin: 0, counter: row.entry.id.counter)
        if row.entry.kind == .open { row.entry.body = [] }
        return row
    }

    @Test func classroom_isWhatANodeWrites() async throws {
        let directory = try TemporaryDirectory()
        let node = try ReplayFixture(in: directory)
        try await teach(node)
        #expect(node.engine.stop() == nil)
        let rows = try EntrySource(try JournalReader(directory.data), EntryFilter()).next()
        if Self.writes {
            let writer = try EntryFileWriter(path: Self.path)
            try writer.append(rows)
            try writer.finish()
        }
        let committed = try EntrySource(path: Self.path, EntryFilter()).next()
        #expect(committed.map(comparable) == rows.map(comparable))
        #expect((25...40).contains(rows.count))
        let verdicts = Set(rows.map(\.outcome.verdict))
        #expect(verdicts == ["ok", "duplicate", "version-mismatch", "ended", "key-conflict"])
    }

    /// The page beside the file shows what the program prints.
    @Test func readme_showsTheTableAndTheLines() throws {
        let path = URL(fileURLWithPath: Self.path).deletingLastPathComponent().appendingPathComponent("README.md")
        let readme = Set(try String(contentsOf: path, encoding: .utf8).split(separator: "\n").map(String.init))
        let rows = try EntrySource(path: Self.path, EntryFilter()).next()
        let table = EntryTable(measuring: rows, isWhole: true, isColoured: false)
        for line in [table.header] + rows.map(table.line) { #expect(readme.contains(line), "\(line)") }
        for row in rows.dropFirst(28).prefix(2) where row.entry.channel.hasPrefix("session:") {
            #expect(readme.contains(String(decoding: EntryLine.encode(row), as: UTF8.self)))
        }
    }

    @Test func classroom_tellsTheBoardAsItWas() throws {
        let source = try EntrySource(path: Self.path, EntryFilter())
        let cursor = Cursor(lineage: 1, sequence: 11)
        let answer = try SessionLookup.answer(id: Self.lesson, at: .cursor(cursor), rows: source, checkpoint: nil)
        guard case .found(let snapshot, cursor, let time) = answer else {
            Issue.record("\(answer)")
            return
        }
        #expect(snapshot.version == 5 && snapshot.status(at: time) == "live" && snapshot.type == "lesson")
        let document =
            #"{"title":"Fractions","room":"7b","slide":3,"board":["1/2 + 1/4 = 3/4"],"hands":{"tom":"2026-09-14T07:16:02Z"}}"#
        #expect(String(decoding: snapshot.document ?? [], as: UTF8.self) == document)
    }
}
