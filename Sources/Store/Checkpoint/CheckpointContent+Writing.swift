import GRDB
import Journal
import Migrations

extension CheckpointContent {
    /// Writes the checkpoint in a file as other nodes take it.
    ///
    /// - Parameters:
    ///   - db: a snapshot in which everything is flushed: the state is that of its checkpoint, and the rows reach up to it.
    ///   - retention: publications that it doesn't keep aren't listed.
    ///   - bodiesBelow: publications of lineages below this one come with their bodies, because the stream may not have
    ///     them: they are from before the move of a single node, or from before a loss. The rest is read from the stream.
    ///   - bodyBytesMax: of all bodies; channels beyond it are listed without, and their windows are cut where they are taken.
    /// - Errors: of the database; `JournalError` when there is nothing to write.
    static func write(
        from db: Database, retention: RetainedPublications.Retention, bodiesBelow: UInt64? = nil,
        bodyBytesMax: Int = CheckpointContent.bodyBytesMax
    ) throws -> CheckpointContent {
        let state = try Checkpoint.load(db)
        guard state.head != .start else { throw JournalError(.unavailable, "the file has no checkpoint yet") }
        var out = ContentWriter()
        ContentFormat.writeHead(state, to: &out)
        for (bucket, epoch) in state.bucketEpochs.sorted(by: { $0.key < $1.key }) {
            out.append(true)
            out.append(UInt64(bucket))
            ContentFormat.write(epoch, to: &out)
        }
        out.append(false)
        for (origin, mark) in state.origins.marks.sorted(by: { $0.key < $1.key }) {
            out.append(true)
            out.append(origin)
            out.append(mark.counter)
            out.append(signed: mark.time)
        }
        out.append(false)
        for (key, record) in state.idempotency.records {
            out.append(true)
            ContentFormat.write(record, as: key, to: &out)
        }
        out.append(false)
        writeRooms(state, to: &out)
        try writeSessions(db, to: &out)
        let before = state.journalTime.saturatingAdd(-max(0, retention.milliseconds))
        let rows = try RetainedPublications(db, before: before, bytesMax: retention.bytesMax)
        var bodies = RetainedBodies(
            below: bodiesBelow ?? state.chain.newest?.lineage ?? 0, bytesLeft: max(0, bodyBytesMax))
        let oldest = try writeChannels(db, rows, &bodies, at: state.journalTime, to: &out)
        return CheckpointContent(
            place: state.place, chain: state.chain, retainedFrom: min(oldest ?? state.head, state.head),
            chunks: out.finish())
    }

    private static func writeRooms(_ state: State, to out: inout ContentWriter) {
        for (token, arrival) in state.rooms.attempts where arrival > state.journalTime {
            out.append(true)
            out.append(token)
            out.append(signed: arrival)
        }
        out.append(false)
        for room in state.rooms.rooms.values {
            out.append(true)
            RoomFormat.write(room, to: &out)
        }
        out.append(false)
    }

    private static func writeSessions(_ db: Database, to out: inout ContentWriter) throws {
        let statement = try RawStatement(db, "SELECT \(CheckpointTable.sessionColumns) FROM session")
        while try statement.step() {
            out.append(true)
            ContentFormat.write(CheckpointTable.decodeSession(statement), to: &out)
        }
        out.append(false)
    }

    /// Writes channels with their retained publications; returns the oldest place among those.
    private static func writeChannels(
        _ db: Database, _ rows: RetainedPublications, _ bodies: inout RetainedBodies, at time: Int64,
        to out: inout ContentWriter
    ) throws -> Journal.Cursor? {
        let statement = try RawStatement(
            db, "SELECT \(CheckpointTable.channelColumns), name FROM channel")
        var (coding, oldest): (RetainedCoding, Journal.Cursor?) = (RetainedCoding(), nil)
        while try statement.step() {
            let (channel, name) = (CheckpointTable.decodeChannel(statement, from: 0), statement.text(8))
            let retained = try rows.publications(
                of: name, epoch: channel.epoch, above: channel.retainedAbove(at: time), top: channel.top)
            out.append(true)
            ContentFormat.write(channel, named: name, to: &out)
            coding.write(retained, to: &out)
            let embedded = try bodies.write(retained, of: name, epoch: channel.epoch, from: db, to: &out)
            if let first = retained.dropFirst(embedded).first?.cursor { oldest = min(oldest ?? first, first) }
        }
        out.append(false)
        return oldest
    }
}
