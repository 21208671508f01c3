import Testing

@testable import Journal

/// What an observer may apply, and what it may only show.
struct StreamWalkStateMachineTests {
    private static func place(_ text: String) throws -> Place {
        let cursor = try #require(Cursor(text))
        return Place(cursor: cursor, id: EntryID(origin: cursor.lineage, counter: cursor.sequence + 1))
    }

    private static func pointer(_ text: String, readsAfter: String? = nil) throws -> CheckpointPointer {
        let place = try place(text)
        return CheckpointPointer(
            place: place, readsAfter: try readsAfter.map { try Self.place($0).cursor } ?? place.cursor,
            chain: LineageChain(), nonce: 1, chunks: 1, checksum: 0, retainedFrom: place.cursor)
    }

    /// One letter for each entry: applied, adopted before it, shown, or lost and then what the second question gave. An
    /// opening is written as `cursor<parent`.
    private func walk(_ entries: String, bases: [CheckpointPointer]) throws -> String {
        var (machine, steps) = (StreamWalkStateMachine(bases: bases), "")
        for entry in entries.split(separator: " ") {
            let parts = entry.split(separator: "<").map(String.init)
            let item = try Self.place(parts[0])
            let opening = try parts.dropFirst().first.map {
                Opening(salt: "s", secret: "s", parent: $0 == "0" ? .start : try Self.place($0))
            }
            var step = machine.take(item, opening: opening)
            if case .lost = step {
                steps += "L"
                step = machine.take(item, opening: opening)
            }
            switch step {
            case .apply: steps += "a"
            case .adopt: steps += "A"
            case .show: steps += "s"
            case .lost: steps += "!"
            }
            #expect((step == .show) == (machine.place == nil) && machine.newest == item)
        }
        return steps
    }

    @Test(arguments: [
        ("from the beginning", "5.0<0 5.1 5.2", nil, "aaa"),
        ("from a checkpoint on", "5.7 5.8 5.9 5.10", "5.8", "ssAa"),
        ("right after a checkpoint", "5.9 5.10", "5.8", "Aa"),
        ("trimmed past the checkpoint", "5.10 5.11", "5.8", "ss"),
        ("without a checkpoint", "5.10 5.11", nil, "ss"),
        ("a lineage that goes on", "5.0<0 5.1 6.0<5.1 6.1", nil, "aaaa"),
        ("a lineage that goes on from elsewhere", "5.0<0 5.1 6.0<5.9 6.1", nil, "aaLss"),
        ("an opening from nothing after others", "5.0<0 5.1 6.0<0 6.1", nil, "aaLss"),
        ("a gap, and a checkpoint behind it", "5.0<0 5.1 5.7 5.8 5.9", "5.8", "aaLssA"),
        ("a gap right before the checkpoint's next", "5.0<0 5.1 5.9 5.10", "5.8", "aaLAa"),
    ])
    func walk_overEntries_appliesOnlyWhatFollows(what: String, entries: String, base: String?, steps: String) throws {
        #expect(try walk(entries, bases: try base.map { [try Self.pointer($0)] } ?? []) == steps, "\(what)")
    }

    /// Entries that were made on a server which had lost its tail stand before the opening that counts them out.
    @Test func entriesBeforeARecount_areOnlyShown() throws {
        let base = try Self.pointer("5.8", readsAfter: "5.99")
        #expect(try walk("5.8 5.9 5.10 6.0<5.8 6.1", bases: [base]) == "sssAa")
    }

    @Test func olderOfTwoCheckpoints_isTakenWhereTheStreamReachesIt() throws {
        let bases = [try Self.pointer("5.4"), try Self.pointer("5.8")]
        #expect(try walk("5.4 5.5 5.6 5.9", bases: bases) == "sAaLA")
        #expect(try walk("5.6 5.7 5.8 5.9", bases: bases) == "sssA")
    }

    @Test func end_atACheckpoint_makesTheStateKnown() throws {
        let base = try Self.pointer("5.8")
        var machine = StreamWalkStateMachine(bases: [base])
        #expect(machine.take(try Self.place("5.8"), opening: nil) == .show)
        #expect(machine.end(top: Cursor(lineage: 5, sequence: 9)) == nil)
        #expect(machine.end(top: base.place.cursor) == base && machine.place == base.place)
        #expect(machine.end(top: base.place.cursor) == nil, "once")
        var empty = StreamWalkStateMachine(bases: [base])
        #expect(empty.end(top: base.place.cursor) == base, "everything was trimmed")
    }
}
