import Journal
import Testing

/// What every journal must do, whatever its home.
@Suite struct JournalContractTests {
    /// Entries are told apart by counter and body; the outcome is what the applier says.
    private static func entry(_ counter: UInt64, _ kind: EntryKind = .publish) -> Entry {
        Entry(
            id: EntryID(origin: 5, counter: counter), time: Int64(1_000 + counter), channel: "chat:\(counter % 3)",
            kind: kind, body: Array("{\"n\":\(counter)}".utf8))
    }

    private static func outcome(_ entry: Entry, _ cursor: Cursor) -> Outcome {
        entry.id.counter % 4 == 3
            ? Outcome(refusal: .notFound) : Outcome(epoch: cursor, offset: entry.id.counter, version: nil)
    }

    /// Stages and commits a round; opens the lineage first where that is due.
    @discardableResult
    private static func append(_ counters: ClosedRange<UInt64>, to open: OpenJournal, opening: Bool = false) throws
        -> [JournalRow]
    {
        var rows: [JournalRow] = []
        let stage = { (entry: Entry) in
            open.journal.stage(entry) { entry, cursor in
                let outcome = outcome(entry, cursor)
                rows.append(JournalRow(cursor: cursor, entry: entry, outcome: outcome))
                return outcome
            }
        }
        if opening { stage(entry(0, .open)) }
        for counter in counters { stage(entry(counter)) }
        try open.journal.commit()
        return rows
    }

    @Test(arguments: JournalHomes.all)
    func rows_afterRounds_comeBackInOrderAndContiguous(make: @Sendable () throws -> any JournalHome) throws {
        let open = try make().open()
        #expect(open.opening == .newFile)
        var rows = try Self.append(1...1, to: open, opening: true)
        rows += try Self.append(2...10, to: open)
        rows += try Self.append(11...11, to: open)
        #expect(rows.map(\.cursor) == (0...11).map { Cursor(lineage: 1, sequence: $0) })
        #expect(try open.journal.rows(after: .start, limit: 100) == rows)
        #expect(open.journal.head == rows.last?.cursor)
        for (index, row) in rows.enumerated() {
            #expect(try open.journal.rows(after: row.cursor, limit: 100) == Array(rows[(index + 1)...]))
            #expect(try open.journal.rows(after: row.cursor, limit: 2) == Array(rows[(index + 1)...].prefix(2)))
        }
        #expect(try open.journal.rows(after: Cursor(lineage: 1, sequence: 500), limit: 10).isEmpty)
        #expect(try open.journal.rows(after: Cursor(lineage: 1, sequence: .max), limit: 10).isEmpty)
        #expect(try open.journal.rows(after: Cursor(lineage: 9, sequence: 0), limit: 10).isEmpty)
        #expect(try open.journal.rows(after: .start, limit: 0).isEmpty)
        try open.close()
    }

    @Test(arguments: JournalHomes.all)
    func discard_leavesNoTrace(make: @Sendable () throws -> any JournalHome) throws {
        let open = try make().open()
        // An opening that is thrown away is opened again, by the same lineage.
        open.journal.stage(Self.entry(0, .open), apply: Self.outcome)
        open.journal.discard()
        try open.journal.commit()
        #expect(try open.journal.rows(after: .start, limit: 10).isEmpty)
        var rows = try Self.append(1...3, to: open, opening: true)
        for counter in 90...95 as ClosedRange<UInt64> { open.journal.stage(Self.entry(counter), apply: Self.outcome) }
        open.journal.discard()
        #expect(open.journal.head == rows.last?.cursor)
        rows += try Self.append(4...5, to: open)
        #expect(try open.journal.rows(after: .start, limit: 100) == rows)
        try open.close()
    }

    @Test(arguments: JournalHomes.all)
    func emptyRound_changesNothing(make: @Sendable () throws -> any JournalHome) throws {
        let open = try make().open()
        try Self.append(1...3, to: open, opening: true)
        let head = open.journal.head
        try open.journal.commit()
        #expect(open.journal.head == head)
        try open.close()
    }

    @Test(arguments: JournalHomes.all)
    func reopening_keepsHeadLineageAndRows(make: @Sendable () throws -> any JournalHome) throws {
        let home = try make()
        var rows: [JournalRow] = []
        for round in 0..<4 as Range<UInt64> {
            let open = try home.open()
            #expect(open.opening == (round == 0 ? .newFile : nil))
            #expect(open.journal.head == rows.last?.cursor ?? Cursor(lineage: 1, sequence: 0))
            rows += try Self.append((round * 10 + 1)...(round * 10 + 9), to: open, opening: round == 0)
            #expect(try open.journal.rows(after: .start, limit: 100) == rows)
            try open.close()
        }
    }

    @Test(arguments: JournalHomes.all)
    func damagedRow_isCorruptWhereverReadingBegins(make: @Sendable () throws -> any JournalHome) throws {
        let home = try make()
        var open = try home.open()
        let rows = try Self.append(1...9, to: open, opening: true)
        try open.close()
        try home.damage(Cursor(lineage: 1, sequence: 4))
        open = try home.open()
        for row in rows {
            let read = Result { try open.journal.rows(after: row.cursor, limit: 100) }
            if row.cursor.sequence < 4 {
                #expect(throws: JournalError.self) { try read.get() }
                #expect((Self.failure(of: read) as? JournalError)?.code == .corrupt)
            } else {
                #expect(try read.get().count == 9 - Int(row.cursor.sequence))
            }
        }
        #expect(try open.journal.rows(after: .start, limit: 4).count == 4)
        try open.close()
    }

    @Test(arguments: JournalHomes.all)
    func missingRow_isCorrupt(make: @Sendable () throws -> any JournalHome) throws {
        let home = try make()
        var open = try home.open()
        try Self.append(1...9, to: open, opening: true)
        try open.close()
        try home.remove(Cursor(lineage: 1, sequence: 4))
        open = try home.open()
        let read = Result { try open.journal.rows(after: .start, limit: 100) }
        #expect((Self.failure(of: read) as? JournalError)?.code == .corrupt)
        try open.close()
    }

    /// A lost tail ends a lineage early; the cursors that were beyond it must not point into the next one's rows.
    @Test(arguments: JournalHomes.all)
    func rows_acrossLineages_goOnWithTheNextOne(make: @Sendable () throws -> any JournalHome) throws {
        let home = try make()
        var open = try home.open()
        let first = try Self.append(1...9, to: open, opening: true)
        try open.close()
        for sequence in 6...9 as ClosedRange<UInt64> { try home.remove(Cursor(lineage: 1, sequence: sequence)) }
        open = try home.open()
        #expect(open.opening == .tailLost)
        let second = try Self.append(20...29, to: open, opening: true)
        #expect(second.map(\.cursor) == (0...10).map { Cursor(lineage: 2, sequence: $0) })
        let all = Array(first[..<6]) + second
        #expect(try open.journal.rows(after: .start, limit: 100) == all)
        for sequence in 5...15 as ClosedRange<UInt64> {
            #expect(try open.journal.rows(after: Cursor(lineage: 1, sequence: sequence), limit: 100) == second)
        }
        #expect(try open.journal.rows(after: Cursor(lineage: 2, sequence: 3), limit: 100) == Array(second[4...]))
        try open.close()
    }

    private static func failure<Value>(of result: Result<Value, any Error>) -> (any Error)? {
        guard case .failure(let error) = result else { return nil }
        return error
    }
}
