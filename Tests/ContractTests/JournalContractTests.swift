import Journal
import TestSupport
import Testing

/// What every journal must do, whatever its home.
@Suite struct JournalContractTests {
    /// Entries are told apart by counter and body; the outcome is what the applier says.
    private static func entries(_ counters: ClosedRange<UInt64>) -> [Entry] {
        counters.map { counter in
            Entry(
                id: EntryID(origin: 5, counter: counter), time: Int64(1_000 + counter), channel: "chat:\(counter % 3)",
                kind: .publish, body: Array("{\"n\":\(counter)}".utf8))
        }
    }

    /// A journal with an opened lineage and entries in it.
    private static func filled(_ home: any JournalHome, through counter: UInt64 = 9) async throws -> [JournalRow] {
        let open = try await home.open()
        let rows = try await open.opening + open.append(entries(1...counter))
        try await open.close()
        return rows
    }

    private static func expectContiguous(_ rows: [JournalRow]) {
        for (row, next) in zip(rows, rows.dropFirst()) where next.entry.kind != .open {
            #expect(next.cursor == row.cursor.next)
        }
        for row in rows where row.entry.kind == .open { #expect(row.cursor.sequence == 0) }
    }

    @Test(arguments: JournalHomes.all)
    func rows_afterRounds_comeBackInOrderAndContiguous(kind: JournalHomes) async throws {
        let open = try await kind.make().open()
        var rows = open.opening
        #expect(rows.count == 1 && rows.first?.entry.kind == .open)
        for round in [1...1, 2...10, 11...11] as [ClosedRange<UInt64>] {
            let appended = try await open.append(Self.entries(round))
            // Each entry once, in the order in which it was proposed.
            #expect(appended.map(\.entry) == Self.entries(round))
            rows += appended
        }
        Self.expectContiguous(rows)
        #expect(try open.journal.rows(after: .start, limit: 100) == rows)
        #expect(open.journal.head == rows.last?.cursor)
        for (index, row) in rows.enumerated() {
            #expect(try open.journal.rows(after: row.cursor, limit: 100) == Array(rows[(index + 1)...]))
            #expect(try open.journal.rows(after: row.cursor, limit: 2) == Array(rows[(index + 1)...].prefix(2)))
        }
        let lineage = open.journal.head.lineage
        #expect(try open.journal.rows(after: Cursor(lineage: lineage, sequence: 500), limit: 10).isEmpty)
        #expect(try open.journal.rows(after: Cursor(lineage: lineage, sequence: .max), limit: 10).isEmpty)
        #expect(try open.journal.rows(after: Cursor(lineage: lineage + 8, sequence: 0), limit: 10).isEmpty)
        #expect(try open.journal.rows(after: .start, limit: 0).isEmpty)
        try await open.close()
    }

    /// Row S16: names, users and bodies are data for the file and for Redis, whatever they look like.
    @Test(arguments: JournalHomes.all)
    func texts_thatLookLikeCommands_comeBackAsTheyWere(kind: JournalHomes) async throws {
        let open = try await kind.make().open()
        var header = EntryHeader()
        let entries = HostileTexts.all.enumerated().map { index, text in
            header.user = text
            return Entry(
                id: EntryID(origin: 5, counter: UInt64(index + 1)), time: 1_000, channel: text, kind: .publish,
                header: header, body: Array(text.utf8))
        }
        let rows = try await open.opening + open.append(entries)
        #expect(rows.dropFirst().map(\.entry) == entries)
        #expect(try open.journal.rows(after: .start, limit: 100) == rows)
        Self.expectContiguous(rows)
        try await open.close()
    }

    @Test(arguments: JournalHomes.all)
    func refusedOutcomes_areRecordedLikeAnyOther(kind: JournalHomes) async throws {
        let open = try await kind.make().open()
        let rows = try await open.append(Self.entries(1...8))
        #expect(rows.filter { $0.outcome.refusal == .notFound }.map(\.entry.id.counter) == [3, 7])
        #expect(try open.journal.rows(after: rows[1].cursor, limit: 1).first?.outcome.refusal == .notFound)
        Self.expectContiguous(rows)
        try await open.close()
    }

    @Test(arguments: JournalHomes.all)
    func discard_leavesNoTrace(kind: JournalHomes) async throws {
        let open = try await kind.make().open()
        var rows = try await open.opening + open.append(Self.entries(1...3))
        for entry in Self.entries(90...95) { open.journal.stage(entry, apply: ContractEngine.outcome) }
        open.journal.discard()
        #expect(!open.journal.hasRound)
        try open.journal.commit()
        #expect(open.journal.head == rows.last?.cursor)
        rows += try await open.append(Self.entries(4...5))
        #expect(try open.journal.rows(after: .start, limit: 100) == rows)
        try await open.close()
    }

    @Test(arguments: JournalHomes.all)
    func emptyRound_changesNothing(kind: JournalHomes) async throws {
        let open = try await kind.make().open()
        _ = try await open.append(Self.entries(1...3))
        let head = open.journal.head
        try open.journal.commit()
        #expect(open.journal.head == head)
        try await open.close()
    }

    @Test(arguments: JournalHomes.all)
    func reopening_keepsHeadLineageAndRows(kind: JournalHomes) async throws {
        let home = try await kind.make()
        var rows: [JournalRow] = []
        for round in 0..<4 as Range<UInt64> {
            let open = try await home.open()
            #expect(open.opening.isEmpty == (round > 0))
            rows += open.opening
            #expect(open.journal.head == rows.last?.cursor)
            rows += try await open.append(Self.entries((round * 10 + 1)...(round * 10 + 9)))
            #expect(try open.journal.rows(after: .start, limit: 100) == rows)
            try await open.close()
        }
        Self.expectContiguous(rows)
        #expect(rows.count == 37)
    }

    @Test(arguments: JournalHomes.all)
    func damagedRow_isCorruptWhereverReadingBegins(kind: JournalHomes) async throws {
        let home = try await kind.make()
        let rows = try await Self.filled(home)
        try home.damage(rows[4].cursor)
        let open = try await home.open()
        for (index, row) in rows.enumerated() {
            let read = Result { try open.journal.rows(after: row.cursor, limit: 100) }
            if index < 4 {
                #expect((Self.failure(of: read) as? JournalError)?.code == .corrupt)
            } else {
                #expect(try read.get().count == 9 - index)
            }
        }
        #expect(try open.journal.rows(after: .start, limit: 4).count == 4)
        try await open.close()
    }

    @Test(arguments: JournalHomes.all)
    func missingRow_isCorrupt(kind: JournalHomes) async throws {
        let home = try await kind.make()
        let rows = try await Self.filled(home)
        try home.remove(rows[4].cursor)
        let open = try await home.open()
        let read = Result { try open.journal.rows(after: .start, limit: 100) }
        #expect((Self.failure(of: read) as? JournalError)?.code == .corrupt)
        try await open.close()
    }

    /// What ends a lineage early goes on in another; the cursors beyond its end must not point into the next one's rows.
    @Test(arguments: JournalHomes.all)
    func rows_acrossLineages_goOnWithTheNextOne(kind: JournalHomes) async throws {
        let home = try await kind.make()
        let rows = try await Self.filled(home)
        let kept = try await home.breakLineage(rows)
        let open = try await home.open()
        let second = try await open.opening + open.append(Self.entries(20...29))
        let lineages = Set(second.map(\.cursor.lineage))
        #expect(second.count == 11 && lineages.count == 1)
        #expect(try #require(lineages.first) > rows[0].cursor.lineage)
        Self.expectContiguous(second)
        #expect(try open.journal.rows(after: .start, limit: 100) == kept + second)
        let end = try #require(kept.last).cursor
        for sequence in end.sequence...(end.sequence + 10) {
            let beyond = Cursor(lineage: end.lineage, sequence: sequence)
            #expect(try open.journal.rows(after: beyond, limit: 100) == second)
        }
        #expect(try open.journal.rows(after: second[3].cursor, limit: 100) == Array(second[4...]))
        try await open.close()
    }

    private static func failure<Value>(of result: Result<Value, any Error>) -> (any Error)? {
        guard case .failure(let error) = result else { return nil }
        return error
    }
}
