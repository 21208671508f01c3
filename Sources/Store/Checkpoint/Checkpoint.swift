import GRDB
import Journal
import Migrations

/// The state in the file, with the cursor that it includes.
enum Checkpoint {
    /// Writes every dirty row, the idempotency records and the cursor in one transaction.
    static func store(_ state: State, journal: any EntryJournal, in file: DatabaseFile) throws(StorageError) {
        try file.write { try store($0, state, journalBytes: journal.sizeBytes) }
    }

    /// Writes what is dirty, and the cost of the journal's rows.
    static func store(_ db: Database, _ state: State, journalBytes: Int) throws {
        for name in state.dirtyChannels { try CheckpointTable.store(db, state.channels[name], named: name) }
        for id in state.dirtySessions { try CheckpointTable.store(db, state.sessions[id], id: id) }
        try storeIdempotency(db, state)
        try storeBuckets(db, state)
        try storeOrigins(db, state)
        try RoomRows.store(db, state.rooms, at: state.journalTime)
        try storeMeta(db, state)
        try JournalSize.store(db, journalBytes)
    }

    /// The state as of the last checkpoint: cursor, epochs and idempotency records; sessions and channels stay cold.
    static func load(from file: DatabaseFile) throws(StorageError) -> State {
        try file.readNewest(load)
    }

    /// The state as of the last checkpoint, of the snapshot that a connection sees.
    static func load(_ db: Database) throws -> State {
        var state = State()
        let meta = try loadMeta(db)
        state.head = meta["cursor"].flatMap(Cursor.init) ?? .start
        state.headID = meta["head_id"].flatMap(EntryID.init) ?? Place.start.id
        state.chain = meta["chain"].flatMap(LineageChain.init) ?? LineageChain()
        state.outcomeHash = OutcomeHash(meta["outcome_hash"].flatMap { UInt64($0, radix: 16) } ?? 0)
        state.journalTime = meta["journal_time"].flatMap(Int64.init) ?? 0
        state.epochBase = meta["epoch_base"].flatMap(Cursor.init) ?? .start
        state.epochSalt = meta["epoch_salt"] ?? ""
        state.idSecret = Array((meta["id_secret"] ?? "").utf8)
        let buckets = try RawStatement(db, "SELECT bucket, epoch FROM epoch_bucket")
        while try buckets.step() { state.load(epoch: Cursor(buckets.text(1)), ofBucket: Int(buckets.int64(0))) }
        try loadIdempotency(db, into: &state)
        try loadOrigins(db, into: &state)
        try RoomRows.load(db, into: &state.rooms, at: state.journalTime)
        return state
    }

    /// The cursor that the last checkpoint includes.
    static func cursor(in file: DatabaseFile) throws(StorageError) -> Journal.Cursor {
        try file.readNewest { try loadMeta($0)["cursor"].flatMap(Cursor.init) ?? .start }
    }

    /// Every row of the file in memory: for checks and tests, not for a node.
    static func loadAll(from file: DatabaseFile) throws(StorageError) -> State {
        var state = try load(from: file)
        try file.readNewest { db in
            let channels = try RawStatement(
                db, "SELECT \(CheckpointTable.channelColumns), name FROM channel")
            while try channels.step() {
                state.load(CheckpointTable.decodeChannel(channels, from: 0), as: channels.text(8))
            }
            let ids = try RawStatement(db, "SELECT id FROM session")
            while try ids.step() {
                if let session = try CheckpointTable.session(db, id: ids.text(0)) { state.load(session) }
            }
        }
        return state
    }

    private static func loadMeta(_ db: Database) throws -> [String: String] {
        let statement = try RawStatement(db, "SELECT key, value FROM meta")
        var meta: [String: String] = [:]
        while try statement.step() { meta[statement.text(0)] = statement.text(1) }
        return meta
    }

    static func storeMeta(_ db: Database, _ state: State) throws {
        let statement = try RawStatement(
            db, "INSERT INTO meta(key, value) VALUES (?,?) ON CONFLICT(key) DO UPDATE SET value = excluded.value")
        let values = [
            ("cursor", state.head.description), ("head_id", state.headID.description),
            ("chain", state.chain.description), ("outcome_hash", String(state.outcomeHash.value, radix: 16)),
            ("journal_time", String(state.journalTime)),
            ("epoch_base", state.epochBase.description), ("epoch_salt", state.epochSalt),
            ("id_secret", String(decoding: state.idSecret, as: UTF8.self)),
        ]
        for (key, value) in values {
            try statement.bind(key, at: 0)
            try statement.bind(value, at: 1)
            try statement.run()
        }
    }

    private static func storeBuckets(_ db: Database, _ state: State) throws {
        for bucket in state.dirtyBuckets {
            guard let epoch = state.bucketEpochs[bucket] else { continue }
            try CheckpointTable.store(db, epoch, ofBucket: bucket)
        }
    }

    private static func storeOrigins(_ db: Database, _ state: State) throws {
        for origin in state.origins.dirty {
            try CheckpointTable.store(db, state.origins.marks[origin], ofOrigin: origin)
        }
    }

    private static func loadOrigins(_ db: Database, into state: inout State) throws {
        let statement = try RawStatement(db, "SELECT origin, counter, time FROM origin")
        while try statement.step() {
            state.origins.load(
                OriginTable.Mark(counter: statement.bits(1), time: statement.int64(2)), of: statement.bits(0))
        }
    }

    private static func storeIdempotency(_ db: Database, _ state: State) throws {
        let expired = try RawStatement(db, "DELETE FROM idempotency WHERE expires_at <= ?")
        try expired.bind(state.journalTime, at: 0)
        try expired.run()
        for key in state.idempotency.unflushed {
            guard let record = state.idempotency.records[key], record.expiresAt > state.journalTime else { continue }
            try CheckpointTable.insert(db, record, as: key)
        }
    }

    private static func loadIdempotency(_ db: Database, into state: inout State) throws {
        let statement = try RawStatement(
            db,
            """
            SELECT channel, key, body_hash, epoch, offset, version, expires_at FROM idempotency
            WHERE expires_at > ? ORDER BY id
            """)
        try statement.bind(state.journalTime, at: 0)
        while try statement.step() {
            let record = IdempotencyWindow.Record(
                bodyHash: statement.bits(2), epoch: Cursor(statement.text(3)) ?? .start,
                offset: statement.isNull(4) ? nil : statement.unsigned(4),
                version: statement.isNull(5) ? nil : statement.unsigned(5), expiresAt: statement.int64(6))
            state.idempotency.load(record, as: .init(channel: statement.text(0), key: statement.text(1)))
        }
    }
}
