import GRDB
import JSONBytes
import Journal
import Migrations

/// Invariants of the checkpoint, and of the state that the journal makes of it.
enum StateChecks {
    static func checkpoint(_ db: Database) throws -> Finding {
        let state = try Checkpoint.load(db)
        let name = "checkpoint"
        let (table, newest) = (try JournalTable(db), try JournalTable.newest(db))
        let end = max(newest?.cursor ?? .start, table.base?.after ?? .start)
        guard end != .start else {
            let isEmpty = state.head == .start
            return Finding(
                name, isOK: isEmpty, isEmpty ? "none yet" : "it includes \(state.head), but the log is empty")
        }
        guard state.head <= end else {
            return Finding(name, isOK: false, "it includes \(state.head), but the log ends at \(end)")
        }
        guard state.head >= table.base?.after ?? .start else {
            return Finding(name, isOK: false, "it includes \(state.head), but a later one was adopted")
        }
        let oldest = try Int64.fetchOne(db, sql: "SELECT min(row) FROM journal") ?? 1
        let first = table.rowAfter(state.head)
        guard newest == nil || oldest <= first else {
            return Finding(
                name, isOK: false, "it includes \(state.head), but the next entries were deleted from the log")
        }
        let epochs = state.bucketEpochs.values.filter { $0 > state.head }.count
        guard epochs == 0, state.epochBase <= state.head else {
            return Finding(name, isOK: false, "it includes \(state.head), but an epoch of it begins later")
        }
        let after = max(0, (newest?.number ?? 0) - first + 1)
        return Finding(name, "it includes \(state.head); \(after) later entries are in the log")
    }

    /// The lineages of the checkpoint: ascending, each going on from an earlier one, and the head in the newest.
    static func chain(_ db: Database) throws -> Finding {
        let state = try Checkpoint.load(db)
        let links = state.chain.links
        var faults = JournalScan.Faults()
        for (earlier, later) in zip(links, links.dropFirst()) where later.lineage <= earlier.lineage {
            faults.note("lineage \(later.lineage) comes after \(earlier.lineage)")
        }
        for link in links where link.parent.cursor.lineage >= link.lineage {
            faults.note("lineage \(link.lineage) goes on from \(link.parent.cursor)")
        }
        if links.last?.lineage ?? 0 != state.head.lineage {
            faults.note("the checkpoint includes \(state.head), but its lineages end with \(links.last?.lineage ?? 0)")
        }
        return Finding("chain", faults, ok: "\(links.count) lineages lead to \(state.head)")
    }

    /// The last entries of the processes that wrote.
    static func origins(_ db: Database) throws -> Finding {
        let state = try Checkpoint.load(db)
        let (marks, most) = (state.origins.marks, OriginTable.originsMax)
        var faults = JournalScan.Faults()
        if marks.count > most { faults.note("\(marks.count) processes are remembered, of \(most) at most") }
        for (origin, mark) in marks where mark.time > state.journalTime {
            faults.note("process \(String(origin, radix: 16)) wrote at \(mark.time), after \(state.journalTime)")
        }
        if let mark = marks[state.headID.origin], mark.counter < state.headID.counter {
            faults.note("the newest entry is \(state.headID), but its process is remembered at \(mark.counter)")
        }
        return Finding("origins", faults, ok: "\(marks.count) processes remembered, of \(most) at most")
    }

    /// Applies what came after the checkpoint and compares each outcome with the one that the row records.
    static func replay(_ db: Database) throws -> (finding: Finding, state: State) {
        var state = try Checkpoint.load(db)
        let start = state.head
        var faults = JournalScan.Faults()
        var count = 0
        var next = try JournalTable(db).rowAfter(state.head)
        while true {
            let rows = try JournalTable.rows(db, from: next, limit: JournalLimits.replayPageRows)
            for row in rows {
                try state.loadRows(of: row.entry, from: db)
                let applied = state.apply(row.entry, at: row.cursor)
                guard applied.outcome != row.outcome else { continue }
                faults.note(
                    "entry \(row.cursor) was \(words(row.outcome)) and is \(words(applied.outcome)) when replayed")
            }
            count += rows.count
            guard rows.count == JournalLimits.replayPageRows else { break }
            next += Int64(rows.count)
        }
        let finding = Finding(
            "replay", faults, ok: "\(count) entries after \(start) have the outcomes that they record")
        return (finding, state)
    }

    private static func words(_ outcome: Outcome) -> String {
        let parts = [outcome.verdict, outcome.offset.map { "offset \($0)" }, outcome.version.map { "version \($0)" }]
        return parts.compactMap { $0 }.joined(separator: " ")
    }

    static func channels(_ db: Database, _ replayed: State?) throws -> Finding {
        guard let replayed else {
            return Finding(
                "channels", isOK: false, "can't be checked, because the entries after the checkpoint can't be replayed")
        }
        var faults = JournalScan.Faults()
        let statement = try RawStatement(
            db, "SELECT \(CheckpointTable.channelColumns), name, due_at FROM channel")
        defer { statement.reset() }
        var count = 0
        while try statement.step() {
            count += 1
            let (channel, name) = (CheckpointTable.decodeChannel(statement, from: 0), statement.text(8))
            if channel.floor > channel.top {
                faults.note("\(name) has a floor of \(channel.floor) above its top \(channel.top)")
            }
            let due = Session.id(ofChannel: name) == nil ? channel.dueAt : Int64.max
            if statement.int64(9) != due {
                faults.note("\(name) is marked as due at \(statement.int64(9)), not \(due)")
            }
        }
        try JournalChecks.forEachNumbering(db) { numbering in
            let name = numbering.channel
            let isKnown = replayed.isResident(channel: name)
            let channel = isKnown ? replayed.channels[name] : try CheckpointTable.channel(db, named: name)
            if let channel, channel.epoch.description == numbering.epoch {
                guard channel.top != UInt64(clamping: numbering.top) else { return }
                faults.note("\(name) is at offset \(channel.top), but its newest journaled offset is \(numbering.top)")
            } else {
                let current = channel?.epoch ?? replayed.birthEpoch(of: name)
                guard let epoch = Journal.Cursor(numbering.epoch), epoch < current else {
                    return faults.note(
                        "\(name) is in epoch \(current), but has publications of epoch \(numbering.epoch)")
                }
            }
        }
        return Finding("channels", faults, ok: "\(count) in the checkpoint, each at its newest journaled offset")
    }

    static func sessions(_ db: Database) throws -> Finding {
        var faults = JournalScan.Faults()
        let statement = try RawStatement(db, "SELECT \(CheckpointTable.sessionColumns), due_at FROM session")
        defer { statement.reset() }
        var count = 0
        while try statement.step() {
            count += 1
            let session = CheckpointTable.decodeSession(statement)
            if let fault = fault(of: session, dueAt: statement.int64(11)) {
                faults.note("session \(session.id) \(fault)")
            }
        }
        return Finding("sessions", faults, ok: "\(count) in the checkpoint, each consistent")
    }

    private static func fault(of session: Session, dueAt: Int64) -> String? {
        if session.version < 1 { return "has version \(session.version)" }
        if dueAt != session.dueAt { return "is marked as due at \(dueAt), not \(session.dueAt)" }
        if session.updatedAt < session.createdAt { return "was changed before it was created" }
        guard session.endedAt == nil else {
            return session.document.isEmpty ? nil : "has ended, but still has a document"
        }
        do { _ = try JSONText(validating: session.document, depthMax: JSONLimits.depthCeiling) } catch {
            return "has a document that is no JSON: \(error.description)"
        }
        return nil
    }

    static func idempotency(_ db: Database) throws -> Finding {
        let (most, now) = (IdempotencyWindow.recordsMax, try Checkpoint.load(db).journalTime)
        let count =
            try Int.fetchOne(db, sql: "SELECT count(*) FROM idempotency WHERE expires_at > ?", arguments: [now]) ?? 0
        return Finding("idempotency", isOK: count <= most, "\(count) keys remembered, of \(most) at most")
    }
}
